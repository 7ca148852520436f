"""Tests of `tests.servers.daemons`: servers end, and are asked for where they must be."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

from tests.servers.daemons import Daemon, why_not
from tests.servers.warden import descendants

FAMILY = """\
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                         start_new_session=True)
print(child.pid, flush=True)
time.sleep(600)
"""


class Family(Daemon):
    """A program that starts another, in a session of its own."""

    name = "family"
    executable = sys.executable

    def command(self) -> list[str]:
        """Python."""
        return [sys.executable, "-c", FAMILY]


class Absent(Daemon):
    """A server that is nowhere."""

    name = "absent"
    executable = "no-such-server-anywhere"


class DaemonTests(SynchronousTestCase):
    """Processes of servers."""

    def setUp(self) -> None:
        """Only where processes are found."""
        if not Path("/proc/self/stat").exists():
            raise SkipTest("there is no /proc here")

    def test_all_end(self) -> None:
        """What a server has started ends with it, and its folder is gone."""
        family = Family()
        self.addCleanup(family.close)
        family.start()
        child = _first_line(family)
        self.assertTrue(Path(f"/proc/{child}").exists())

        family.close()

        _await_state(child, "gone")
        self.assertFalse(family.folder.exists())
        self.assertNotIn(family, Daemon.running)

    def test_frozen_ends(self) -> None:
        """One that was stopped where it was ends, too."""
        family = Family()
        self.addCleanup(family.close)
        family.start()
        child = _first_line(family)
        family.freeze()
        _await_state(child, "T")

        family.close()

        _await_state(child, "gone")

    def test_tests_die(self) -> None:
        """If the tests are killed, the end of a pipe says so, and all ends, too."""
        family = Family()
        self.addCleanup(family.close)
        family.start()
        child = _first_line(family)
        os.kill(int(child), signal.SIGSTOP)
        pipe = family._running().stdin
        assert pipe is not None

        pipe.close()

        family._running().wait()
        self.assertEqual(_state_of(child), "gone")

    def test_not_up(self) -> None:
        """One that has ended is reported with what it said last."""
        family = Family()
        self.addCleanup(family.close)
        family.start()
        _first_line(family)
        os.kill(descendants(family._running().pid)[0], signal.SIGKILL)
        family._running().wait()

        raised = self.assertRaises(AssertionError, family.is_up)

        self.assertIn("family ended with 247", str(raised))


class AbsenceTests(SynchronousTestCase):
    """A server that is not installed."""

    def test_skipped(self) -> None:
        """At a desk its tests are skipped, with the reason."""
        self.patch(os, "environ", {"PATH": os.defpath})

        self.assertIn("no-such-server-anywhere is not installed", why_not(Absent))

    def test_required(self) -> None:
        """Where nothing may be skipped they fail."""
        self.patch(os, "environ", {"PATH": os.defpath, "HEARTBEAT_ALL_TESTS": "1"})

        self.assertRaises(AssertionError, why_not, Absent)

    def test_here(self) -> None:
        """One that is installed has no reason not to be used."""
        self.assertEqual(why_not(Family), "")


def _first_line(daemon: Daemon) -> str:
    while "\n" not in daemon.log():
        time.sleep(0.01)
    return daemon.log().strip()


def _await_state(process: str, state: str) -> None:
    """A signal takes its time."""
    deadline = time.monotonic() + 60
    while _state_of(process) != state:
        assert time.monotonic() < deadline, _state_of(process)
        time.sleep(0.005)


def _state_of(process: str) -> str:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "gone"
    return "gone" if state == "Z" else state
