"""What a reactor watches."""

from __future__ import annotations

import os
import sys
from typing import Any
from unittest import skipIf

from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.endpoints.watching import Watching
from heartbeat.wheel import Check, wheel_of
from tests.graph.linked import linked
from tests.reactors import REACTORS, fresh


class Reader:
    """A descriptor that is nobody's but the reactor's."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def logPrefix(self) -> str:
        return ""

    def doRead(self) -> None:
        """Nothing."""

    def connectionLost(self, reason: object) -> None:
        """Nothing."""


class Hashed(Reader):
    """One with a hash of its own."""

    def __hash__(self) -> int:
        return 7

    def __eq__(self, other: object) -> bool:
        return self is other


class WatchingTests(SynchronousTestCase):
    """Every reactor."""

    def test_reactors(self) -> None:
        """What is watched for reading and for writing, and as which descriptor."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor, linked(reactor) as link:
                transport, fd = link.client.transport, link.client.transport.fileno()
                watching = Watching(reactor)

                self.assertEqual(
                    set(map(id, watching.things)),
                    {id(link.port), id(link.server.transport), id(transport)},
                )
                self.assertTrue(watching.reads(transport, fd))
                self.assertFalse(watching.writes(transport, fd))
                self.assertIn(watching.fd(transport), (fd, None))
                self.assertIn(fd if watching.descriptors() else None, {fd, None})
                self.assertEqual(watching.notes, [])

    def test_now(self) -> None:
        """It is asked for what is so now, not for what was so at first."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor, linked(reactor) as link:
                transport, fd = link.client.transport, link.client.transport.fileno()
                watching = Watching(reactor)
                transport.stopReading()
                transport.startWriting()

                self.assertFalse(watching.reads(transport, fd))
                self.assertTrue(watching.writes(transport, fd))

    def test_unknown_number(self) -> None:
        """Whose descriptor is not known, is looked up in what was listed."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                one, other = os.pipe()
                reader: Any = Reader(one)
                reactor.addReader(reader)
                watching = Watching(reactor)

                self.assertTrue(watching.reads(reader, None))
                self.assertFalse(watching.writes(reader, None))
                reactor.removeReader(reader)
                os.close(one)
                os.close(other)

    def test_hashed(self) -> None:
        """A hash of the program's is not asked for."""
        with fresh("select") as reactor:
            one, other = os.pipe()
            reader: Any = Hashed(one)
            reactor.addReader(reader)
            watching = Watching(reactor)

            self.assertTrue(watching.reads(reader, one))
            reactor.removeReader(reader)
            os.close(one)
            os.close(other)

    def test_file(self) -> None:
        """Files that epoll does not take are polled, and count as watched."""
        for name in ("epoll", "asyncio"):
            path = self.mktemp()
            with (
                self.subTest(name),
                fresh(name) as reactor,
                open(path, "w+") as file,  # noqa: PTH123 - a descriptor is wanted
            ):
                reader: Any = Reader(file.fileno())
                reactor.addReader(reader)
                watching = Watching(reactor)

                self.assertTrue(watching.reads(reader, file.fileno()))
                self.assertEqual(watching.things, [reader])
                reactor.removeReader(reader)

    @skipIf(sys.platform != "linux", "the timer is a timed call there")
    def test_own(self) -> None:
        """The shared timer of this package is not anybody's endpoint."""
        with fresh("epoll") as reactor:
            check = Check()
            wheel = wheel_of(reactor)
            wheel.schedule(check, wheel.now() + 60)

            self.assertEqual(Watching(reactor).things, [])
            wheel.cancel(check)

    def test_clocks(self) -> None:
        """Clocks watch nothing; a fake reactor what it was given."""
        reactor = MemoryReactorClock()
        reader = Reader(-1)
        reactor.addReader(reader)
        watching = Watching(reactor)

        self.assertEqual(watching.things, [reader])
        self.assertTrue(watching.reads(reader, None))
        self.assertEqual(Watching(Clock()).things, [])
        self.assertEqual(Watching(Clock()).own_sockets(), set())

    def test_raises(self) -> None:
        """A reactor that does not tell is noted."""

        class Broken(Clock):
            def getReaders(self) -> Any:  # noqa: N802 - Twisted's
                raise ValueError("broken")

        watching = Watching(Broken())

        self.assertEqual(watching.things, [])
        self.assertEqual(
            watching.notes, ["getReaders() of the reactor raised ValueError."]
        )

    def test_own_sockets(self) -> None:
        """The event loop of asyncio has two sockets to wake it."""
        with fresh("asyncio") as reactor:
            self.assertEqual(len(Watching(reactor).own_sockets()), 2)
