"""The examples do what they say, over real sockets."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.attach.asking import snapshot_of
from tests.examples.program import (
    EXAMPLES,
    PATIENCE,
    STANDSTILL,
    Program,
    connection_from,
    listening,
)

LOCAL = "tcp:0:interface=127.0.0.1"
TLS = "ssl:0:interface=127.0.0.1"
QUICK = ("--interval", "0.2", "--timeout", "0.6")
"""For whoever watches nobody but one that does not answer."""

FAIR = ("--interval", "0.2", "--timeout", STANDSTILL)
"""For whoever watches somebody that lives, too."""

TWIST = "from twisted.application.twist._twist import Twist; Twist.main()"
TWISTD = "from twisted.scripts.twistd import run; run()"
SERVICE = ("heartbeat-time", "--listen", LOCAL, *QUICK)


class BeforeAndAfterTests(SynchronousTestCase):
    """``before.py`` leaks what ``after.py`` does not."""

    def test_before_leaks(self) -> None:
        """Its deadline outlives the connection, and reports what is not true."""
        said = self.hang_up_on("before.py")
        self.assertIn("timers left after the loss: 1", said)
        loss, timeout = said.index("connection lost"), said.index("keepalive timeout")
        self.assertLess(loss, timeout)

    def test_after_does_not(self) -> None:
        """With the mixin nothing is left, and nothing happens after the loss."""
        said = self.hang_up_on("after.py")
        self.assertIn("timers left after the loss: 0", said)
        self.assertNotIn("keepalive timeout", said)

    def test_after_gives_a_silent_peer_up(self) -> None:
        """It is a keepalive: a peer that does not answer is given up, with a reason."""
        with (
            listening() as port,
            Program("after.py", address(port), *QUICK) as program,
            connection_from(port),
        ):
            self.assertEqual(program.end(), 0)
        self.assertIn("keepalive timeout: PEER_HUNG", program.heard)
        self.assertIn("connection lost: PEER_HUNG", program.heard)

    def hang_up_on(self, name: str) -> str:
        """What the program says when its peer hangs up instead of answering."""
        with listening() as port, Program(name, address(port), *FAIR) as program:
            with connection_from(port) as connection:
                self.assertTrue(connection.recv(100).startswith(b"PING"))
            self.assertEqual(program.end(), 0)
        return program.heard


class PictureTests(SynchronousTestCase):
    """``stray_call.py`` and ``strays.py``, which are there to be looked at."""

    def test_drawing(self) -> None:
        """What the README shows is what the program draws."""
        path = Path(self.mktemp()).absolute()
        with Program("stray_call.py", "--svg", path) as program:
            self.assertEqual(program.end(), 0)
        self.assertIn("1 stray call", program.heard)
        shown = EXAMPLES.parent / "docs" / "stray-call.svg"
        for picture in (path, shown) if shown.exists() else (path,):
            drawn = picture.read_text()
            for name in ("ClientAPI.postConnectionLostCall", "disconnected", "Stray"):
                self.assertIn(name, drawn)

    def test_all_strays(self) -> None:
        """All that is forgotten is found, and what is wanted or owned is not."""
        with Program("strays.py", "--once") as program:
            self.assertEqual(program.end(), 0)
        self.assertIn("4 stray calls", program.heard)
        strays, _, others = program.heard.partition("LISTENING")
        for name in (
            "ForgetsLoop",
            "ForgetsCall",
            "ForgetsCoroutine",
            "ForgetsSession",
        ):
            self.assertIn(f"{name}  disconnected", strays)
        self.assertIn("expected: reconnects", others)

    def test_asked(self) -> None:
        """It says how it can be asked, and it can."""
        with Program("strays.py") as program:
            program.hear("heartbeat web ")
            snapshot = snapshot_of(program.pid)
        self.assertEqual(len(snapshot.strays()), 4)


class ChatTests(SynchronousTestCase):
    """``chat_server.py`` and ``chat_client.py``."""

    def test_they_talk(self) -> None:
        """What one says, the other hears."""
        with Program("chat_server.py", LOCAL) as server:
            to = f"tcp:127.0.0.1:{server.port()}"
            with (
                Program("chat_client.py", "Ada", to) as ada,
                Program("chat_client.py", "Bob", to) as bob,
            ):
                ada.hear("* Ada is here")
                bob.hear("* Bob is here")
                ada.say("hello")
                bob.hear("Ada: hello")
                self.assertEqual(ada.end(), 0)
                bob.hear("* Ada left")
                self.assertEqual(bob.end(), 0)
            self.assertEqual(server.interrupt(), 0)

    def test_the_client_comes_back_after_a_verdict(self) -> None:
        """A server that hangs is given up, and found again when it goes on."""
        with Program("chat_server.py", LOCAL) as server:
            to = f"tcp:127.0.0.1:{server.port()}"
            with Program("chat_client.py", "Ada", to, *QUICK) as client:
                client.hear("* Ada is here")
                with server.frozen():
                    client.hear("* no answer for")
                    client.hear("* connection lost: PEER_HUNG")
                client.hear("* Ada is here")
                client.say("again")
                self.assertEqual(client.end(), 0)
            self.assertEqual(server.interrupt(), 0)

    def test_the_server_gives_a_silent_guest_up(self) -> None:
        """Who does not answer leaves the room, and the others hear of it."""
        with Program("chat_server.py", LOCAL, *FAIR) as server:
            port = server.port()
            with Program("chat_client.py", "Ada", f"tcp:127.0.0.1:{port}") as ada:
                ada.hear("* Ada is here")
                with socket.create_connection(("127.0.0.1", port), PATIENCE) as mute:
                    mute.sendall(b"Mallory\n")
                    ada.hear("* Mallory is here")
                    ada.hear("* Mallory does not answer")
                    ada.hear("* Mallory left")
                self.assertEqual(ada.end(), 0)
            server.hear("Mallory left: PEER_HUNG")
            self.assertEqual(server.interrupt(), 0)


class TelemetryTests(SynchronousTestCase):
    """``telemetry_gateway.py`` and ``telemetry_device.py``, over TLS."""

    def test_samples_arrive(self) -> None:
        """A certificate is made, and a device delivers what it has."""
        certificate = Path(self.mktemp()).absolute()
        certificate.parent.mkdir(parents=True, exist_ok=True)
        with Program("telemetry_gateway.py", certificate, TLS) as gateway:
            with self.device(certificate, gateway, "--period", 0.05) as device:
                self.assertEqual(device.end(), 0)
                self.assertIn("over: Connection was closed cleanly", device.heard)
            gateway.hear("device lost after 3 samples: Connection was closed cleanly")
            self.assertEqual(gateway.interrupt(), 0)
        self.assertEqual(gateway.heard.count("temperature = "), 3)
        self.assertEqual(certificate.stat().st_mode & 0o77, 0)

    def test_a_silent_device_is_given_up(self) -> None:
        """One that has nothing to say for too long is gone."""
        certificate = Path(self.mktemp()).absolute()
        certificate.parent.mkdir(parents=True, exist_ok=True)
        limits = ("--silence", STANDSTILL, "--beacon", 0.1)
        with Program("telemetry_gateway.py", certificate, TLS, *limits) as gateway:
            with self.device(certificate, gateway, "--period", 60) as device:
                gateway.hear("device lost after 1 samples: PEER_SILENT")
                self.assertEqual(device.end(), 0)
            self.assertEqual(gateway.interrupt(), 0)

    def device(
        self, certificate: Path, gateway: Program, *arguments: object
    ) -> Program:
        """A device with three samples for *gateway*."""
        where = (certificate, "localhost", gateway.port())
        return Program("telemetry_device.py", *where, "--samples", 3, *arguments)


class AmpTests(SynchronousTestCase):
    """``amp_service.py`` and ``amp_client.py``."""

    def test_calls_have_a_timeout(self) -> None:
        """One is answered, one is not in time, one fails; the service notices."""
        with Program("amp_service.py", LOCAL) as service:
            server = f"tcp:127.0.0.1:{service.port()}"
            with Program("amp_client.py", server) as client:
                self.assertEqual(client.end(), 0)
            service.hear("whoever asked has left")
            self.assertEqual(service.interrupt(), 0)
        said = client.heard.splitlines()
        told = ["the mean is 3.0", "no answer in time", "nothing has no mean"]
        self.assertEqual(said[:3], told)
        self.assertRegex(said[3], r"^a ping took \d+\.\d{4} s$")


class TwistTests(SynchronousTestCase):
    """``twist/``, run by Twisted's own programs."""

    def setUp(self) -> None:
        """Work on a copy: Twisted writes a cache next to a plugin."""
        self.here = Path(self.mktemp()).absolute()
        shutil.copytree(
            EXAMPLES / "twist", self.here, ignore=shutil.ignore_patterns("__pycache__")
        )

    def test_twist(self) -> None:
        """``twist`` finds the service and runs it."""
        program = self.run_in_copy(TWIST, "--log-format=text", *SERVICE)
        self.assert_serves(program)

    def test_twistd(self) -> None:
        """``twistd`` does, too."""
        program = self.run_in_copy(TWISTD, "--nodaemon", "--pidfile=", *SERVICE)
        self.assert_serves(program)

    def test_bad_numbers(self) -> None:
        """They are refused in the words of the policy."""
        with self.run_in_copy(TWIST, *SERVICE, "--interval", -1) as program:
            self.assertNotEqual(program.end(), 0)
        self.assertIn("interval=-1.0: must be a number of seconds", program.heard)

    def run_in_copy(self, code: str, *arguments: object) -> Program:
        """Python, with the service where it looks for modules."""
        return Program("-c", code, *arguments, cwd=self.here)

    def assert_serves(self, program: Program) -> None:
        """A subscriber hears the time, and is given up when it does not answer."""
        with program:
            where = ("127.0.0.1", program.port("TimeFactory starting on "))
            with (
                socket.create_connection(where, PATIENCE) as subscriber,
                subscriber.makefile("rb") as lines,
            ):
                self.assertRegex(lines.readline(), rb"^\d{4}-\d\d-\d\dT")
                self.assertTrue(lines.readline().startswith(b"PING "))
                # Nobody answers: the connection is aborted.
                self.assertRaises(ConnectionResetError, lines.read)
            program.interrupt()


def address(port: socket.socket) -> str:
    """Of a port of ours, for a client."""
    return f"tcp:127.0.0.1:{port.getsockname()[1]}"
