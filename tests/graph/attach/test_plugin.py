"""The reactor that is called ``heartbeat``."""

from __future__ import annotations

import os
import select
import signal
import sys
from typing import Any
from unittest import mock

from twisted.application import reactors
from twisted.internet import default
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.errors import PolicyError
from heartbeat.graph.attach import installation, plugin
from heartbeat.graph.attach.announce import SUFFIX
from tests.graph.processes import HEARTBEAT, Running, call, folder, until_announced

TESTS = """\
from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase
class Tests(TestCase):
    def test_clean(self):
        return deferLater(reactor, 0.01, lambda: None)
    def test_dirty(self):
        reactor.callLater(1000, print)  # this line
"""


class InstallTests(SynchronousTestCase):
    """What is installed; a process has one reactor, so nothing is here."""

    def setUp(self) -> None:
        """Nothing is installed for real."""
        self.installed: list[tuple[Any, bool]] = []
        self.patch(
            installation,
            "install",
            lambda reactor, *, track: self.installed.append((reactor, track)),
        )
        self.patch(default, "install", lambda: None)
        self.patch(reactors, "installReactor", lambda name: name)
        unset = {"HEARTBEAT_REACTOR": "", "HEARTBEAT_TRACK": ""}
        environment = mock.patch.dict(os.environ, unset)
        environment.start()
        self.addCleanup(environment.stop)
        # As if not under trial.
        modules = dict(sys.modules)
        modules.pop("twisted.scripts.trial", None)
        modules["twisted.internet.reactor"] = self.reactor = mock.Mock()
        self.patch(sys, "modules", modules)

    def test_default(self) -> None:
        """The usual reactor of the platform, and no tracking."""
        plugin.install()

        self.assertEqual(self.installed, [(self.reactor, False)])

    def test_chosen(self) -> None:
        """Another one, by its short name."""
        os.environ["HEARTBEAT_REACTOR"] = "poll"

        plugin.install()

        self.assertEqual(self.installed, [("poll", False)])

    def test_itself(self) -> None:
        """It cannot be on top of itself."""
        os.environ["HEARTBEAT_REACTOR"] = "heartbeat"

        error = self.assertRaises(PolicyError, plugin.install)

        self.assertIn("that is this reactor itself", str(error))

    def test_track(self) -> None:
        """Trial tracks; the variable overrules it, both ways."""
        for word, under_trial, expected in (
            ("1", False, True),
            ("0", True, False),
            ("", True, True),
        ):
            os.environ["HEARTBEAT_TRACK"] = word
            if under_trial:
                sys.modules["twisted.scripts.trial"] = mock.Mock()
            plugin.install()

            self.assertEqual(self.installed.pop(), (self.reactor, expected))

    def test_wrong(self) -> None:
        """Any other value is an error that says what there is."""
        os.environ["HEARTBEAT_TRACK"] = "yes"

        error = self.assertRaises(PolicyError, plugin.install)

        self.assertIn("HEARTBEAT_TRACK='yes': must be 1 or 0", str(error))


class RealTests(SynchronousTestCase):
    """Twisted's own commands find it, and can be asked."""

    def setUp(self) -> None:
        """A folder to run in."""
        self.home = folder(self)

    def asked(self, pid: int) -> str:
        """What ``heartbeat ps`` says."""
        result = call(self.home, *HEARTBEAT, "ps", str(pid))
        self.assertEqual(result.stderr, "")
        return result.stdout

    def test_known(self) -> None:
        """It is among the reactors that there are."""
        program = "from twisted.scripts.twistd import run; run()"
        result = call(self.home, sys.executable, "-c", program, "--help-reactors")

        self.assertRegex(result.stdout, r"heartbeat\s+The default reactor, open to")

    def test_twist(self) -> None:
        """``twist``, with another reactor under it."""
        program = Running(
            self,
            self.home,
            *(sys.executable, "-m", "twisted", "--reactor=heartbeat"),
            *("--log-format=text", "web", "--listen=tcp:0"),
            environment={"HEARTBEAT_REACTOR": "asyncio"},
        )
        program.until("Starting reactor")
        until_announced(self.home, program.pid)

        self.assertIn("AsyncioSelectorReactor", self.asked(program.pid))
        # Twist ends as the signal would have ended it.
        self.assertEqual(program.stop(), -signal.SIGTERM)
        self.assertEqual(list((self.home / "sockets").iterdir()), [])

    def test_twistd(self) -> None:
        """``twistd``, which forks before its reactor runs."""
        result = call(
            self.home,
            *(sys.executable, "-c", "from twisted.scripts.twistd import run; run()"),
            *("--reactor=heartbeat", "--pidfile=pid", "--logfile=log"),
            *("web", "--listen=tcp:0"),
        )
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        pid = int((self.home / "pid").read_text())
        self.addCleanup(_end, pid)
        until_announced(self.home, pid)

        text = self.asked(pid)

        self.assertIn(f"pid {pid}", text)
        sockets = [path.name for path in (self.home / "sockets").iterdir()]
        self.assertEqual(sockets, [f"{pid}{SUFFIX}"])

    def test_trial(self) -> None:
        """``trial`` names the line that made a call, and nothing of ours."""
        (self.home / "test_it.py").write_text(TESTS)

        result = call(
            self.home,
            *(sys.executable, "-m", "twisted.trial", "--reactor=heartbeat", "test_it"),
        )

        self.assertIn("errors=1, successes=1", result.stdout)
        self.assertIn("# this line", result.stdout)
        self.assertNotIn("Selectables", result.stdout)
        self.assertEqual(list((self.home / "sockets").iterdir()), [])


def _end(pid: int) -> None:
    """End a process that is nobody's child here, and wait for that."""
    process = os.pidfd_open(pid)
    os.kill(pid, signal.SIGTERM)
    select.select([process], [], [])
    os.close(process)
