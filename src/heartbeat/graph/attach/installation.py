"""One line that lets others look into a running program.

Nothing runs until somebody asks: there is no timer and no thread, only a signal handler
and a UNIX socket that the reactor watches while it runs.
"""

from __future__ import annotations

import atexit
import importlib
import os
from signal import SIGUSR2
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IReactorFDSet, IReactorSocket
from twisted.python import threadable

from heartbeat.events import emit, report
from heartbeat.graph.attach.announce import PRINTED, SUFFIX, AnnouncementError, home
from heartbeat.graph.attach.control import Listener
from heartbeat.graph.attach.desk import Desk
from heartbeat.graph.attach.signals import STDERR, SignalPicture, write_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Installation", "install"]

_installed: dict[int, Installation] = {}
"""By the id() of the reactor, which the installation keeps alive."""


def install(
    reactor: Any = None,
    *,
    signal: int | None = SIGUSR2,
    socket: bool = True,
    track: bool = False,
    web: bool = False,
) -> Installation:
    """Let others look into this program, from now on until the reactor stops.

    Once is enough; again for the same reactor adds what was not asked for before, and
    takes nothing away. From another thread than the main one there is no signal, for
    Python does not allow it.

    Args:
        reactor: Which; None for the global one, which is installed if it is not yet.
        signal: Prints the picture, unless the program has a handler for it; None for
            none. See `heartbeat.graph.attach.signals`.
        socket: Whether to answer the ``heartbeat`` command, on a socket that only the
            same user can use. See `heartbeat.graph.attach.announce`.
        track: Whether to note where each call is made, from now on; it costs a few
            microseconds a call. See `heartbeat.graph.tracking.tracker`.
        web: Whether to open the live page and print its address, once the reactor
            runs. ``heartbeat web`` can do that later.
    """
    if reactor is None:
        from twisted.internet import reactor as chosen  # noqa: PLC0415, TID251

        reactor = chosen
    found = _installed.get(id(reactor))
    if found is None:
        found = _installed[id(reactor)] = Installation(reactor)
    found.add(signal=signal, socket=socket, track=track, web=web)
    return found


class Installation:
    """What `install` has set up for a reactor.

    Attributes:
        reactor: Which.
        notes: What could not be set up, and why; a sentence each.
    """

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self.notes: list[str] = []
        self._desk = Desk(reactor)
        self._signal: SignalPicture | None = None
        self._socket: Listener | None = None
        self._wanted: set[str] = set()
        self._tracker: Any = None
        self._trigger: Any = None
        if hasattr(reactor, "addSystemEventTrigger"):
            # After, for a program that does not end is one to look into.
            self._trigger = reactor.addSystemEventTrigger(
                "after", "shutdown", self._stopped
            )
        atexit.register(self.uninstall)

    @property
    def path(self) -> Path | None:
        """The socket, while there is one."""
        return None if self._socket is None else self._socket.path

    def add(self, *, signal: int | None, socket: bool, track: bool, web: bool) -> None:
        """Set up what is asked for and not there yet; see `install`."""
        self._once("picture", self._prepare)
        if signal is not None and self._signal is None:
            self._listen_to(signal)
        if track and self._tracker is None:
            self._track()
        if socket:
            self._once("socket", self._announce)
        if web:
            self._once("live page", self._open_page)

    def uninstall(self) -> None:
        """Take it all back; nothing is left. Again does nothing."""
        if _installed.get(id(self.reactor)) is not self:
            return
        del _installed[id(self.reactor)]
        atexit.unregister(self.uninstall)
        if self._trigger is not None:
            self.reactor.removeSystemEventTrigger(self._trigger)
        if self._signal is not None:
            self._signal.stop()
        if self._socket is not None:
            self._socket.close()
        if self._tracker is not None:
            self._tracker.stop()
        self._desk.close()

    def _stopped(self) -> None:
        self._trigger = None
        self.uninstall()

    def _once(self, what: str, begin: Callable[[], None]) -> None:
        """Do it when the reactor runs, and in its thread.

        Not before: a daemon forks just before its reactor runs.
        """
        if what in self._wanted:
            return
        self._wanted.add(what)
        if not hasattr(self.reactor, "callWhenRunning"):
            self._note(f"no {what}: {type(self.reactor).__name__} never runs")
        elif self.reactor.running and not threadable.isInIOThread():
            self.reactor.callFromThread(self._if_installed, begin)
        else:
            self.reactor.callWhenRunning(self._if_installed, begin)

    def _if_installed(self, begin: Callable[[], None]) -> None:
        if _installed.get(id(self.reactor)) is self:
            begin()

    def _prepare(self) -> None:
        """Import what a picture needs, while there are descriptors to do so."""
        for module in ("survey", "pictures.text", "pictures.codec"):
            importlib.import_module(f"heartbeat.graph.{module}")

    def _listen_to(self, number: int) -> None:
        self._signal = SignalPicture(self.reactor, number, self._printed)
        refused = self._signal.start()
        if refused:
            self._note(refused)

    def _printed(self) -> Path | None:
        """Where a daemon prints."""
        return self.path and self.path.with_suffix(PRINTED)

    def _announce(self) -> None:
        if not _can_listen(self.reactor):
            self._note("no socket: the reactor cannot watch one")
            return
        try:
            path = home() / f"{os.getpid()}{SUFFIX}"
            self._socket = Listener(self.reactor, path, self._desk.answer)
        except AnnouncementError as error:
            self._note(str(error))

    def _track(self) -> None:
        from heartbeat.graph.tracking.tracker import Tracker, tracking  # noqa: PLC0415 - rare

        if tracking(self.reactor) is None:
            self._tracker = Tracker(self.reactor)
            self._tracker.start()

    def _open_page(self) -> None:
        opened = self._desk.page()
        opened.addCallback(_print_address)
        opened.addErrback(lambda failure: report("no live page", failure))

    def _note(self, sentence: str) -> None:
        self.notes.append(sentence)
        emit("graph_limited", level="warning", because=sentence)


def _can_listen(reactor: Any) -> bool:
    return bool(
        IReactorFDSet.providedBy(reactor) and IReactorSocket.providedBy(reactor)
    )


def _print_address(url: str) -> None:
    write_out(STDERR, f"heartbeat: live page at {url}\n".encode())
