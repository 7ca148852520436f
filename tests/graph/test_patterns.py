"""What is said of calls made in all the usual ways, among sixty live connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.endpoints.ids import id_of
from heartbeat.graph.model import DECIDING, CallVerdict, Strength
from heartbeat.graph.survey import snapshot
from tests.graph.crowd import crowd
from tests.graph.later_patterns import LATER_PATTERNS, MISSED
from tests.graph.patterns import PATTERNS

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.graph.model import Snapshot, Timer
    from tests.graph.crowd import Chat, Crowd
    from tests.graph.patterns import Pattern, Right


class PatternCase(SynchronousTestCase):
    """Makes one call among the connections, and looks."""

    def check(self, make: Pattern, right: Right) -> None:
        """Everything that `Right` says, before and after the connection is lost."""
        with crowd() as people:
            one = people.one
            call = make(people, one)
            seen = snapshot(people.reactor)
            timer = self.timer(seen, call)
            self.judge(people, seen, timer, right)
            self.assertEqual(timer.verdict, right.verdict, timer.links)

            people.lose(one)
            seen = snapshot(people.reactor)
            self.assertEqual(self.timer(seen, call).verdict, right.stray)
            if right.strength is Strength.HELD:
                seen = snapshot(people.reactor, deep=True)
                verdict = self.timer(seen, call).verdict
                self.assertEqual(verdict, CallVerdict.STRAY)

    def judge(self, people: Crowd, seen: Snapshot, timer: Timer, right: Right) -> None:
        """The right link, and no false ones."""
        one = self.id_of(seen, people.one)
        mine = [link for link in timer.links if link.target == one]
        others = [link for link in timer.links if link.target not in (None, one)]
        strengths = [link.strength for link in mine]
        expected = [] if right.strength is None else [right.strength]
        if right.strength is not Strength.SHARED:
            self.assertEqual(strengths, expected, timer.links)
        sure = [link for link in others if link.strength in DECIDING]
        self.assertEqual(len(sure), right.beside, sure)
        sharers = {link.sharers for link in others if link not in sure}
        self.assertEqual(sharers, {right.others + 1} if right.others else set())

    def timer(self, seen: Snapshot, call: Any) -> Timer:
        """What the snapshot has of the call."""
        name = getattr(call, "_call", call)
        return next(t for t in seen.timers if t.id == _id(name))

    def id_of(self, seen: Snapshot, chat: Chat) -> str:
        """What the snapshot calls the connection."""
        peer: Any = chat.transport
        port = f":{peer.getPeer().port}"
        return next(e.id for e in seen.endpoints if e.peer.endswith(port))


def _id(call: Any) -> str:
    return id_of(call, "t")


def _test_of(make: Pattern, right: Right) -> Callable[[PatternCase], None]:
    def test(self: PatternCase) -> None:
        self.check(make, right)

    test.__doc__ = make.__doc__
    return test


class PatternTests(PatternCase):
    """Each pattern of the table: the right answer, and no false sure link."""


class LaterPatternTests(PatternCase):
    """Patterns that the rules were not made for."""

    def test_score(self) -> None:
        """Of these, so many are found, and so many are not; no sure link is false."""
        self.assertEqual((len(LATER_PATTERNS), len(MISSED)), (53, 7))


def _add_tests() -> None:
    tables = ((PatternTests, PATTERNS), (LaterPatternTests, LATER_PATTERNS))
    for case, table in tables:
        for name, (make, right) in table.items():
            setattr(case, f"test_{name}", _test_of(make, right))


_add_tests()
