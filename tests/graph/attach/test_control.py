"""The socket, on all reactors."""

from __future__ import annotations

import errno
import os
import socket
import stat
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.attach import control
from heartbeat.graph.attach.control import (
    MOST,
    PAUSE,
    Listener,
    abandon_all,
)
from heartbeat.graph.attach.language import question, refusal
from tests.graph.processes import closed_later, folder
from tests.reactors import REACTORS, fresh, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def echo(word: str) -> Deferred[Iterator[bytes]]:
    """An answer: the word."""
    return succeed(iter([word.encode() + b"\n"]))


def never(word: str) -> Deferred[Iterator[bytes]]:
    """No answer, ever."""
    return Deferred()


class ListenerCase(SynchronousTestCase):
    """A listener on a reactor that does not run, unless the test lets it."""

    def setUp(self) -> None:
        """Where to listen."""
        self.path = folder(self) / "1.sock"

    def listen(self, reactor: Any, answer: Any = echo) -> Listener:
        """Someone who answers, until the test is over."""
        listener = Listener(reactor, self.path, answer)
        self.addCleanup(listener.close)
        return listener

    def connect(self, said: bytes = b"") -> socket.socket:
        """A client that has said something, and never waits long."""
        client = closed_later(self, socket.socket(socket.AF_UNIX))
        client.settimeout(30)
        client.connect(str(self.path))
        client.sendall(said)
        return client

    def turn(self, reactor: Any, until: Callable[[], bool]) -> None:
        """Let the reactor work until something is so."""

        def look() -> None:
            if until():
                reactor.crash()
            else:
                reactor.callLater(0.001, look)

        look_soon = reactor.callLater(0, look)
        run(reactor)
        self.assertFalse(look_soon.active())


class TalkTests(ListenerCase):
    """Clients are answered."""

    def test_answer(self) -> None:
        """On every reactor: an answer, the end, and nothing is left."""
        for name in REACTORS:
            with fresh(name) as reactor:
                before = set(reactor.getReaders())
                listener = Listener(reactor, self.path, echo)
                client = self.connect(question("word"))
                client.setblocking(False)
                heard = bytearray()

                self.turn(reactor, partial(_has_ended, client, heard))

                self.assertEqual(bytes(heard), b"word\n", name)
                listener.close()
                self.assertEqual(set(reactor.getReaders()), before)
                self.assertEqual(reactor.getDelayedCalls(), [])
                self.assertFalse(self.path.exists())

    def test_private(self) -> None:
        """Only the user may connect."""
        with fresh("select") as reactor:
            self.listen(reactor)
            self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    def test_other_user(self) -> None:
        """Another one who could connect is not answered."""
        self.patch(os, "geteuid", lambda: 12345)
        with fresh("select") as reactor:
            listener = self.listen(reactor)
            client = self.connect()

            listener.doRead()

            self.assertIn(b"does not answer the user", client.recv(1000))
            self.assertEqual(client.recv(1000), b"")

    def test_unknown_user(self) -> None:
        """Where the system does not say who it is, the folder must do."""
        self.patch(control, "PEER_CREDENTIALS", None)
        with fresh("select") as reactor:
            listener = self.listen(reactor)
            client = self.connect(question("word"))
            listener.doRead()
            client.setblocking(False)
            heard = bytearray()
            self.turn(reactor, lambda: _has_ended(client, heard))

            self.assertEqual(bytes(heard), b"word\n")

    def test_crowd(self) -> None:
        """There is a limit to how many may ask at a time; others are told so."""
        with fresh("select") as reactor:
            listener = self.listen(reactor, never)
            clients = [self.connect() for _ in range(MOST)]
            for _ in clients:
                listener.doRead()
            another = self.connect()
            listener.doRead()

            expected = refusal(f"{MOST} others are asking; try again")
            self.assertEqual(another.recv(1000), expected)

            listener.close()
            self.turn(reactor, lambda: all(_is_over(client) for client in clients))

    def test_gone_at_once(self) -> None:
        """One that is gone before it is told so does no harm."""
        self.patch(control, "MOST", 0)
        with fresh("select") as reactor:
            listener = self.listen(reactor)
            self.connect().close()

            listener.doRead()
            listener.doRead()

            self.assertEqual(listener.logPrefix(), "heartbeat")


class ExhaustionTests(ListenerCase):
    """Out of descriptors."""

    def test_pause(self) -> None:
        """Nobody is accepted for a while, so that the reactor does not spin."""
        reactor = Watching()
        listener = self.listen(reactor)
        listener._socket = _Exhausted(listener._socket)  # type: ignore[assignment]

        listener.doRead()
        self.assertEqual(reactor.readers, [])
        reactor.advance(PAUSE)

        self.assertEqual(reactor.readers, [listener])

    def test_closed(self) -> None:
        """Closing in the meantime leaves no timer."""
        reactor = Watching()
        listener = self.listen(reactor)
        listener._hold()

        listener.close()

        self.assertEqual((reactor.getDelayedCalls(), reactor.readers), ([], []))


class EndTests(ListenerCase):
    """When it ends, and when it does not."""

    def test_remove_all(self) -> None:
        """It is a part of the reactor, which ``removeAll`` leaves alone."""
        with fresh("select") as reactor:
            listener = self.listen(reactor)

            self.assertEqual(reactor.removeAll(), [])

            self.assertIn(listener, reactor.getReaders())

    def test_connection_lost(self) -> None:
        """A reactor that gives it up closes it."""
        with fresh("select") as reactor:
            listener = self.listen(reactor)

            listener.connectionLost(Failure(ValueError()))

            self.assertEqual(listener.fileno(), -1)
            self.assertFalse(self.path.exists())
            listener.close()
            listener.doRead()

    def test_abandon(self) -> None:
        """A child lets go of the socket; the file and the reactor are the parent's."""
        with fresh("select") as reactor:
            listener = self.listen(reactor)

            abandon_all()
            listener.close()

            self.assertEqual(listener.fileno(), -1)
            self.assertTrue(self.path.exists())
            reactor.removeReader(listener)

    def test_fork(self) -> None:
        """In a child that was forked nothing listens, and closing removes nothing."""
        with fresh("select") as reactor:
            listener = self.listen(reactor)
            child = os.fork()
            if child == 0:  # pragma: no cover - the child does not report
                closed = listener.fileno() == -1
                listener.close()
                os._exit(0 if closed and self.path.exists() else 1)

            _, status = os.waitpid(child, 0)

            self.assertEqual(status, 0)
            self.assertNotEqual(listener.fileno(), -1)


class Watching(Clock):
    """A reactor that only notes what it is to watch."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: list[object] = []

    def addReader(self, reader: object) -> None:  # noqa: N802
        """It is watched."""
        self.readers.append(reader)

    def removeReader(self, reader: object) -> None:  # noqa: N802
        """It is not, any more."""
        if reader in self.readers:
            self.readers.remove(reader)


class _Exhausted:
    """A socket of a process that is out of descriptors."""

    def __init__(self, listening: socket.socket) -> None:
        self.fileno = listening.fileno
        self.close = listening.close

    def accept(self) -> None:
        raise OSError(errno.EMFILE, "too many")


def _has_ended(client: socket.socket, heard: bytearray) -> bool:
    """Read what there is; whether that was all."""
    try:
        data = client.recv(1 << 16)
    except BlockingIOError:
        return False
    heard += data
    return not data


def _is_over(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True
