"""The page on real reactors and sockets: opened, read, and closed without a trace."""

from __future__ import annotations

import contextlib
import gc
import http.client
import os
import socket
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.live.page import HOST, LivePage, serve
from tests.graph.live.made_up import Crowd, Story
from tests.graph.live.reader import Reader, plain
from tests.reactors import REACTORS, fresh, run

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from heartbeat.graph.model import Snapshot


def get(url: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    """An answer, read to the end unless it is a stream."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(str(where.netloc), timeout=20)
    target = where.path + (f"?{where.query}" if where.query else "")
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, target, headers=sent)
    answer = connection.getresponse()
    answer.connection = connection  # type: ignore[attr-defined]
    return answer


def read(url: str, **headers: str) -> tuple[int, bytes]:
    """Status and body."""
    answer = get(url, **headers)
    with contextlib.closing(answer.connection):  # type: ignore[attr-defined]
        return answer.status, answer.read()


def watch(url: str, versions: int) -> Reader:
    """What a page has after so many pictures."""
    answer = get(f"{url}events")
    reader = Reader()
    with contextlib.closing(answer.connection):  # type: ignore[attr-defined]
        while len(reader.versions) < versions:
            reader.feed(answer.read1(65536))
    return reader


class Case(SynchronousTestCase):
    """A page on a reactor of its own, and somebody who reads it in a thread."""

    def play(
        self,
        play: Callable[[Any, LivePage, Callable[..., Any]], Coroutine[Any, Any, None]],
        source: Any = None,
        reactor: str = "select",
    ) -> None:
        """Run the coroutine *play*, given the reactor, a page, and ``in_thread``."""
        with fresh(reactor) as real, pool() as threads:
            outcome: list[Any] = []

            def in_thread(
                f: Callable[..., Any], *args: Any, **kw: Any
            ) -> Deferred[Any]:
                return deferToThreadPool(real, threads, f, *args, **kw)

            async def all_of_it() -> None:
                before = real.getDelayedCalls()
                page = await serve(real, source=source or Story().source, share=1.0)
                try:
                    await play(real, page, in_thread)
                finally:
                    await page.close()
                self.assertEqual(real.getDelayedCalls(), before)

            def begin() -> None:
                done = Deferred.fromCoroutine(all_of_it())
                done.addBoth(outcome.append)
                done.addBoth(lambda _: real.stop())

            real.callWhenRunning(begin)
            run(real, 180)
        [failure] = outcome
        if failure is not None:
            failure.raiseException()


def descriptors() -> set[str]:
    """Those that are open."""
    return set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()  # noqa: PTH112, PTH208 - as short as it gets


@contextlib.contextmanager
def pool() -> Iterator[ThreadPool]:
    """Threads for those who block."""
    threads = ThreadPool(0, 4)
    threads.start()
    try:
        yield threads
    finally:
        threads.stop()


class PageTests(Case):
    def test_every_reactor(self) -> None:
        """The page, its files and its pictures arrive, whatever the reactor."""

        async def play(_: Any, page: LivePage, in_thread: Any) -> None:
            status, body = await in_thread(read, page.url)
            self.assertEqual(status, 200)
            self.assertIn(b"<!doctype html>", body)
            reader = await in_thread(watch, page.url, 2)
            self.assertIn("c1", reader.rows)
            status, body = await in_thread(read, f"{page.url}details?id=c1")
            self.assertIn(b"ESTABLISHED", body)

        for name in REACTORS:
            self.play(play, reactor=name)

    def test_loopback(self) -> None:
        """It listens on the loopback interface, and nowhere else."""

        async def play(reactor: Any, page: LivePage, _: Any) -> None:
            self.assertTrue(page.url.startswith(f"http://{HOST}:"))
            hosts = {
                r.getHost().host for r in reactor.getReaders() if hasattr(r, "port")
            }
            self.assertIn("127.0.0.1", hosts)
            self.assertNotIn("0.0.0.0", hosts)  # noqa: S104 - just so

        self.play(play)

    def test_refused(self) -> None:
        """Wrong token, wrong name, another site, another method, another path."""

        async def play(_: Any, page: LivePage, in_thread: Any) -> None:
            root = page.url[: page.url.index("/", 8)]
            for url, headers, status in (
                (f"{root}/", {}, 403),
                (f"{root}/{'x' * 43}/", {}, 403),
                (page.url, {"Host": "evil.example"}, 403),
                (f"{page.url}events", {"Origin": "http://evil.example"}, 403),
                (f"{page.url}events", {"Sec_Fetch_Site": "cross-site"}, 403),
                (page.url, {"method": "POST"}, 405),
                (f"{page.url}../../../etc/passwd", {}, 404),
                (f"{page.url}%2e%2e/page.py", {}, 404),
            ):
                self.assertEqual((await in_thread(read, url, **headers))[0], status)

        self.play(play)

    def test_unread(self) -> None:
        """A reader that does not read slows nobody down, and nothing piles up."""
        crowd = Crowd(2_000, 4_000, churn=0.2)
        crowd.took = 0.0

        async def play(reactor: Any, page: LivePage, in_thread: Any) -> None:
            where = urlsplit(page.url)
            with socket.socket() as stuck:
                # The kernels of both sides are to hold little of it.
                stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                await in_thread(stuck.connect, (HOST, where.port))
                await in_thread(read, page.url)
                for channel in page._site.channels:
                    transport: Any = channel.transport
                    handle = transport.getHandle()
                    handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
                asked = (
                    f"GET {where.path}events HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n"
                )
                stuck.sendall(asked.encode())
                reader = await in_thread(watch, page.url, 4)
                self.assertEqual(len(reader.rows), 6_004)
                writers = [w for w in reactor.getWriters() if page.is_own(w)]
                self.assertEqual(len(writers), 1)
                [unread] = writers
                self.assertLess(len(unread.dataBuffer) + unread._tempDataLen, 2**18)

        self.play(play, source=lambda: succeed(crowd.step()))

    def test_whole_crowd(self) -> None:
        """A big program arrives as it is."""
        crowd = Crowd(500, 900, churn=0.2)
        crowd.took = 0.0
        last: list[Snapshot] = []

        def source() -> Deferred[Snapshot]:
            last.append(crowd.step())
            return succeed(last[-1])

        async def play(_: Any, page: LivePage, in_thread: Any) -> None:
            reader = await in_thread(watch, page.url, 3)
            rows = page._site._recorder.album.picture.rows
            if reader.version == page._site._recorder.album.picture.version:
                self.assertEqual(reader.rows, plain(rows))
            self.assertGreater(len(reader.rows), 1_000)

        self.play(play, source=source)

    def test_default_source(self) -> None:
        """Without a source it shows the reactor."""
        with fresh("select") as reactor:
            page = open_page(self, reactor, source=None)
            source = page._site._recorder._source
            taken: list[Any] = []
            maybeDeferred(source).addBoth(taken.append).addBoth(
                lambda _: page.close()
            ).addBoth(lambda _: reactor.stop())
            run(reactor)
            self.assertEqual(taken[0].process.pid, os.getpid())


class CloseTests(Case):
    def test_trace(self) -> None:
        """Nothing is left: no descriptor, no timer, and none who watch hang."""
        story = Story()
        gc.collect()
        before = descriptors()

        async def play(_: Any, page: LivePage, in_thread: Any) -> None:
            connected = threading.Event()
            ended = in_thread(watch_to_the_end, page.url, connected)
            await in_thread(connected.wait, 20)
            await page.close()
            await ended

        self.play(play, source=story.source)
        gc.collect()
        self.assertEqual(descriptors(), before)

    def test_twice(self) -> None:
        """It may be closed again, while it closes and afterwards."""
        with fresh("select") as reactor:
            page = open_page(self, reactor)
            closed: list[None] = []
            page.close().addCallback(closed.append)
            page.close().addCallback(closed.append).addBoth(lambda _: reactor.stop())
            run(reactor)
            self.assertEqual(closed, [None, None])
            self.assertIsNone(self.successResultOf(page.close()))

    def test_taken(self) -> None:
        """A port that somebody else has is an error, and nothing is left."""
        with fresh("select") as reactor, socket.create_server((HOST, 0)) as other:
            port = other.getsockname()[1]
            self.failureResultOf(serve(reactor, port=port), CannotListenError)
            self.assertEqual(reactor.getDelayedCalls(), [])
        # Twisted 22.10 leaves the socket to the collector.
        gc.collect()
        self.flushWarnings()


class OwnTests(Case):
    """The page is not to see itself."""

    def test_own(self) -> None:
        """Its port, connections, clock and calls are its own."""

        async def play(reactor: Any, page: LivePage, in_thread: Any) -> None:
            connected = threading.Event()
            ended = in_thread(watch_to_the_end, page.url, connected)
            await in_thread(connected.wait, 20)
            own = [r for r in reactor.getReaders() if page.is_own(r)]
            self.assertEqual(len(own), 2)
            calls = [c for c in reactor.getDelayedCalls() if page.is_own(c)]
            self.assertEqual(len(calls), 1)
            self.assertTrue(page.is_own(page._clock.getDelayedCalls()[0]))
            [channel] = page._site.channels
            self.assertTrue(page.is_own(channel))
            self.assertTrue(page.is_own(page._site))
            for name in (type(channel), type(page._site)):
                self.assertTrue(name.__module__.startswith("heartbeat.graph.live."))
            await page.close()
            await ended

        self.play(play)

    def test_others(self) -> None:
        """Those of the program are not."""
        with fresh("select") as reactor:
            page = open_page(self, reactor)
            call = reactor.callLater(60, print)
            for thing in (call, reactor, Factory(), IPv4Address("TCP", "h", 1), None):
                self.assertFalse(page.is_own(thing))
            call.cancel()
            page.close().addBoth(lambda _: reactor.stop())
            run(reactor)


def open_page(case: SynchronousTestCase, reactor: Any, **more: Any) -> LivePage:
    """A page on a reactor that does not run yet."""
    page: LivePage = case.successResultOf(
        serve(reactor, **({"source": Story().source} | more))
    )
    return page


def watch_to_the_end(url: str, connected: threading.Event) -> None:
    """Read until the other side hangs up."""
    answer = get(f"{url}events")
    with contextlib.closing(answer.connection):  # type: ignore[attr-defined]
        answer.read1(10)
        connected.set()
        with contextlib.suppress(http.client.HTTPException, OSError):
            while answer.read1(65536):
                pass
