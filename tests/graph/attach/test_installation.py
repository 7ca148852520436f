"""The one line that lets others look."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any
from unittest import mock

from twisted.internet.defer import fail, succeed
from twisted.internet.task import Clock
from twisted.python import threadable
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph import live
from heartbeat.graph.attach import announce, asking, installation, signals
from heartbeat.graph.attach.installation import Installation, install
from heartbeat.graph.tracking.tracker import tracking
from tests.connections import global_reactor
from tests.graph.processes import HEARTBEAT, Running, call, folder, until_announced
from tests.reactors import REACTORS, fresh, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NUMBER = signal.SIGUSR2


class InstallCase(SynchronousTestCase):
    """A process without a handler, and a folder for its socket."""

    def setUp(self) -> None:
        """Both."""
        previous = signal.signal(NUMBER, signal.SIG_DFL)
        self.addCleanup(signal.signal, NUMBER, previous)
        self.folder = folder(self) / "sockets"
        self.patch(announce, "places", lambda: [self.folder])

    def installed(self, reactor: Any, **how: Any) -> Installation:
        """What is taken back after the test."""
        made = install(reactor, **how)
        self.addCleanup(made.uninstall)
        return made

    def run_once(self, reactor: Any, do: Any = None) -> None:
        """Let a reactor begin, do something, and go on later."""

        def begun() -> None:
            if do is not None:
                do()
            reactor.crash()

        reactor.callWhenRunning(begun)
        run(reactor)


class ReactorTests(InstallCase):
    """On every reactor."""

    def test_quiet(self) -> None:
        """It has a signal and a socket, nothing else; and then none of it."""
        for name in REACTORS:
            with fresh(name) as reactor:
                readers = set(reactor.getReaders())
                made = install(reactor)
                self.assertEqual(made.path, None)
                self.run_once(reactor)

                path = self.folder / f"{os.getpid()}.sock"
                self.assertEqual(made.path, path)
                self.assertTrue(announce.is_answered(path))
                self.assertEqual(made.notes, [])
                self.assertEqual(reactor.getDelayedCalls(), [])
                self.assertEqual(threading.active_count(), 1)
                self.assertIs(install(reactor), made)

                made.uninstall()
                made.uninstall()
                self.assertEqual(signal.getsignal(NUMBER), signal.SIG_DFL)
                self.assertEqual(set(reactor.getReaders()), readers)
                self.assertFalse(path.exists())

    def test_stopped(self) -> None:
        """It ends with the reactor, after all that ends then has ended."""
        for name in REACTORS:
            with fresh(name) as reactor:
                answering: list[bool] = []
                made = install(reactor)

                def look(made: Installation, found: list[bool]) -> None:
                    found.append(made.path is not None and made.path.exists())

                reactor.addSystemEventTrigger(
                    "during", "shutdown", look, made, answering
                )
                reactor.callWhenRunning(reactor.stop)
                run(reactor)

                self.assertEqual(answering, [True])
                self.assertEqual(list(self.folder.iterdir()), [])
                self.assertEqual(signal.getsignal(NUMBER), signal.SIG_DFL)
                again = install(reactor)
                self.assertIsNot(again, made)
                again.uninstall()

    def test_global(self) -> None:
        """Without a reactor it is the global one."""
        made = install(signal=None, socket=False)
        self.addCleanup(made.uninstall)

        self.assertIs(made.reactor, global_reactor())

    def test_uninstalled_first(self) -> None:
        """What is taken back before the reactor runs is not done then."""
        with fresh("select") as reactor:
            install(reactor, web=True).uninstall()
            self.run_once(reactor)

            self.assertFalse(self.folder.exists())


class DaemonTests(InstallCase):
    """Without a standard error."""

    def test_file(self) -> None:
        """The picture is in a file beside the socket, while there is a socket."""
        null = os.open(os.devnull, os.O_WRONLY)
        self.addCleanup(os.close, null)
        self.patch(signals, "STDERR", null)
        with fresh("select") as reactor:
            made = self.installed(reactor)
            signal.raise_signal(NUMBER)
            self.assertFalse(self.folder.exists())
            self.run_once(reactor)

            signal.raise_signal(NUMBER)

            file = self.folder / f"{os.getpid()}.txt"
            self.assertIn("on SIGUSR2", file.read_text())
            made.uninstall()
            self.assertEqual(list(self.folder.iterdir()), [])


class WishTests(InstallCase):
    """What is asked for."""

    def test_adds_up(self) -> None:
        """Later wishes are added; nothing is taken away."""
        with fresh("select") as reactor:
            made = self.installed(reactor, signal=None, socket=False)
            self.run_once(reactor)
            self.assertEqual(signal.getsignal(NUMBER), signal.SIG_DFL)
            self.assertEqual(made.path, None)

            install(reactor, track=True)
            self.run_once(reactor)
            install(reactor, signal=None, socket=False)

            self.assertNotEqual(signal.getsignal(NUMBER), signal.SIG_DFL)
            self.assertIsNotNone(made.path)
            self.assertIsNotNone(tracking(reactor))
            made.uninstall()
            self.assertIsNone(tracking(reactor))

    def test_tracked(self) -> None:
        """A tracker that is there already stays."""
        from heartbeat.graph.tracking.tracker import Tracker  # noqa: PLC0415

        with fresh("select") as reactor:
            tracker = Tracker(reactor)
            tracker.start()
            self.addCleanup(tracker.stop)

            install(reactor, track=True).uninstall()

            self.assertIs(tracking(reactor), tracker)

    def test_page(self) -> None:
        """The live page is opened once the reactor runs; its address is printed."""
        page = mock.Mock(url="http://127.0.0.1:1/x/")
        printed: list[bytes] = []
        self.patch(live, "serve", lambda _: succeed(page))
        self.patch(installation, "write_out", lambda _, data: printed.append(data))
        with fresh("select") as reactor:
            self.installed(reactor, signal=None, socket=False, web=True)
            self.assertEqual(printed, [])
            self.run_once(reactor)

        self.assertEqual(printed, [b"heartbeat: live page at http://127.0.0.1:1/x/\n"])

    def test_no_page(self) -> None:
        """If that fails, the log has it, and the program goes on."""
        self.patch(live, "serve", lambda _: fail(OSError("no port")))
        with fresh("select") as reactor:
            self.installed(reactor, signal=None, socket=False, web=True)
            self.run_once(reactor)

        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)


class NoteTests(InstallCase):
    """What is not possible."""

    def test_handler(self) -> None:
        """A handler of the program stays; the note says so."""
        signal.signal(NUMBER, signal.SIG_IGN)
        with fresh("select") as reactor:
            made = self.installed(reactor, socket=False)

        self.assertEqual(signal.getsignal(NUMBER), signal.SIG_IGN)
        self.assertIn("SIGUSR2 prints nothing: it has a handler", made.notes[0])

    def test_folder(self) -> None:
        """Without a folder there is no socket; the note says why."""
        self.folder.write_text("")
        with fresh("select") as reactor:
            made = self.installed(reactor)
            self.run_once(reactor)

        self.assertIn("no private folder", made.notes[0])

    def test_second(self) -> None:
        """Of two reactors of a process, the first that runs has the socket."""
        with fresh("select") as reactor, fresh("select") as other:
            self.installed(reactor)
            self.run_once(reactor)
            made = self.installed(other, signal=None)
            self.run_once(other)

            self.assertIn("another process answers there", made.notes[0])

    def test_other_kind(self) -> None:
        """A reactor that runs, but watches no descriptors, has no socket."""
        made = self.installed(Runs())

        self.assertEqual(made.notes, ["no socket: the reactor cannot watch one"])

    def test_clock(self) -> None:
        """A clock never runs."""
        made = self.installed(Clock())

        self.assertIn("no socket: Clock never runs", made.notes)

    def test_thread(self) -> None:
        """In another thread, where a reactor runs, all but the signal works."""
        self.patch(threadable, "ioThread", None)
        with fresh("select") as reactor:
            made: list[Installation] = []
            found: list[Path | None] = []

            def begun() -> None:
                made.append(install(reactor))
                reactor.callLater(0, ended)

            def ended() -> None:
                found.append(made[0].path)
                reactor.stop()

            reactor.callWhenRunning(begun)
            _in_thread(lambda: reactor.run(installSignalHandlers=False))

        self.assertIsNotNone(found[0])
        self.assertIn("only the main thread", made[0].notes[0])

    def test_from_main(self) -> None:
        """From the main thread, while a reactor runs in another, all of it works."""
        self.patch(threadable, "ioThread", None)
        with fresh("select") as reactor:
            running = threading.Event()
            announced = threading.Event()
            reactor.callWhenRunning(running.set)
            thread = threading.Thread(
                target=reactor.run, kwargs={"installSignalHandlers": False}
            )
            thread.start()
            running.wait()

            made = install(reactor)
            reactor.callFromThread(announced.set)
            announced.wait()
            path, notes = made.path, made.notes
            reactor.callFromThread(reactor.stop)
            thread.join()
            # What the other thread cannot give back.
            assert made._signal is not None
            made._signal.stop()

        self.assertIsNotNone(path)
        self.assertEqual(notes, [])


class Runs(Clock):
    """A reactor that runs, and can do nothing else."""

    running = True

    def callWhenRunning(  # noqa: N802
        self, function: Callable[..., object], *arguments: object
    ) -> None:
        """It is."""
        function(*arguments)


PROGRAM = """\
import sys, time
from twisted.internet import {name}reactor
{name}reactor.install()
from twisted.internet import reactor
import heartbeat.graph.attach.installation
heartbeat.graph.attach.installation.install()
def block():
    print("blocked", flush=True)
    end = time.monotonic() + 1000
    while time.monotonic() < end:
        time.sleep(0.001)
if sys.argv[1:]:
    reactor.callWhenRunning(block)
else:
    reactor.callWhenRunning(lambda: reactor.callLater(0, print, "ready", flush=True))
reactor.run()
"""

EXITS = """\
import sys
from twisted.internet import reactor
import heartbeat.graph.attach.installation
heartbeat.graph.attach.installation.install()
reactor.callWhenRunning(reactor.callLater, 0, reactor.crash)
reactor.run()
print("crashed", flush=True)
sys.exit(3)
"""

FORKS = """\
import atexit, os
from twisted.internet import reactor
import heartbeat.graph.attach.installation
made = heartbeat.graph.attach.installation.install()
def fork():
    child = os.fork()
    if child == 0:
        atexit._run_exitfuncs()
        os._exit(5)
    _, status = os.waitpid(child, 0)
    print("child", os.waitstatus_to_exitcode(status), made.path.exists(), flush=True)
reactor.callWhenRunning(reactor.callLater, 0, fork)
reactor.run()
"""


class ProcessTests(SynchronousTestCase):
    """Real processes, signals and sockets."""

    def setUp(self) -> None:
        """A folder to run in."""
        self.home = folder(self)
        self.patch(announce, "places", lambda: [self.home / "sockets"])

    def program(self, text: str, *arguments: str) -> Running:
        """A program that runs."""
        (self.home / "program.py").write_text(text)
        return Running(self, self.home, sys.executable, "program.py", *arguments)

    def test_reactors(self) -> None:
        """On every reactor: the signal prints, the socket answers, the end is clean."""
        for name in REACTORS:
            program = self.program(PROGRAM.format(name=name))
            program.until("ready")
            program.process.send_signal(NUMBER)
            program.until("heartbeat: process")
            program.until("program.py, pid")
            until_announced(self.home, program.pid)

            snapshot = asking.snapshot_of(program.pid)

            self.assertIn(name, snapshot.process.reactor.lower())
            self.assertEqual(snapshot.endpoints, ())
            self.assertEqual(snapshot.timers, ())
            self.assertEqual(program.stop(), 0)
            self.assertEqual(list((self.home / "sockets").iterdir()), [])

    def test_blocked(self) -> None:
        """On every reactor: while it is blocked, the signal shows what is running."""
        for name in REACTORS:
            program = self.program(PROGRAM.format(name=name), "block")
            program.until("blocked")
            program.process.send_signal(NUMBER)
            program.until("running now:")
            program.until("in block$")
            program.until("program.py, pid")
            program.kill()
            self.assertIn("in block", program.output)

    def test_exit(self) -> None:
        """Without a shutdown it ends with the process."""
        program = self.program(EXITS)

        self.assertEqual(program.wait(), 3)
        self.assertEqual(program.output, "crashed\n")
        self.assertEqual(list((self.home / "sockets").iterdir()), [])

    def test_fork(self) -> None:
        """A child that ends does not end what its parent has."""
        program = self.program(FORKS)
        line = program.until("child")

        self.assertEqual(line, "child 5 True\n")
        self.assertEqual(asking.snapshot_of(program.pid).process.pid, program.pid)

    def test_killed(self) -> None:
        """What a process that was killed leaves is cleaned up by who asks."""
        program = self.program(PROGRAM.format(name="select"))
        until_announced(self.home, program.pid)
        program.kill()

        result = call(self.home, *HEARTBEAT, "ps")

        self.assertIn("No process", result.stderr)
        self.assertEqual(list((self.home / "sockets").iterdir()), [])


def _in_thread(do: Any) -> None:
    thread = threading.Thread(target=do)
    thread.start()
    thread.join()
