"""The socket on which a program answers the ``heartbeat`` command."""

from __future__ import annotations

import errno
import os
import socket
import struct
import weakref
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.protocol import Factory
from zope.interface import implementer

from heartbeat.graph.attach.announce import bind
from heartbeat.graph.attach.conversation import Conversation
from heartbeat.graph.attach.language import refusal
from heartbeat.graph.endpoints import _twisted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress, IDelayedCall
    from twisted.python.failure import Failure

__all__ = ["Listener", "abandon_all"]

MOST: Final = 8
"""Clients at a time."""

PAUSE: Final = 1.0
"""Seconds without accepting anybody, once the process is out of descriptors."""

PEER_CREDENTIALS: Final[int | None] = getattr(socket, "SO_PEERCRED", None)
"""The option of a socket that says who is at the other end, where there is one."""

_EXHAUSTED: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

_listeners: weakref.WeakSet[Listener] = weakref.WeakSet()


@implementer(IReadDescriptor)
class Listener:
    """Accepts clients of the same user, at *path*, until it is closed.

    To the reactor it is a part of the reactor: ``removeAll`` leaves it alone, and trial
    does not find it left behind by a test.

    Args:
        reactor: What it is watched by.
        path: Where; see `heartbeat.graph.attach.announce.bind`.
        answer: Makes the lines of the answer to a question.
    """

    def __init__(
        self,
        reactor: Any,
        path: Path,
        answer: Callable[[str], Deferred[Iterator[bytes]]],
    ) -> None:
        self.path = path
        self._reactor = reactor
        self._answer = answer
        self._pid = os.getpid()
        self._clients: set[Conversation] = set()
        self._pause: IDelayedCall | None = None
        self._socket = bind(path)
        _twisted.internal_readers(reactor).add(self)
        reactor.addReader(self)
        _listeners.add(self)

    def fileno(self) -> int:
        """The descriptor that is watched; -1 once closed."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """For the log."""
        return "heartbeat"

    def doRead(self) -> None:
        """Somebody has connected."""
        try:
            client, _ = self._socket.accept()
        except OSError as error:
            if error.errno in _EXHAUSTED:
                self._hold()
            return
        with client:
            self._receive(client)

    def connectionLost(self, reason: Failure) -> None:  # noqa: ARG002
        """The reactor does not watch it any more."""
        self.close()

    def close(self) -> None:
        """Clients are sent away, and the file is removed. Closing again does nothing.

        In a child process nothing happens: all of it belongs to the parent.
        """
        if self._socket.fileno() == -1 or os.getpid() != self._pid:
            return
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        _listeners.discard(self)
        _twisted.internal_readers(self._reactor).discard(self)
        self._reactor.removeReader(self)
        self._socket.close()
        self.path.unlink(missing_ok=True)
        for client in list(self._clients):
            client.end()

    def abandon(self) -> None:
        """Close our copy of the socket, in a child process: the parent answers.

        Not to be told to the reactor, whose epoll instance is the parent's as well.
        """
        self._socket.close()

    def buildProtocol(self) -> Conversation:
        """What talks to the next client."""
        client = Conversation(self._reactor, self._answer, self._clients.discard)
        self._clients.add(client)
        return client

    def _receive(self, client: socket.socket) -> None:
        client.setblocking(False)
        trouble = self._trouble_with(client)
        if trouble:
            try:
                client.send(refusal(trouble))
            except OSError:
                return
        else:
            factory = _Factory(self)
            self._reactor.adoptStreamConnection(
                client.fileno(), socket.AF_UNIX, factory
            )

    def _trouble_with(self, client: socket.socket) -> str:
        """Why it is not heard, or nothing."""
        uid = _user_of(client)
        if uid not in {None, os.geteuid()}:
            return f"this process does not answer the user {uid}"
        if len(self._clients) >= MOST:
            return f"{MOST} others are asking; try again"
        return ""

    def _hold(self) -> None:
        """Stop accepting for a moment: who waits would keep the reactor spinning."""
        self._reactor.removeReader(self)
        self._pause = self._reactor.callLater(PAUSE, self._go_on)

    def _go_on(self) -> None:
        self._pause = None
        self._reactor.addReader(self)


class _Factory(Factory):
    """For ``adoptStreamConnection``."""

    noisy = False

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def buildProtocol(self, addr: IAddress | None) -> Conversation:  # noqa: ARG002
        return self._listener.buildProtocol()


def abandon_all() -> None:
    """What a child process does at once, so that nobody takes it for its parent."""
    for listener in list(_listeners):
        listener.abandon()


def _user_of(client: socket.socket) -> int | None:
    """Who connected; None where the system does not say."""
    if PEER_CREDENTIALS is None:
        return None
    size = struct.calcsize("3i")
    data = client.getsockopt(socket.SOL_SOCKET, PEER_CREDENTIALS, size)
    _, uid, _ = struct.unpack("3i", data)
    return int(uid)


os.register_at_fork(after_in_child=abandon_all)
