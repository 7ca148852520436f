"""HTTP: what can be asked for, by whom, and how much."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.live.guard import HEADERS
from heartbeat.graph.live.site import BODY, CHANNELS, IDLE, WATCHERS
from tests.graph.live.exchange import Exchange, unchunked


class SiteTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.page = Exchange()

    def tearDown(self) -> None:
        self.page.close()
        self.assertEqual(self.page.reactor.getDelayedCalls(), [])

    def test_page(self) -> None:
        """The page itself, with its type and length."""
        status, head, body = self.page.ask("")
        self.assertEqual(status, 200)
        self.assertIn("content-type: text/html; charset=utf-8", head)
        self.assertIn(f"content-length: {len(body)}", head)
        self.assertIn(b"<!doctype html>", body)

    def test_script(self) -> None:
        """What the page needs."""
        status, head, body = self.page.ask("page.js")
        self.assertEqual(status, 200)
        self.assertIn("content-type: text/javascript", head)
        self.assertIn(b"import", body)

    def test_headers(self) -> None:
        """Every answer has the headers that protect it, refusals too."""
        channel, transport = self.page.connect()
        channel.dataReceived(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        for head in (
            self.page.ask("")[1],
            self.page.ask("events")[1],
            self.page.ask("nothing")[1],
            transport.value().decode().lower(),
        ):
            for name, value in HEADERS.items():
                self.assertIn(f"{name.decode()}: {value.decode()}".lower(), head)

    def test_refused(self) -> None:
        """Who is not let in learns why, and nothing of the program."""
        channel, transport = self.page.connect()
        channel.dataReceived(b"GET /guess/ HTTP/1.1\r\nHost: 127.0.0.1:8123\r\n\r\n")
        self.assertIn(b"403 Forbidden", transport.value())
        self.assertIn(b"has a token in it", transport.value())
        self.assertNotIn(self.page.guard.token.encode(), transport.value())

    def test_method(self) -> None:
        """Who would change something is told what is allowed."""
        status, head, _ = self.page.ask("", "POST")
        self.assertEqual(status, 405)
        self.assertIn("allow: get, head", head)

    def test_head(self) -> None:
        """HEAD is GET without the body, of the stream too."""
        status, head, body = self.page.ask("page.css", "HEAD")
        self.assertEqual((status, body), (200, b""))
        self.assertIn("content-length", head)
        status, head, body = self.page.ask("events", "HEAD")
        self.assertEqual((status, body), (200, b""))
        self.assertIn("text/event-stream", head)
        self.assertEqual(self.page.story.taken, 0)

    def test_unknown(self) -> None:
        """There is nothing else: names are no paths."""
        for name in (
            *("nothing", "../page.py", "..%2fpage.py", "%2e%2e/page.py", "page.html"),
            *("assets/page.js", "/", "/etc/passwd", "page.js/", "events/x"),
        ):
            self.assertEqual(self.page.ask(name)[0], 404, name)

    def test_details(self) -> None:
        """One thing, once there is a picture."""
        self.assertEqual(self.page.ask("details?id=c1")[0], 404)
        self.page.watch()
        self.page.pass_time(0.1)
        status, head, body = self.page.ask("details?id=c1")
        self.assertEqual(status, 200)
        self.assertIn("content-type: application/json", head)
        self.assertEqual(json.loads(body)["thing"]["id"], "c1")
        for query in ("", "?id=", "?id=c99", "?id=%ff", "?id=<b>"):
            self.assertEqual(self.page.ask(f"details{query}")[0], 404, query)

    def test_words(self) -> None:
        """What the words mean."""
        _, _, body = self.page.ask("words")
        self.assertIn("stray", json.loads(body)["callverdict"])

    def test_events(self) -> None:
        """A stream of pictures."""
        _, transport = self.page.watch()
        self.page.pass_time(0.1)
        self.assertIn(b"Content-Type: text/event-stream", transport.value())
        self.assertIn("c1", unchunked(transport.value()).rows)

    def test_watchers(self) -> None:
        """No more than so many watch at a time."""
        for _ in range(WATCHERS):
            channel, _ = self.page.watch()
        self.assertEqual(self.page.ask("events")[0], 503)
        self.page.lose(channel)
        self.assertEqual(self.page.ask("events")[0], 200)

    def test_channels(self) -> None:
        """No more than so many connections are accepted at a time."""
        for _ in range(CHANNELS):
            channel, _ = self.page.connect()
        self.assertIsNone(self.page.site.buildProtocol(None))
        self.page.lose(channel)
        self.page.connect()

    def test_idle(self) -> None:
        """A connection without a request is closed, without a word in the log."""
        self.page.connect()
        self.page.pass_time(IDLE + 1)
        self.assertEqual(self.page.site.channels, set())
        self.assertEqual(self.page.reactor.getDelayedCalls(), [])

    def test_keep_alive(self) -> None:
        """Several requests on one connection."""
        channel, transport = self.page.connect()
        for _ in range(3):
            channel.dataReceived(self.page.request("icon.svg"))
        self.assertEqual(transport.value().count(b"200 OK"), 3)

    def test_body(self) -> None:
        """What comes with a request is thrown away."""
        channel, transport = self.page.connect()
        channel.dataReceived(self.page.request("", "GET", "Content-Length: 9"))
        channel.dataReceived(b"123456789")
        self.assertIn(b"200 OK", transport.value())

    def test_big_body(self) -> None:
        """Who sends much is hung up on; nothing is kept in memory or on disk."""
        channel, transport = self.page.connect()
        size = f"Content-Length: {BODY * 1000}"
        channel.dataReceived(self.page.request("", "POST", size))
        for _ in range(3):
            channel.dataReceived(b"x" * (BODY // 2))
        self.assertEqual(transport.value(), b"")
        self.assertEqual(self.page.site.channels, set())

    def test_hang_up(self) -> None:
        """All connections are dropped; that is over when the last one is."""
        self.page.connect()
        self.page.watch()
        self.successResultOf(self.page.site.hang_up())
        self.assertEqual(self.page.site.channels, set())

    def test_nobody_there(self) -> None:
        """Without connections there is nothing to wait for."""
        self.assertIsNone(self.successResultOf(self.page.site.hang_up()))
