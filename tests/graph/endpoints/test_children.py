"""Child processes, standard input and output."""

from __future__ import annotations

import os
import sys
from typing import Any
from unittest import skipIf

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import ProcessProtocol, Protocol
from twisted.internet.stdio import StandardIO
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from heartbeat.graph.endpoints.census import Census
from heartbeat.graph.model import Endpoint, Kind, State
from tests.connections import until
from tests.graph.endpoints.test_connections import Produces
from tests.reactors import REACTORS, fresh

CAT = [sys.executable, "-c", "import sys; sys.stdin.read()"]
"""Ends when its input does."""


class Child(ProcessProtocol):
    """Knows whether its process is over."""

    over = False
    exited = False

    def processExited(self, reason: object) -> None:  # noqa: N802
        """Take note."""
        self.exited = True

    def processEnded(self, reason: object) -> None:  # noqa: N802
        """Take note."""
        self.over = True


@implementer(IHalfCloseableProtocol)
class Halves(Protocol):
    """Goes on when one direction is closed."""

    def readConnectionLost(self) -> None:
        """Nothing."""

    def writeConnectionLost(self) -> None:
        """Nothing."""


def met(reactor: object, thing: object) -> Endpoint:
    """What a census says of *thing*, and of nothing else."""
    census = Census(reactor)
    census.begin()
    for _ in census.steps():
        pass
    end = census.endpoint_of(thing)
    count = len(census.endpoints)
    census.close()
    assert end is not None
    assert count == 1, count
    return end


def spawned(reactor: Any, child: Child, *args: Any, **kwargs: Any) -> Any:
    """A process of *reactor*'s."""
    return reactor.spawnProcess(child, *args, **kwargs)


def reaped(reactor: Any, child: Child) -> None:
    """Wait for the end of a process, whose signal this reactor does not handle."""
    transport: Any = child.transport

    def is_over() -> bool:
        if transport.pid is not None:
            transport.reapProcess()
        return child.over

    until(reactor, is_over)


@skipIf(sys.platform == "win32", "another kind of process")
class ProcessTests(SynchronousTestCase):
    """Child processes."""

    def test_running(self) -> None:
        """One endpoint for all pipes of a process, on every reactor."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                child = Child()
                process: Any = spawned(reactor, child, CAT[0], CAT, None)
                running = met(reactor, child)
                process.pauseProducing()
                process.write(b"abc")
                process.registerProducer(Produces(), True)
                paused = met(reactor, process)
                process.unregisterProducer()
                process.resumeProducing()
                process.closeStdin()
                reaped(reactor, child)
                over = met(reactor, child)

                self.assertEqual(
                    (running.kind, running.state), (Kind.PROCESS, State.CONNECTED)
                )
                self.assertEqual(running.protocol, f"{__name__}.Child")
                self.assertEqual(running.layers, ("twisted.internet.process.Process",))
                self.assertTrue(running.reading)
                self.assertIn(
                    f"(pid {over.peer or running.peer.split()[-1][:-1]})", running.peer
                )
                self.assertEqual((paused.paused, paused.buffered), (True, 3))
                self.assertEqual(
                    paused.producer, "tests.graph.endpoints.test_connections.Produces"
                )
                self.assertEqual((over.state, over.peer), (State.DISCONNECTED, ""))

    def test_pipes_left(self) -> None:
        """A process that has ended while somebody has its pipes."""
        with fresh("epoll") as reactor:
            one, other = os.pipe()
            child = Child()
            code = "import subprocess, sys; subprocess.Popen(sys.argv[1:], stdin=0)"
            argv = [sys.executable, "-c", code, *CAT]
            fds = {0: one, 1: "r", 2: 2}
            process: Any = spawned(reactor, child, argv[0], argv, None, childFDs=fds)
            os.close(one)

            def exited() -> bool:
                if not child.exited:
                    process.reapProcess()
                return child.exited

            until(reactor, exited)
            left = met(reactor, child)
            process.loseConnection()
            until(reactor, lambda: child.over)
            os.close(other)

        self.assertIs(left.state, State.CLOSING)

    def test_terminal(self) -> None:
        """A process with a terminal."""
        with fresh("epoll") as reactor:
            child = Child()
            process: Any = spawned(reactor, child, CAT[0], CAT, None, usePTY=True)
            running = met(reactor, child)
            process.loseConnection()
            closing = met(reactor, child)
            process.signalProcess("KILL")
            reaped(reactor, child)
            over = met(reactor, child)

        self.assertEqual((running.kind, running.state), (Kind.PROCESS, State.CONNECTED))
        self.assertTrue(running.reading)
        self.assertIsNotNone(running.fd)
        self.assertIs(closing.state, State.CLOSING)
        self.assertEqual((over.state, over.fd), (State.DISCONNECTED, None))

    def test_nameless(self) -> None:
        """Where the system does not tell what a process runs, its number is told."""
        with fresh("epoll") as reactor:
            child = Child()
            process: Any = spawned(reactor, child, CAT[0], CAT, None)
            pid, process.pid = process.pid, 2**22 + 1
            end = met(reactor, child)
            process.pid = pid
            process.closeStdin()
            reaped(reactor, child)

        self.assertEqual(end.peer, f"(pid {2**22 + 1})")


@skipIf(sys.platform == "win32", "another kind of standard input")
class StdioTests(SynchronousTestCase):
    """Standard input and output."""

    def test_stdio(self) -> None:
        """Open, half closed, closing, closed."""
        ours, theirs = os.pipe()
        reads, writes = os.pipe()
        with fresh("epoll") as reactor:
            protocol = Halves()
            make: Any = StandardIO
            stdio = make(protocol, ours, writes, reactor=reactor)
            opened = met(reactor, protocol)
            os.close(theirs)
            until(reactor, lambda: stdio._reader is None)
            half = met(reactor, stdio)
            protocol.transport.loseConnection()  # type: ignore[union-attr]
            closing = met(reactor, stdio)
            until(reactor, lambda: stdio.disconnected)
            over = met(reactor, protocol)
        os.close(reads)

        self.assertEqual((opened.kind, opened.state), (Kind.STDIO, State.CONNECTED))
        self.assertEqual((opened.id[0], opened.reading), ("s", True))
        self.assertEqual(opened.protocol, f"{__name__}.Halves")
        self.assertIs(half.state, State.HALF_CLOSED)
        self.assertIs(closing.state, State.CLOSING)
        self.assertIs(over.state, State.DISCONNECTED)
