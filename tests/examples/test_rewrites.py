"""Keepalives of public projects, rewritten: the faults that those had are gone."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import socket
import struct
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import evolve
from autobahn.twisted.websocket import (
    WebSocketClientFactory,
    WebSocketClientProtocol,
    WebSocketServerFactory,
)
from twisted.internet import defer
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, Kind, PeerLostError
from heartbeat.testing import Pair, assert_nothing_left, connect
from tests.connections import Sink, adopted, tcp_pair, until
from tests.examples.program import EXAMPLES, Program, connection_from, listening
from tests.reactors import fresh

if TYPE_CHECKING:
    from collections.abc import Callable

REWRITES = EXAMPLES / "rewrites"

LATE = 0.3
"""Seconds by which a verdict may come after its moment."""

ENOUGH = 15
"""Beats that take longer than the silence that would be the end."""

OURS = {
    "ACCEPT_TIME",
    "HeartbeatMixin",
    "Keepalive",
    "LOGIN_TIME",
    "clock",
    "deciding",
    "heartbeat",
    "keepalive",
    "mqtt_client",
    "send_beat",
    "wire",
}
"""Names by which a line is one about the keepalive."""


def rewritten(project: str) -> Any:
    """The module ``examples/rewrites/<project>.py``."""
    name = f"rewritten_{project}"
    if name not in sys.modules:
        path = REWRITES / f"{project}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def blocked(pair: Pair[Any, Any], seconds: float) -> None:
    """The reactor does nothing for so long: timers run late, and before any bytes."""
    pair.clock.advance(seconds)
    pair.flush()
    pair.advance(1)


def set_wall_clock(reactor: Any, step: float) -> None:
    """Set the clock that *reactor* goes by, as ``date --set`` would."""
    reactor.seconds = lambda: time.time() + step  # noqa: TID251


def keepalive_lines(project: str) -> int:
    """Lines of code in the file that are there for the keepalive."""
    tree = ast.parse((REWRITES / f"{project}.py").read_text())
    lines: set[int] = set()
    for node in ast.walk(tree):
        if _is_ours(node):
            lines |= _code_lines(node)
    return len(lines)


def _is_ours(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name in OURS
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").startswith("heartbeat")
    if isinstance(node, ast.ClassDef):
        return any(
            isinstance(base, ast.Name) and base.id in OURS for base in node.bases
        )
    if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign):
        names = {leaf.id for leaf in ast.walk(node) if isinstance(leaf, ast.Name)}
        names |= {
            leaf.attr for leaf in ast.walk(node) if isinstance(leaf, ast.Attribute)
        }
        return bool(names & OURS)
    return False


def _code_lines(node: Any) -> set[int]:
    """Of a class only its first line; of a function all but the docstring."""
    if isinstance(node, ast.ClassDef):
        return {node.lineno}
    if isinstance(node, ast.FunctionDef):
        lines = {node.lineno}
        for statement in node.body[1:]:
            lines |= _code_lines(statement)
        return lines
    return set(range(node.lineno, node.end_lineno + 1))


class CountTests(SynchronousTestCase):
    def test_lines(self) -> None:
        """As many as the documentation says."""
        page = (EXAMPLES.parent / "docs" / "before-and-after.md").read_text()

        for project in ("synapse", "flocker", "twisted_mqtt", "daphne", "buildbot"):
            count = keepalive_lines(project)
            self.assertIn(f"[{count}](#{project.replace('_', '-')})", page, project)


class RewriteCase(SynchronousTestCase):
    """What holds for all of them."""

    def setUp(self) -> None:
        self.clock = Clock()

    def assert_given_up(self, protocol: Any, after: float) -> None:
        """Not before so many seconds from now, and not much later."""
        began = self.clock.seconds()
        while protocol.lost is None and self.clock.seconds() < began + after + 60:
            self.pair.advance(0.05)
        self.assertIsInstance(protocol.lost.value, PeerLostError)
        self.assertTrue(-1e-6 <= self.clock.seconds() - began - after <= LATE)

    def assert_nothing_left(self) -> None:
        """Neither now nor later."""
        assert_nothing_left(self.clock)

    def join(self, client: Any, server: Any) -> None:
        """Connect the two."""
        self.pair: Pair[Any, Any] = connect(client, server, self.clock)


class SynapseTests(RewriteCase):
    def setUp(self) -> None:
        super().setUp()
        self.make = rewritten("synapse").Replication

    def test_idle(self) -> None:
        """Two ends that have nothing to say stay connected, and beat every 5 s."""
        self.join(self.make(), self.make())
        self.pair.advance(3600)

        self.assertIsNone(self.pair.client.lost or self.pair.server.lost)
        self.assertGreaterEqual(
            self.pair.client.heartbeat.counters.beats_sent, 3600 / 5
        )
        self.assertEqual(self.pair.server.commands, [])

    def test_blocked_reactor(self) -> None:
        """PINGs that wait in the kernel are signs of life: Synapse closes on them."""
        self.join(Sink(), self.make())
        for _ in range(6):
            self.pair.client.transport.write(b"PING 1\n")
        blocked(self.pair, 30)

        self.assertIsNone(self.pair.server.lost)

    def test_stepped_clock(self) -> None:
        """A wall clock set an hour on or back does nothing: Synapse goes by it."""

        class Quick(self.make):  # type: ignore[name-defined]
            keepalive = Keepalive(interval=None, beacon=0.05, silence=0.5)

        for step in (3600, -3600):
            with fresh("select") as reactor, contextlib.ExitStack() as open_ones:
                ends = [Quick(), Quick()]
                for end, end_of_pair in zip(ends, tcp_pair(), strict=True):
                    end.reactor = reactor
                    open_ones.enter_context(adopted(reactor, end, end_of_pair))
                set_wall_clock(reactor, step)
                until(reactor, partial(_have_beaten, ends))
                self.assertEqual([end.lost for end in ends], [None, None])

    def test_client_that_never_speaks(self) -> None:
        """It is given up as well: Synapse keeps it until a first PING has come."""
        self.join(Sink(), self.make())

        self.assert_given_up(self.pair.server, 25)
        self.assert_nothing_left()

    def test_commands(self) -> None:
        """All lines but PINGs are the application's."""
        self.join(Sink(), self.make())
        self.pair.client.transport.write(b"PING 1\nREPLICATE\n\n")
        self.pair.flush()

        self.assertEqual(self.pair.server.commands, [b"REPLICATE"])


def _have_beaten(ends: list[Any]) -> bool:
    return all(end.heartbeat.counters.beats_sent >= ENOUGH for end in ends)


class FlockerTests(RewriteCase):
    def setUp(self) -> None:
        super().setUp()
        module = rewritten("flocker")
        self.make: Callable[[], Any] = lambda: module.ControlAMP(module.Service())

    def test_idle(self) -> None:
        """Two ends that have nothing to say stay connected."""
        self.join(self.make(), self.make())
        self.pair.advance(3600)

        self.assertIsNone(self.pair.client.lost or self.pair.server.lost)

    def test_before_the_connection(self) -> None:
        """There is no timer: Flocker's fails when there is never a connection."""
        protocol = self.make()
        protocol.reactor = self.clock

        self.assert_nothing_left()

    def test_blocked_reactor(self) -> None:
        """What waits in the kernel is a sign of life: Flocker aborts."""
        self.join(self.make(), self.make())
        self.pair.client.send_beat()
        blocked(self.pair, 61)

        self.assertIsNone(self.pair.server.lost)

    def test_slow_box(self) -> None:
        """A box of 2.4 MB at 30 kB/s arrives: Flocker cuts it after a minute."""
        self.join(Sink(), self.make())
        value = struct.pack("!H", 60_000) + b"x" * 60_000
        for number in range(40):
            key = b"k%03d" % number
            self.pair.client.transport.write(struct.pack("!H", len(key)) + key)
            for half in (value[:30_000], value[30_000:]):
                self.pair.client.transport.write(half)
                self.pair.advance(1)

        self.assertIsNone(self.pair.server.lost)

    def test_error_in_the_service(self) -> None:
        """It leaves nothing: Flocker keeps both its timers, and one fails later."""
        self.join(self.make(), self.make())
        self.pair.server.service.connections.clear()

        self.assertRaises(KeyError, self.pair.lose)
        assert_nothing_left(self.pair.server)

    def test_dead_peer(self) -> None:
        """Given up after 60 s of silence."""
        self.join(Sink(), self.make())
        self.pair.server.heartbeat.configure(
            evolve(self.pair.server.keepalive, jitter=0)
        )

        self.assert_given_up(self.pair.server, 60)
        self.assert_nothing_left()


CONNACK = b"\x20\x02\x00\x00"
PINGREQ = b"\xc0\x00"
PINGRESP = b"\xd0\x00"


class Broker(Sink):
    """Says CONNACK, and answers as long as it is told to."""

    transport: Any
    answering = True
    pings = 0

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        if data.startswith(b"\x10"):
            self.transport.write(CONNACK)
        for _ in range(data.count(PINGREQ)):
            self.pings += 1
            if self.answering:
                self.transport.write(PINGRESP)


class TwistedMqttTests(RewriteCase):
    def setUp(self) -> None:
        super().setUp()
        make = rewritten("twisted_mqtt").MqttClient
        self.join(make(b"name", 10), Broker())
        self.client: Any = self.pair.client

    def test_idle(self) -> None:
        """A PINGREQ before each 10 s are over; nobody is given up."""
        self.pair.advance(3600)

        self.assertIsNone(self.client.lost)
        self.assertGreaterEqual(self.pair.server.pings, 360)

    def test_answer_to_nothing(self) -> None:
        """A PINGRESP too many is ignored: twisted-mqtt raises, and is disconnected."""
        self.pair.server.transport.write(PINGRESP * 3)
        self.pair.advance(1)

        self.assertIsNone(self.client.lost)

    def test_lost_before_connack(self) -> None:
        """Who waits is told at once and why; twisted-mqtt says "timeout" 10 s later."""
        client = rewritten("twisted_mqtt").MqttClient(b"name")
        self.join(client, Sink())
        self.pair.lose()

        self.failureResultOf(client.connected_to_broker, ConnectionLost)
        assert_nothing_left(client)

    def test_no_connack(self) -> None:
        """The login has its deadline."""
        client = rewritten("twisted_mqtt").MqttClient(b"name")
        self.join(client, Sink())
        self.pair.advance(10)

        self.failureResultOf(client.connected_to_broker, defer.TimeoutError)

    def test_blocked_reactor(self) -> None:
        """A PINGRESP that waits in the kernel is one: twisted-mqtt aborts."""
        self.pair.advance(9.95)
        self.assertEqual(self.pair.server.pings, 1)
        blocked(self.pair, 15)

        self.assertIsNone(self.client.lost)

    def test_slow_message(self) -> None:
        """One that takes longer than the Keep Alive: twisted-mqtt aborts."""
        self.pair.server.answering = False
        self.pair.server.transport.write(b"\x30" + bytes([0xB0, 0xEA, 0x01]))
        for _ in range(30):
            self.pair.server.transport.write(b"x" * 1000)
            self.pair.advance(1)

        self.assertIsNone(self.client.lost)
        self.assertEqual(self.client.messages, [b"x" * 30_000])

    def test_dead_broker(self) -> None:
        """Asked at 10 s, given up at 20 s."""
        self.pair.server.answering = False

        self.assert_given_up(self.client, 20)
        assert_nothing_left(self.client)


class Browser(WebSocketClientProtocol):
    """Answers a ping after so many seconds."""

    answers_after = 0.0
    ponged = 0

    def onPing(self, payload: bytes) -> None:  # noqa: N802 - Autobahn's word
        self.ponged += 1
        self.factory.reactor.callLater(self.answers_after, self.sendPong, payload)


class DaphneTests(RewriteCase):
    def setUp(self) -> None:
        super().setUp()
        self.open("EagerSocket")

    def open(self, name: str) -> None:
        """A connection of a browser to a socket of this class."""
        module = rewritten("daphne")
        client_factory = WebSocketClientFactory(reactor=self.clock)
        client_factory.protocol = Browser
        server_factory = WebSocketServerFactory(reactor=self.clock)
        server_factory.protocol = getattr(module, name)
        client, server = (
            factory.buildProtocol(None) for factory in (client_factory, server_factory)
        )
        self.join(client, server)
        self.pair.advance(0.5)
        self.browser: Any = client
        self.socket: Any = server

    def test_idle(self) -> None:
        """Asked every 20 s, and kept."""
        self.pair.advance(3600)

        self.assertIsNone(self.socket.closed)
        self.assertGreater(self.browser.ponged, 170)

    def test_slow_pong(self) -> None:
        """One that takes 24 of the 30 s is one; for Daphne it came too late."""
        self.browser.answers_after = 24
        self.pair.advance(600)

        self.assertIsNone(self.socket.closed)

    def test_slow_message(self) -> None:
        """Its bytes are signs of life; Daphne ends it after 30 s."""
        self.browser.answers_after = 3600
        self.browser.beginMessage(isBinary=True)
        self.browser.beginMessageFrame(100_000)
        for _ in range(100):
            self.browser.sendMessageFrameData(b"x" * 500)
            self.pair.advance(1)

        self.assertIsNone(self.socket.closed)

    def test_blocked_reactor(self) -> None:
        """A pong that waits in the kernel is one."""
        self.pair.advance(19.4)
        while not self.browser.ponged:
            self.pair.advance(0.1)
        blocked(self.pair, 31)

        self.assertIsNone(self.socket.closed)

    def test_dead_browser(self) -> None:
        """Given up after 50 s, with the reason."""
        self.pair.cut()
        self.pair.advance(51)

        self.assertIn(Kind.PEER_SILENT.name, self.socket.closed)
        assert_nothing_left(self.socket)

    def test_not_accepted(self) -> None:
        """An application that does not decide has 20 s."""
        self.open("Socket")
        self.pair.advance(20)

        self.assertIsNotNone(self.socket.closed)
        assert_nothing_left(self.socket)

    def test_accepted(self) -> None:
        """One that does leaves no timer to fire later."""
        self.open("Socket")
        self.socket.accept()
        self.pair.advance(60)

        self.assertIsNone(self.socket.closed)


class Irc(Sink):
    """Welcomes, and answers as long as it is told to."""

    transport: Any
    answering = True

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        for line in data.splitlines():
            if line.startswith(b"USER"):
                self.transport.write(b":server 001 bot :Welcome\r\n")
            if line.startswith(b"PING") and self.answering:
                self.transport.write(b":server PONG server :%s\r\n" % line[5:])


class BuildbotTests(RewriteCase):
    def setUp(self) -> None:
        super().setUp()
        self.make = rewritten("buildbot").Bot
        self.join(self.make("bot"), Irc())

    def test_idle(self) -> None:
        """Asked about once a minute, by PING, and by nothing else."""
        self.pair.advance(3600)

        self.assertIsNone(self.pair.client.lost)
        said = self.pair.server.received
        self.assertTrue(60 <= said.count(b"PING ") <= 70)
        self.assertNotIn(b"PRIVMSG", said)

    def test_dead_server(self) -> None:
        """Given up; Buildbot's bot does not look at what comes back."""
        self.pair.server.answering = False
        self.pair.advance(121)

        self.assertIsInstance(self.pair.client.lost.value, PeerLostError)
        assert_nothing_left(self.pair.client)

    def test_before_the_login(self) -> None:
        """Nothing but the login is said; Buildbot's bot has sent a message already."""
        self.join(self.make("bot"), Sink())
        self.pair.advance(100)

        words = {line.split()[0] for line in self.pair.server.received.splitlines()}
        self.assertEqual(words, {b"NICK", b"USER"})


class ProgramTests(SynchronousTestCase):
    """Each runs."""

    def test_servers(self) -> None:
        """They listen, and take a connection."""
        for project in ("synapse", "flocker", "daphne"):
            with Program(
                f"rewrites/{project}.py", "tcp:0:interface=127.0.0.1"
            ) as program:
                program.hear("listening on")
                program.hear(")")
                told = program.heard.rpartition("port=")[2].partition(")")[0]
                where = ("127.0.0.1", int(told))
                with socket.create_connection(where) as client:
                    self.assertEqual(client.getpeername(), where)

    def test_clients(self) -> None:
        """They connect, and log in."""
        for project, arguments, first in (
            ("twisted_mqtt", (), b"\x10"),
            ("buildbot", ("bot",), b"NICK bot"),
        ):
            with listening() as port:
                server = f"tcp:127.0.0.1:{port.getsockname()[1]}"
                with (
                    Program(f"rewrites/{project}.py", server, *arguments),
                    connection_from(port) as connection,
                ):
                    self.assertTrue(connection.recv(100).startswith(first))
