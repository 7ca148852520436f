"""Differences, applied one after the other, give the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.live.frames import BATCH, difference, frame, whole
from heartbeat.graph.live.history import History
from heartbeat.graph.model import Service, Snapshot, Task
from tests.graph.live.made_up import PROCESS, START, Crowd, call, connection
from tests.graph.live.reader import Reader, plain

if TYPE_CHECKING:
    from heartbeat.graph.live.rows import Rows


def drawn(
    before: Rows, snapshot: Snapshot, history: History | None = None
) -> tuple[Rows, list[bytes]]:
    """The rows of a snapshot, and the frames that lead there."""
    frames: list[bytes] = []
    steps = difference(before, snapshot, history or History())
    while True:
        try:
            step = next(steps)
        except StopIteration as over:
            return over.value, frames
        if step is not None:
            frames.append(step)


def snapshot(*things: Any, at: float = START) -> Snapshot:
    """With those endpoints and calls."""
    return Snapshot(
        taken_at=at,
        process=PROCESS,
        endpoints=tuple(t for t in things if t.id[0] == "c"),
        timers=tuple(t for t in things if t.id[0] == "t"),
    )


class FrameTests(SynchronousTestCase):
    def test_frame(self) -> None:
        """One event, one line of data, whatever the text is."""
        text = "a\nb\r\u2028\u0000<script>"
        self.assertEqual(
            frame("rows", [text]),
            b'event: rows\ndata: ["a\\nb\\r\\u2028\\u0000<script>"]\n\n',
        )

    def test_no_number(self) -> None:
        """What JSON does not have is not sent."""
        self.assertRaises(ValueError, frame, "rows", [float("nan")])

    def test_whole(self) -> None:
        """All rows, in small frames."""
        rows, _ = drawn({}, Crowd(250, 100).snapshot())
        frames = list(whole(rows))
        self.assertEqual(len(frames), -(-len(rows) // BATCH))
        reader = Reader()
        reader.take(frames)
        self.assertEqual(reader.rows, plain(rows))

    def test_nothing_new(self) -> None:
        """Idle connections and calls that count down are not told of again."""
        before, _ = drawn({}, snapshot(connection(1, kernel=None), call(1, due=9.0)))
        later = snapshot(connection(1, kernel=None), call(1, due=7.98), at=START + 1)
        after, frames = drawn(before, later)
        self.assertEqual(frames, [])
        self.assertIs(after["c1"], before["c1"])

    def test_small(self) -> None:
        """Only the values that changed are told."""
        before, _ = drawn({}, snapshot(connection(1)))
        after, frames = drawn(before, snapshot(connection(1, paused=True)))
        self.assertEqual(frames, [frame("patch", [["c1", 10, True]])])
        self.assertTrue(after["c1"][10])

    def test_gone(self) -> None:
        """What is not there any more is gone, and the history knows."""
        history = History()
        before, _ = drawn({}, snapshot(connection(1), call(1)), history)
        after, frames = drawn(before, snapshot(), history)
        self.assertEqual((after, frames), ({}, [frame("gone", ["c1", "t1"])]))
        self.assertEqual(history.of("c1")[-1].what, "gone")

    def test_other_kind(self) -> None:
        """An id that means something else now is another row."""
        before, _ = drawn({}, snapshot(connection(1)))
        other = attrs.evolve(
            snapshot(), tasks=(Task(id="c1", name="n", coroutine="c"),)
        )
        after, frames = drawn(before, other)
        self.assertEqual(frames, [frame("rows", [["c1", *after["c1"]]])])

    @given(st.integers(0, 60), st.integers(0, 90), st.integers(), st.floats(0, 0.4))
    def test_crowd(self, connections: int, calls: int, seed: int, churn: float) -> None:
        """Whoever applies each difference has what the program has."""
        crowd = Crowd(
            connections, max(calls, 1) if connections else 0, seed=seed, churn=churn
        )
        rows: Rows = {}
        reader, history = Reader(), History()
        for _ in range(4):
            rows, frames = drawn(rows, crowd.step(), history)
            reader.take(frames)
            self.assertEqual(reader.rows, plain(rows))

    @given(st.lists(st.dictionaries(st.integers(1, 6), st.integers(0, 9), max_size=6)))
    def test_any(self, pictures: list[dict[int, int]]) -> None:
        """The same for anything that comes, changes, and goes."""
        rows: Rows = {}
        reader = Reader()
        for number, picture in enumerate(pictures):
            services = tuple(
                Service(id=f"v{key}", state="s", failed_attempts=value)
                for key, value in picture.items()
            )
            taken = attrs.evolve(snapshot(at=START + number), services=services)
            rows, frames = drawn(rows, taken)
            reader.take(frames)
            self.assertEqual(reader.rows, plain(rows))
