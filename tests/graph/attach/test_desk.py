"""What can be asked."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph import live
from heartbeat.graph.attach.desk import Desk, lines_of, serve_page
from heartbeat.graph.attach.language import LanguageError, answer_in
from heartbeat.graph.pictures.codec import from_json
from heartbeat.graph.pictures.pieces import joined
from tests.graph.scenes import many, seed


class Page:
    """A live page."""

    url = "http://127.0.0.1:1/x/"

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> Deferred[None]:
        """It is being closed."""
        self.closed += 1
        return succeed(None)


class AnswerTests(SynchronousTestCase):
    """The words that are understood."""

    def test_snapshot(self) -> None:
        """A snapshot comes in lines, each made when it is asked for."""
        clock = Clock()
        desk = Desk(clock, soon=lambda _: succeed(many()))

        first, *lines = self.successResultOf(desk.answer("snapshot"))

        self.assertEqual(answer_in(first, "snapshot")["pieces"], len(lines))
        self.assertEqual(joined(from_json(line.decode()) for line in lines), many())
        clock.advance(1)
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_lazy(self) -> None:
        """Nothing is encoded before it is needed."""
        lines = lines_of(seed())

        self.assertEqual(json.loads(next(lines))["answer"], "snapshot")

    def test_unknown(self) -> None:
        """Another word is refused, with those that there are."""
        error = self.assertRaises(LanguageError, Desk(Clock()).answer, "dance")

        self.assertIn("only 'snapshot' and 'page'", str(error))


class PageTests(SynchronousTestCase):
    """The live page."""

    def setUp(self) -> None:
        """A page that is opened when the test says so."""
        self.page = Page()
        self.opening: list[Deferred[Any]] = []
        self.desk = Desk(Clock(), serve=self.serve)

    def serve(self, reactor: Any) -> Deferred[Any]:
        """It is being opened."""
        self.opening.append(Deferred())
        return self.opening[-1]

    def test_once(self) -> None:
        """It is opened once; all get its address."""
        answers = [self.desk.answer("page"), self.desk.answer("page")]
        self.opening[0].callback(self.page)
        answers.append(self.desk.answer("page"))

        self.assertEqual(len(self.opening), 1)
        for made in answers:
            (line,) = self.successResultOf(made)
            self.assertEqual(answer_in(line, "page")["url"], Page.url)

    def test_failed(self) -> None:
        """If that fails, who asked is told, and it is tried again."""
        asked = self.desk.page()
        self.opening[0].errback(OSError("no port"))
        self.failureResultOf(asked, OSError)

        asked = self.desk.page()
        self.opening[1].callback(self.page)

        self.assertEqual(self.successResultOf(asked), Page.url)

    def test_raised(self) -> None:
        """The same if it cannot even begin."""

        def broken(reactor: Any) -> Deferred[Any]:
            raise ZeroDivisionError

        desk = Desk(Clock(), serve=broken)

        self.failureResultOf(desk.page(), ZeroDivisionError)

    def test_close(self) -> None:
        """It is closed with everything else, once."""
        self.desk.page()
        self.opening[0].callback(self.page)

        self.desk.close()
        self.desk.close()

        self.assertEqual(self.page.closed, 1)

    def test_close_opening(self) -> None:
        """One that is still being opened is not any more."""
        asked = self.desk.page()

        self.desk.close()

        self.failureResultOf(asked, CancelledError)

    def test_close_failed(self) -> None:
        """One that cannot be closed is logged."""
        self.page.close = lambda: fail(OSError("stays"))  # type: ignore[method-assign]
        self.desk.page()
        self.opening[0].callback(self.page)

        self.desk.close()

        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_real(self) -> None:
        """Without another it is the one of `heartbeat.graph.live`."""
        self.patch(live, "serve", lambda reactor: ("served", reactor))

        self.assertEqual(serve_page(self), ("served", self))
