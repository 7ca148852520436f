"""The process around the reactor."""

from __future__ import annotations

import os
import socket
import sys
import threading
from importlib import metadata
from typing import Any
from unittest import skipIf

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.endpoints import surroundings
from heartbeat.graph.endpoints.surroundings import (
    process_of,
    threads_of,
    unowned_sockets,
)
from heartbeat.graph.model import Threads
from tests.reactors import REACTORS, fresh


class ProcessTests(SynchronousTestCase):
    """Who and where."""

    def test_process(self) -> None:
        """Numbers, names and versions."""
        with fresh("epoll") as reactor:
            process = process_of(reactor)

        self.assertEqual(process.pid, os.getpid())
        self.assertEqual(process.reactor, "twisted.internet.epollreactor.EPollReactor")
        self.assertFalse(process.running)
        self.assertEqual(process.twisted, metadata.version("twisted"))
        self.assertNotIn("/", process.program)

    def test_no_program(self) -> None:
        """A Python that was started by another program has no arguments."""
        self.patch(sys, "argv", [])

        self.assertEqual(process_of(Clock()).program, "")

    def test_not_installed(self) -> None:
        """Run from its source, the version is not known."""

        def version(_: str) -> str:
            raise metadata.PackageNotFoundError

        self.addCleanup(surroundings._own_version.cache_clear)
        surroundings._own_version.cache_clear()
        self.patch(metadata, "version", version)

        self.assertEqual(process_of(Clock()).heartbeat, "unknown")


class ThreadTests(SynchronousTestCase):
    """The thread pool."""

    def test_none(self) -> None:
        """A pool that was never made."""
        self.assertEqual(threads_of(Clock()), Threads())

    def test_pool(self) -> None:
        """Threads that work, wait, and work that waits."""
        with fresh("epoll") as reactor:
            any_reactor: Any = reactor
            pool = any_reactor.getThreadPool()
            pool.adjustPoolsize(1, 1)
            pool.start()
            begun, go_on = threading.Event(), threading.Event()

            def work() -> None:
                begun.set()
                go_on.wait(30)

            for _ in range(3):
                pool.callInThread(work)
            begun.wait(30)
            threads = threads_of(reactor)
            go_on.set()
            pool.stop()

        self.assertEqual((threads.limit, threads.busy), (1, 1))
        self.assertEqual((threads.idle, threads.queued), (0, 2))

    def test_calls(self) -> None:
        """Calls that other threads asked for, on every reactor."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                before = threads_of(reactor).from_threads
                reactor.callFromThread(int)
                reactor.callFromThread(int)

                self.assertEqual((before, threads_of(reactor).from_threads), (0, 2))
                reactor.iterate(0)
                reactor.iterate(0)
                self.assertEqual(threads_of(reactor).from_threads, 0)


class SocketTests(SynchronousTestCase):
    """Sockets that belong to nobody."""

    @skipIf(sys.platform != "linux", "only Linux tells")
    def test_counted(self) -> None:
        """Those that are not owned; files and pipes do not count."""
        before = sum(unowned_sockets(set()) or ())
        pipe = os.pipe()
        with socket.socket() as one, socket.socket():
            self.assertEqual(sum(unowned_sockets(set()) or ()), before + 2)
            found = unowned_sockets({one.fileno()}) or ()
            self.assertEqual(sum(found), before + 1)
        for fd in pipe:
            os.close(fd)

    def test_unknown(self) -> None:
        """Other systems do not tell."""
        self.patch(surroundings, "_OPEN", "/nowhere")

        self.assertIsNone(unowned_sockets(set()))
