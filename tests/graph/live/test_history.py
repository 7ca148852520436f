"""What happened to a connection is read off successive rows of it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.live import history as module
from heartbeat.graph.live.history import EVENTS, Event, History
from heartbeat.graph.live.rows import Row, row_of
from heartbeat.graph.model import KeepaliveInfo, Kernel, State
from tests.graph.live.made_up import START, connection


def row(at: float = START, **more: Any) -> Row:
    """Of the connection c1."""
    return row_of(connection(1, **more), at)


def watch(state: str = "alive", asked: int = 0, answered: int = 0) -> KeepaliveInfo:
    """What is known of its keepalive."""
    return KeepaliveInfo(state=state, asked=asked, answered=answered)


class HistoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.history = History()

    def told(self, before: Row, after: Row, at: float = START) -> list[str]:
        """What happened between two rows."""
        self.history.note("c1", before, after, at)
        return [event.what for event in self.history.of("c1")]

    def test_first(self) -> None:
        """One that is new was seen, and perhaps heard before that."""
        self.history.note("c1", None, row(), START)
        self.assertEqual(
            self.history.of("c1"),
            (
                Event("heard", START - 1, START - 1),
                Event("seen", START, START),
            ),
        )

    def test_first_silent(self) -> None:
        """Not every kernel says when it was heard."""
        self.history.note("c1", None, row(kernel=None), START)
        self.assertEqual([e.what for e in self.history.of("c1")], ["seen"])

    def test_first_lost(self) -> None:
        """One that was lost before anybody looked was lost then, for that reason."""
        lost = row(
            state=State.DISCONNECTED, lost_ago=9.0, lost_reason="gone", kernel=None
        )
        self.history.note("c1", None, lost, START)
        self.assertEqual(
            self.history.of("c1")[-1], Event("lost", START - 9, START - 9, 1, "gone")
        )

    def test_port(self) -> None:
        """A port has no history."""
        self.history.note("l1", None, row(state=State.LISTENING), START)
        self.assertEqual(self.history.of("l1"), ())

    def test_heard(self) -> None:
        """Bytes came in since."""
        after = row(START + 5, kernel=Kernel(heard_ago=0.5))
        self.assertEqual(self.told(row(), after, START + 5), ["heard"])
        self.assertEqual(self.history.of("c1")[0].at, START + 4.5)

    def test_asked_and_answered(self) -> None:
        """The counters of the keepalive moved."""
        before = row(keepalive=watch(asked=3, answered=3))
        after = row(keepalive=watch(asked=5, answered=4))
        self.assertEqual(self.told(before, after), ["asked", "answered"])
        self.assertEqual([e.times for e in self.history.of("c1")], [2, 1])

    def test_suspected(self) -> None:
        """The peer came under suspicion; that it was asked is seen by the counter."""
        doubtful = row(keepalive=watch("suspect"))
        self.assertEqual(self.told(row(keepalive=watch()), doubtful), ["suspected"])
        self.assertEqual(
            self.told(doubtful, row(keepalive=watch("alive"))), ["suspected"]
        )

    def test_paused(self) -> None:
        """The program stopped reading, and went on."""
        self.told(row(), row(paused=True))
        self.assertEqual(self.told(row(paused=True), row()), ["paused", "resumed"])

    def test_states(self) -> None:
        """It was closed, and then it was lost; to connect is no event."""
        self.told(row(state=State.CONNECTING), row())
        self.told(row(), row(state=State.HALF_CLOSED))
        self.told(row(state=State.HALF_CLOSED), row(state=State.CLOSING))
        lost = row(state=State.DISCONNECTED, lost_reason="why")
        self.assertEqual(
            self.told(row(state=State.CLOSING), lost, START + 3),
            ["half-closed", "closing", "lost"],
        )
        self.assertEqual(self.history.of("c1")[-1].at, START + 3)

    def test_gone(self) -> None:
        """One that the reactor has no more is gone; one that was lost was that."""
        self.history.note("c1", None, row(), START)
        self.history.gone("c1", row(), START + 1)
        self.assertEqual(self.history.of("c1")[-1].what, "gone")
        lost = row(state=State.DISCONNECTED)
        self.history.note("c2", None, lost, START)
        self.history.gone("c2", lost, START + 1)
        self.assertEqual(self.history.of("c2")[-1].what, "lost")
        self.history.gone("t1", row(), START)
        self.assertEqual(self.history.of("t1"), ())

    def test_in_a_row(self) -> None:
        """The same again is no other event, it lasts."""
        before = row()
        for second in range(1, 100):
            after = row(START + second, kernel=Kernel(heard_ago=0.0))
            self.history.note("c1", before, after, START + second)
            before = after
        self.assertEqual(
            self.history.of("c1"), (Event("heard", START + 1, START + 99, 99),)
        )
        self.assertEqual(self.history.noted, 99)

    def test_bounded(self) -> None:
        """Only the latest events are kept, and only of so many connections."""
        for _ in range(EVENTS):
            self.told(row(), row(paused=True))
            self.told(row(paused=True), row())
        self.assertEqual(len(self.history.of("c1")), EVENTS)
        self.patch(module, "CONNECTIONS", 3)
        for number in range(2, 6):
            self.history.note(f"c{number}", None, row(), START)
        kept = [number for number in range(1, 6) if self.history.of(f"c{number}")]
        self.assertEqual(kept, [3, 4, 5])

    def test_news_of_an_old_one(self) -> None:
        """The one that was heard of longest ago is forgotten, not the oldest."""
        self.patch(module, "CONNECTIONS", 2)
        for name in ("c1", "c2", "c1", "c3"):
            self.history.note(name, None, row(), START)
        self.assertEqual(self.history.of("c2"), ())
        self.assertNotEqual(self.history.of("c1"), ())

    @given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 3))))
    def test_never_more(self, turns: list[tuple[bool, int, int]]) -> None:
        """Whatever happens, no more is kept than that, in an order that makes sense."""
        history, before, at = History(), None, START
        for paused, asked, answered in turns:
            at += 1
            after = row(at, paused=paused, keepalive=watch("alive", asked, answered))
            if after != before:
                history.note("c1", before, after, at)
            before = after
        events = history.of("c1")
        self.assertLessEqual(len(events), EVENTS)
        for event in events:
            self.assertLessEqual(event.at, event.until)
            self.assertGreaterEqual(event.times, 1)
