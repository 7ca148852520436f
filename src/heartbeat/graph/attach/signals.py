"""A signal that makes the program print what its reactor does.

The picture is drawn inside the signal handler, so it comes while the reactor is
blocked as well, together with what is being run. It goes to descriptor 2 and not to
``sys.stderr``, of which ``twistd`` makes lines of the log. A daemon has nothing there
but ``/dev/null``; it writes into a file.

What runs C code and never returns to Python is not interrupted.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import stat
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any, Final

from twisted.python import threadable

from heartbeat.graph.attach.stacks import is_waiting, stack_of
from heartbeat.graph.attach.taking import take

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

    from heartbeat.graph.model import Snapshot

__all__ = ["SignalPicture", "write_out"]

STDERR: Final = 2

PATIENCE: Final = 1.0
"""Seconds for a reactor in another thread to draw the picture itself, and for whatever
reads our output to take it."""


class SignalPicture:
    """Prints the picture of *reactor* whenever the signal comes, once started.

    Args:
        reactor: What is drawn.
        number: The signal.
        file: Where a daemon writes; it is overwritten each time, and removed by
            `stop`. None for nowhere.
        take: How a snapshot is taken.
    """

    def __init__(
        self,
        reactor: Any,
        number: int = signal.SIGUSR2,
        file: Callable[[], Path | None] = lambda: None,
        take: Callable[[Any], Snapshot] = take,
    ) -> None:
        self._reactor = reactor
        self._number = number
        self._file = file
        self._take = take
        self._written: Path | None = None
        self._drawing = threading.Lock()
        # One object: Python makes a new bound method each time.
        self._handler = self._handle
        self._started = False

    @property
    def name(self) -> str:
        """``SIGUSR2``."""
        return signal.Signals(self._number).name

    def start(self) -> str:
        """Listen to the signal; returns why that is impossible, or nothing.

        A handler that the program has set stays, whatever it is.
        """
        if self._started:
            return ""
        if signal.getsignal(self._number) is not signal.SIG_DFL:
            return f"{self.name} prints nothing: it has a handler already, which stays"
        if threading.current_thread() is not threading.main_thread():
            return f"{self.name} prints nothing: only the main thread can install that"
        signal.signal(self._number, self._handler)
        self._started = True
        return ""

    def stop(self) -> None:
        """Stop listening, unless the program has set a handler of its own since.

        In any other thread than the main one the signal is ignored from now on.
        """
        if not self._started:
            return
        self._started = False
        if (
            signal.getsignal(self._number) is self._handler
            and threading.current_thread() is threading.main_thread()
        ):
            signal.signal(self._number, signal.SIG_DFL)
        if self._written is not None:
            self._written.unlink(missing_ok=True)

    def _handle(self, _number: int, frame: FrameType | None) -> None:
        if not self._started:
            return
        thread = threadable.ioThread
        main = threading.main_thread().ident
        if getattr(self._reactor, "running", False) and thread not in {None, main}:
            self._print_elsewhere(thread)
        else:
            self._print(frame)

    def _print_elsewhere(self, thread: int) -> None:
        """In the reactor's thread; if that does not come to it, in one of our own."""
        claim = threading.Semaphore(1)
        done = threading.Event()

        def there() -> None:
            if claim.acquire(blocking=False):
                self._print(None)
                done.set()

        def instead() -> None:
            if not done.wait(PATIENCE) and claim.acquire(blocking=False):
                self._print(sys._current_frames().get(thread))  # noqa: SLF001

        self._reactor.callFromThread(there)
        threading.Thread(target=instead, daemon=True).start()

    def _print(self, frame: FrameType | None) -> None:
        # A second signal while the picture is drawn is one too many.
        if not self._drawing.acquire(blocking=False):
            return
        try:
            self._write(self._text(frame))
        finally:
            self._drawing.release()

    def _text(self, frame: FrameType | None) -> str:
        parts = [f"heartbeat: process {os.getpid()}, on {self.name}\n"]
        if frame is not None and not is_waiting(frame):
            parts += ["running now:\n", stack_of(frame)]
        try:
            from heartbeat.graph.pictures.text import to_text  # noqa: PLC0415 - not at import

            parts.append(to_text(self._take(self._reactor), color=os.isatty(STDERR)))
        except Exception:  # noqa: BLE001 - the program was interrupted, and goes on
            parts.append(f"no picture:\n{traceback.format_exc()}")
        return "".join(parts)

    def _write(self, text: str) -> None:
        data = text.encode(errors="backslashreplace")
        path = self._file() if _is_null(STDERR) else None
        if path is None:
            write_out(STDERR, data)
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        try:
            descriptor = os.open(path, flags, 0o600)
        except OSError:
            # There is nobody to tell.
            return
        self._written = path
        write_out(descriptor, data)
        os.close(descriptor)


def write_out(descriptor: int, data: bytes) -> None:
    """Write all of *data*, or as much as is taken within `PATIENCE`."""
    deadline = time.monotonic() + PATIENCE
    with contextlib.suppress(OSError):
        while data := data[_write(descriptor, data) :]:
            if time.monotonic() > deadline:
                return


def _write(descriptor: int, data: bytes) -> int:
    """How many bytes were taken; none after a while without any."""
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        select.select([], [descriptor], [], PATIENCE)
        return 0


def _is_null(descriptor: int) -> bool:
    """Whether everything written there is thrown away."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        # It is closed.
        return True
    null = os.stat(os.devnull)  # noqa: PTH116 - as the one above
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == null.st_rdev
