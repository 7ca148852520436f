"""Pictures are taken while somebody watches, and not too many of them."""

from __future__ import annotations

import gc
import itertools
import time
from typing import Any

import attrs
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.clock import ScopedClock
from heartbeat.graph.live import recorder as module
from heartbeat.graph.live.recorder import MOST, NOTES, Recorder
from heartbeat.graph.live.rows import LONGEST
from tests.graph.live.made_up import Crowd, Story
from tests.graph.live.reader import Reader, plain


class Page:
    """Counts how often it was told, and reads all of it."""

    def __init__(self, recorder: Recorder) -> None:
        self.told = 0
        self.reader = Reader()
        self._recorder = recorder

    def tell(self) -> None:
        """Read what there is."""
        self.told += 1
        news = self._recorder.album.news(self.reader.version)
        assert news is not None
        self.reader.take(news.frames)


class Counting(Clock):
    """Counts how often somebody lets everybody else go first."""

    yields = 0

    def callLater(self, delay: float, *args: Any, **kwargs: Any) -> Any:
        """Count those without a delay."""
        self.yields += delay == 0
        return super().callLater(delay, *args, **kwargs)


class RecorderTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Counting()
        self.clock = ScopedClock(self.reactor)
        self.story = Story()
        self.made(self.story.source)
        # On a slow machine a picture is dear, and there are fewer.
        self.patch(time, "perf_counter", self.reactor.seconds)

    def made(self, source: Any, **more: Any) -> None:
        """Another recorder."""
        self.recorder = Recorder(self.clock, source, **more)
        self.page = Page(self.recorder)

    def tearDown(self) -> None:
        self.clock.close()
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def run_for(self, seconds: float) -> None:
        """Let time pass."""
        self.reactor.pump([0.1] * round(seconds * 10))

    def test_nobody(self) -> None:
        """While nobody watches nothing is done, nor is it going to be."""
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.run_for(9)
        self.assertEqual(self.story.taken, 0)

    def test_at_once(self) -> None:
        """The first picture is taken as soon as somebody watches."""
        self.recorder.join(self.page)
        self.run_for(0.1)
        self.assertEqual((self.story.taken, self.page.told), (1, 1))

    def test_every_second(self) -> None:
        """Then one a second, for all who watch."""
        other = Page(self.recorder)
        self.recorder.join(self.page)
        self.recorder.join(other)
        self.run_for(5.5)
        self.assertEqual(self.story.taken, 6)
        self.assertEqual((self.page.told, other.told), (6, 6))

    def test_leave(self) -> None:
        """When the last one has left, nothing is pending."""
        other = Page(self.recorder)
        self.recorder.join(self.page)
        self.recorder.join(other)
        self.run_for(2)
        self.recorder.leave(self.page)
        self.assertEqual(len(self.reactor.getDelayedCalls()), 1)
        self.recorder.leave(other)
        self.recorder.leave(other)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_leave_meanwhile(self) -> None:
        """A snapshot for which nobody waits any more is cancelled."""
        asked: list[Deferred[Any]] = []
        self.made(lambda: asked.append(Deferred()) or asked[-1])  # type: ignore[func-returns-value]
        self.recorder.join(self.page)
        self.run_for(0.1)
        self.recorder.leave(self.page)
        self.assertEqual(len(asked), 1)
        self.assertTrue(asked[0].called)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_again(self) -> None:
        """Who leaves and comes back at once does not make it work harder."""
        for _ in range(20):
            self.recorder.join(self.page)
            self.run_for(0.1)
            self.recorder.leave(self.page)
        self.assertLessEqual(self.story.taken, 3)

    def test_dear(self) -> None:
        """If a snapshot is dear, the next one waits in proportion."""
        story = self.story
        self.made(lambda: succeed(attrs.evolve(story.snapshot(), took=0.1)), share=0.02)
        self.recorder.join(self.page)
        self.run_for(4.5)
        self.assertEqual(story.taken, 1)
        self.run_for(2.5)
        self.assertEqual(story.taken, 2)
        self.assertGreaterEqual(self.page.reader.facts["pause"], 5.0)

    def test_at_most(self) -> None:
        """However dear, there is one in that time."""
        story = self.story
        self.made(lambda: succeed(attrs.evolve(story.snapshot(), took=99.0)))
        self.recorder.join(self.page)
        self.run_for(MOST + 1)
        self.assertEqual(story.taken, 2)

    def test_slices(self) -> None:
        """The program has its turn between slices of the work, and all is told."""
        # One step each, for the clock moves on with every look at it.
        ticks = itertools.count()
        self.patch(time, "perf_counter", lambda: next(ticks) * 1.0)
        self.patch(module, "SLICE", 1.5)
        crowd = Crowd(250, 500, churn=0.1)
        crowd.took = 0.0
        self.made(lambda: succeed(crowd.step()))
        self.recorder.join(self.page)
        self.run_for(0.1)
        self.assertEqual(self.page.told, 1)
        self.assertGreater(self.reactor.yields, 7)
        self.patch(module, "SLICE", 1e9)
        self.run_for(MOST * 3)
        self.assertGreater(self.page.reader.version, 2)
        self.assertEqual(self.page.reader.rows, plain(self.recorder.album.picture.rows))

    def test_collector(self) -> None:
        """The garbage collector is left as it was."""
        for enabled in (False, True):
            (gc.enable if enabled else gc.disable)()
            try:
                self.recorder.join(self.page)
                self.run_for(1.5)
                self.recorder.leave(self.page)
                self.assertIs(gc.isenabled(), enabled)
            finally:
                gc.enable()

    def test_facts(self) -> None:
        """What is no row is told with each picture, cut off where it is long."""
        story = self.story
        notes = ("x" * 999,) * 99
        self.made(lambda: succeed(attrs.evolve(story.snapshot(), notes=notes)))
        self.recorder.join(self.page)
        self.run_for(0.1)
        facts = self.page.reader.facts
        self.assertEqual(facts["process"]["pid"], 4242)
        self.assertEqual(facts["threads"]["limit"], 10)
        self.assertEqual(facts["taken_at"], story.now)
        self.assertEqual(
            (len(facts["notes"]), len(facts["notes"][0])), (NOTES, LONGEST)
        )
        self.assertGreater(facts["events"], 0)

    def test_trouble(self) -> None:
        """A snapshot that fails is logged once; the page is told, and it goes on."""
        self.story.trouble = ValueError("secret")
        self.recorder.join(self.page)
        self.run_for(2.5)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertEqual(self.page.reader.facts["trouble"], "ValueError")
        self.story.trouble = None
        self.run_for(1)
        self.assertNotIn("trouble", self.page.reader.facts)
        self.assertIn("c1", self.page.reader.rows)
        self.story.trouble = KeyError()
        self.run_for(1)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.assertIn("c1", self.page.reader.rows)

    def test_closed(self) -> None:
        """It ends with its clock."""
        self.recorder.join(self.page)
        self.run_for(1)
        self.clock.close()
        self.run_for(5)
        self.assertLessEqual(self.story.taken, 2)
