"""The story, and what is claimed of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.demo import story
from heartbeat.demo.story import (
    GONE,
    PING,
    TIMEOUT,
    Entry,
    Notebook,
    claims_by_hand,
    claims_scoped,
)
from tests.demo.company import acted
from tests.graph.scenes import seed
from tests.reactors import fresh

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.demo.claims import Claim
    from heartbeat.graph import Snapshot

CALL = story.STRAY
NOTHING = evolve(seed(), timers=())
SHOWN = evolve(
    seed(), timers=tuple(evolve(each, function=CALL) for each in seed().timers)
)
STRAY = [Entry(0.3, GONE), Entry(0.6, PING), Entry(0.9, TIMEOUT)]


class Kept:
    """A stage that keeps what is shown."""

    def __init__(self) -> None:
        self.shown: list[object] = []

    def say(self, text: str) -> None:
        """Keep it."""
        self.shown.append(text)

    def code(self, source: str) -> None:
        """Keep it."""
        self.shown.append(source)

    def changes(self, lines: list[str]) -> None:
        """Keep them."""
        self.shown.append(lines)

    def event(self, at: float, text: str, remark: str = "") -> None:
        """Keep what is said."""
        del at
        self.shown.append((text, bool(remark)))

    def picture(self, seen: Snapshot) -> None:
        """Keep who is stray in it."""
        self.shown.append([timer.function for timer in seen.strays()])

    def claims(self, claims: list[Claim]) -> None:
        """Keep them."""
        self.shown += claims


class TellTests(SynchronousTestCase):
    """The whole story, on a real reactor and real connections."""

    def test_tell(self) -> None:
        """By hand there is a stray call; with the mixin nothing is left."""
        stage = Kept()
        with fresh("select") as reactor:
            claims = acted(reactor, lambda clock: story.tell(reactor, clock, stage))
            left = reactor.getDelayedCalls()

        self.assertEqual([c for c in claims if not c.holds], [])
        self.assertEqual(len(claims), 8)
        self.assertIn([CALL], stage.shown)
        self.assertIn([], stage.shown)
        self.assertEqual(left, [])
        before = [("connected", False), (PING, False), ("receives PONG", False)]
        before.append((GONE, False))
        log = [each for each in stage.shown if isinstance(each, tuple)]
        self.assertEqual(log, [*before, (PING, True), (TIMEOUT, True), *before])


class ClaimTests(SynchronousTestCase):
    """What is claimed, if something else happens."""

    def seen(
        self,
        entries: list[Entry],
        *,
        alive: bool = False,
        picture: Snapshot | None = NOTHING,
    ) -> Notebook:
        """A notebook with *entries*."""
        return Notebook(
            lambda *_: None,
            entries=entries,
            received=[b"PING"],
            pending=[1, 0, 0],
            alive=alive,
            picture=picture,
        )

    def failed(
        self, claims: Callable[[Notebook], list[Claim]], seen: Notebook
    ) -> list[int]:
        """Which of the claims do not hold."""
        return [n for n, claim in enumerate(claims(seen)) if not claim.holds]

    def test_by_hand(self) -> None:
        """Without a stray call the first telling has nothing to tell."""
        self.assertEqual(self.by_hand(STRAY), [])
        self.assertEqual(self.by_hand(STRAY[:2]), [2, 3])
        self.assertEqual(self.by_hand(STRAY[:1]), [1, 2, 3])
        self.assertEqual(self.by_hand([]), [1, 2, 3])

    def test_picture(self) -> None:
        """A picture without the stray call, or none at all, shows nothing."""
        for picture in (NOTHING, None):
            seen = self.seen(STRAY, picture=picture)
            self.assertEqual(self.failed(claims_by_hand, seen), [0])

    def by_hand(self, entries: list[Entry]) -> list[int]:
        """The claims that do not hold, of the first telling."""
        return self.failed(claims_by_hand, self.seen(entries, picture=SHOWN))

    def test_received(self) -> None:
        """A PING that arrives was not written into the void."""
        seen = self.seen(STRAY, picture=SHOWN)
        seen.received.append(b"PING")

        self.assertEqual(self.failed(claims_by_hand, seen), [2])

    def test_scoped(self) -> None:
        """With a stray call, or anything left, the second has nothing to boast of."""
        kept = self.seen(STRAY[:1], alive=True)
        pending = self.seen(STRAY[:1])
        pending.pending[1] = 1

        self.assertEqual(self.failed(claims_scoped, self.seen(STRAY[:1])), [])
        self.assertEqual(self.failed(claims_scoped, self.seen(STRAY)), [2])
        self.assertEqual(self.failed(claims_scoped, self.seen([])), [0, 2])
        self.assertEqual(self.failed(claims_scoped, kept), [3])
        self.assertEqual(self.failed(claims_scoped, pending), [0])
        shown = self.seen(STRAY[:1], picture=SHOWN)
        self.assertEqual(self.failed(claims_scoped, shown), [1])
