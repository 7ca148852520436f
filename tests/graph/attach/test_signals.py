"""The picture that a signal asks for."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import stat
import sys
import threading
from typing import TYPE_CHECKING, Any

from twisted.python import threadable
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.attach import signals
from heartbeat.graph.attach.signals import SignalPicture, write_out
from heartbeat.graph.attach.stacks import is_waiting
from tests.graph.processes import folder
from tests.graph.scenes import seed
from tests.reactors import fresh

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.graph.model import Snapshot

NUMBER = signal.SIGUSR2

LONG = b"x" * (1 << 20)
"""More than a pipe holds."""


class PictureCase(SynchronousTestCase):
    """A process without a handler, whose errors go into a pipe."""

    def setUp(self) -> None:
        """Both ends of the pipe, and the usual handler."""
        previous = signal.signal(NUMBER, signal.SIG_DFL)
        self.addCleanup(signal.signal, NUMBER, previous)
        self.out, into = os.pipe()
        self.addCleanup(os.close, self.out)
        self.addCleanup(os.close, into)
        self.patch(signals, "STDERR", into)
        self.reactor: Any = None
        self.looked: list[Any] = []

    def picture(self, **how: Any) -> SignalPicture:
        """A picture of nothing, or of what the test gives."""
        how.setdefault("take", self.take)
        picture = SignalPicture(self.reactor, NUMBER, **how)
        self.addCleanup(picture.stop)
        return picture

    def started(self, **how: Any) -> SignalPicture:
        """One that is drawn when the signal comes."""
        picture = self.picture(**how)
        self.assertEqual(picture.start(), "")
        return picture

    def take(self, reactor: Any) -> Snapshot:
        """A snapshot of what is not there."""
        self.looked.append((reactor, threading.get_ident()))
        return seed()

    def printed(self) -> str:
        """What has been printed so far."""
        text = ""
        while select.select([self.out], [], [], 0)[0]:
            text += os.read(self.out, 1 << 16).decode()
        return text

    def printed_until(self, pattern: str) -> str:
        """What is printed, up to some text."""
        text = ""
        while pattern not in text:
            text += os.read(self.out, 1 << 16).decode()
        return text


class HandlerTests(PictureCase):
    """Whose signal it is."""

    def test_start(self) -> None:
        """Where there was no handler, there is one, until it is stopped."""
        picture = self.started()
        self.assertNotEqual(signal.getsignal(NUMBER), signal.SIG_DFL)
        self.assertEqual(picture.start(), "")

        picture.stop()
        picture.stop()

        self.assertEqual(signal.getsignal(NUMBER), signal.SIG_DFL)

    def test_taken(self) -> None:
        """A handler of the program stays, and so does the wish to ignore the signal."""

        def handler(*_: object) -> None:
            self.looked.append("program")

        for theirs in (handler, signal.SIG_IGN):
            signal.signal(NUMBER, theirs)
            picture = self.picture()

            said = picture.start()
            self.assertIn("SIGUSR2 prints nothing: it has a handler", said)
            picture.stop()
            self.assertEqual(signal.getsignal(NUMBER), theirs)

    def test_set_later(self) -> None:
        """A handler that the program sets later stays when ours ends."""
        picture = self.started()
        signal.signal(NUMBER, signal.SIG_IGN)

        picture.stop()

        self.assertEqual(signal.getsignal(NUMBER), signal.SIG_IGN)

    def test_other_thread(self) -> None:
        """Only the main thread can start it; any other is told so."""
        said: list[str] = []
        picture = self.picture()

        _in_thread(lambda: said.append(picture.start()))

        self.assertEqual(
            said, ["SIGUSR2 prints nothing: only the main thread can install that"]
        )
        self.assertEqual(signal.getsignal(NUMBER), signal.SIG_DFL)

    def test_stopped_elsewhere(self) -> None:
        """Stopped from another thread it prints nothing; the process survives."""
        picture = self.started()

        _in_thread(picture.stop)
        signal.raise_signal(NUMBER)

        self.assertEqual(self.printed(), "")


class PrintTests(PictureCase):
    """What is printed."""

    def test_printed(self) -> None:
        """The process, the signal, what runs now, and the picture."""
        self.started()

        signal.raise_signal(NUMBER)

        text = self.printed()
        self.assertIn(f"heartbeat: process {os.getpid()}, on SIGUSR2\n", text)
        self.assertIn("running now:\n", text)
        self.assertIn("in test_printed\n", text)
        self.assertIn("ClientAPI", text)
        self.assertNotIn("\x1b", text)

    def test_waiting(self) -> None:
        """Of a reactor that waits for something to do, no stack is shown."""
        main = threading.get_ident()

        def take(reactor: Any) -> Snapshot:
            reactor.wakeUp()
            return self.take(reactor)

        def send() -> None:
            while not is_waiting(sys._current_frames()[main]):
                pass
            signal.pthread_kill(main, NUMBER)

        with fresh("select") as reactor:
            self.reactor = reactor
            self.started(take=take)
            sender = threading.Thread(target=send)
            sender.start()

            reactor.doIteration(30)
            sender.join()

        text = self.printed()
        self.assertIn("ClientAPI", text)
        self.assertNotIn("running now", text)

    def test_broken(self) -> None:
        """Without a picture there is the reason; the program goes on."""
        self.started(take=lambda _: 1 / 0)

        signal.raise_signal(NUMBER)

        self.assertIn("no picture:\nTraceback", self.printed())

    def test_twice(self) -> None:
        """A signal that comes while the picture is drawn is one too many."""

        def take(reactor: Any) -> Snapshot:
            signal.raise_signal(NUMBER)
            return self.take(reactor)

        self.started(take=take)

        signal.raise_signal(NUMBER)

        self.assertEqual(self.printed().count("on SIGUSR2"), 1)
        self.assertEqual(len(self.looked), 1)


class ThreadTests(PictureCase):
    """A reactor in another thread than the main one, which gets the signals."""

    def setUp(self) -> None:
        """One that runs there."""
        super().setUp()
        self.patch(threadable, "ioThread", None)
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.reactor = stack.enter_context(fresh("select"))
        self.thread = threading.Thread(
            target=self.reactor.run, kwargs={"installSignalHandlers": False}
        )
        running = threading.Event()
        self.reactor.callWhenRunning(running.set)
        self.thread.start()
        running.wait()

    def end(self) -> None:
        """Stop it."""
        self.reactor.callFromThread(self.reactor.stop)
        self.thread.join()

    def test_elsewhere(self) -> None:
        """The reactor's thread draws the picture."""
        self.patch(signals, "PATIENCE", 1000)
        self.started()

        signal.raise_signal(NUMBER)
        self.printed_until("ClientAPI")
        self.end()

        self.assertEqual(self.looked, [(self.reactor, self.thread.ident)])

    def test_blocked(self) -> None:
        """If that one is blocked, it is drawn all the same, with what is run there."""
        self.patch(signals, "PATIENCE", 0.01)
        blocked, go_on = threading.Event(), threading.Event()

        def block() -> None:
            blocked.set()
            go_on.wait()

        self.reactor.callFromThread(block)
        blocked.wait()
        self.started()

        signal.raise_signal(NUMBER)
        text = self.printed_until("ClientAPI")
        go_on.set()
        self.end()

        self.assertIn("running now:\n", text)
        self.assertIn("in block\n", text)
        self.assertEqual(len(self.looked), 1)

    def test_stopped(self) -> None:
        """Once it has stopped, whoever gets the signal draws."""
        self.started()
        self.end()

        signal.raise_signal(NUMBER)

        self.assertEqual(self.looked, [(self.reactor, threading.get_ident())])


class DaemonTests(PictureCase):
    """Without a standard error."""

    def setUp(self) -> None:
        """What is printed is thrown away; there is a file instead."""
        super().setUp()
        null = os.open(os.devnull, os.O_WRONLY)
        self.addCleanup(os.close, null)
        self.patch(signals, "STDERR", null)
        self.file = folder(self) / "1.txt"

    def test_file(self) -> None:
        """The file gets it, is for the user alone, and goes in the end."""
        picture = self.started(file=lambda: self.file)

        signal.raise_signal(NUMBER)
        signal.raise_signal(NUMBER)

        self.assertEqual(self.file.read_text().count("on SIGUSR2"), 1)
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        picture.stop()
        self.assertFalse(self.file.exists())

    def test_link(self) -> None:
        """A link that somebody has put there is not followed."""
        target = self.file.with_suffix(".target")
        target.write_text("")
        self.file.symlink_to(target)
        self.started(file=lambda: self.file)

        signal.raise_signal(NUMBER)

        self.assertEqual(target.read_text(), "")

    def test_nowhere(self) -> None:
        """Without a file it is lost; no harm is done."""
        self.started()

        signal.raise_signal(NUMBER)

        self.assertEqual(len(self.looked), 1)

    def test_closed(self) -> None:
        """A descriptor that is closed is as good as none."""
        self.patch(signals, "STDERR", 1 << 20)
        self.started(file=lambda: self.file)

        signal.raise_signal(NUMBER)

        self.assertIn("ClientAPI", self.file.read_text())


class WriteTests(PictureCase):
    """Output that does not go all at once."""

    def test_all(self) -> None:
        """All of it is written, as fast as it is read."""
        self.patch(signals, "PATIENCE", 1000)
        os.set_blocking(signals.STDERR, False)
        size = 0

        def read() -> None:
            nonlocal size
            while size < len(LONG):
                size += len(os.read(self.out, 1 << 16))

        reader = threading.Thread(target=read)
        reader.start()
        write_out(signals.STDERR, LONG)
        reader.join()

        self.assertEqual(size, len(LONG))

    def test_stuck(self) -> None:
        """If nobody reads, the rest is given up: the program has to go on."""
        self.patch(signals, "PATIENCE", 0.01)
        os.set_blocking(signals.STDERR, False)

        write_out(signals.STDERR, LONG)

        self.assertTrue(0 < len(self.printed()) < len(LONG))

    def test_gone(self) -> None:
        """If there is no reader any more, that is all."""
        out, into = os.pipe()
        self.addCleanup(os.close, into)
        os.close(out)
        write, tried = os.write, []

        def trying(descriptor: int, data: bytes) -> int:
            tried.append((descriptor, len(data)))
            return write(descriptor, data)

        self.patch(os, "write", trying)
        write_out(into, LONG)

        self.assertEqual(tried, [(into, len(LONG))])


def _in_thread(do: Callable[[], object]) -> None:
    thread = threading.Thread(target=do)
    thread.start()
    thread.join()
