"""What is drawn by itself, and what shares a box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.model import (
    CallVerdict,
    Endpoint,
    Kind,
    Link,
    Snapshot,
    State,
    Strength,
    Task,
    Timer,
)
from heartbeat.graph.pictures.grouping import arrange, in_order, is_many
from heartbeat.graph.pictures.words import UnknownWordError
from tests.graph import scenes
from tests.graph.arbitrary import snapshots

if TYPE_CHECKING:
    from heartbeat.graph.pictures.arrangement import Arrangement


class ManyTests(SynchronousTestCase):
    """When equal ones share a box."""

    def test_few(self) -> None:
        """Few things are drawn one by one, unless somebody wants it otherwise."""
        few = scenes.some()

        self.assertFalse(is_many(few))
        self.assertEqual(len(arrange(few).ends), len(few.endpoints))
        self.assertEqual(len(arrange(few).work), len(few.timers))
        self.assertLess(len(arrange(few, group=True).ends), 10)

    def test_many(self) -> None:
        """Three thousand connections are a handful of boxes."""
        many = scenes.many()
        arrangement = arrange(many)

        self.assertTrue(arrangement.grouped)
        self.assertLess(len(arrangement.ends), 10)
        self.assertLess(len(arrangement.work), 10)
        self.assertEqual(sum(len(e.members) for e in arrangement.ends), 3042)
        self.assertEqual(sum(len(w.members) for w in arrangement.work), 6000)
        self.assertFalse(arrange(many, group=False).grouped)

    def test_strays_first(self) -> None:
        """Strays are the first calls, ports the first endpoints."""
        arrangement = arrange(scenes.many())

        self.assertEqual([w.is_stray for w in arrangement.work][:2], [True, False])
        listening = [e.is_listening for e in arrangement.ends]
        self.assertEqual(listening, sorted(listening, reverse=True))


class EqualTests(SynchronousTestCase):
    """What is equal to what."""

    def test_clients(self) -> None:
        """Clients of one service are equal, whatever port they have for now."""
        ends = [_end(f"c{n}", local=f"a:{40000 + n}", peer="b:25") for n in range(3)]
        other = _end("c9", local="a:40009", peer="b:26")

        self.assertEqual(_groups(ends=[*ends, other]), [3, 1])

    def test_without_port(self) -> None:
        """What has a path has that instead of a port."""
        ends = [_end("c1", local="/a"), _end("c2", local="/b"), _end("c3", peer="/a")]

        self.assertEqual(_groups(ends=ends), [2, 1])

    def test_gone(self) -> None:
        """Of what is gone, the port does not matter."""
        gone = State.DISCONNECTED
        ends = [_end(f"c{n}", state=gone, peer=f"b:{n}") for n in range(3)]

        self.assertEqual(_groups(ends=ends), [3])

    def test_ports(self) -> None:
        """Ports are equal only at the same address."""
        ends = [_end(f"l{n}", state=State.LISTENING, local=f"a:{n}") for n in range(3)]

        self.assertEqual(_groups(ends=ends), [1, 1, 1])

    def test_calls(self) -> None:
        """Calls differ by what they call, how often, and what they lead to."""
        ends = [_end("c1"), _end("c2"), _end("c3", state=State.CLOSING)]
        same = [_call("t1", "c1"), _call("t2", "c2")]
        others = [
            _call("t3", "c3"),
            attrs.evolve(_call("t4", "c1"), repeat=1.0),
            attrs.evolve(_call("t5", "c1"), function="g"),
            attrs.evolve(_call("t6", "c1"), verdict=CallVerdict.SHARED),
            _call("t7", "nowhere"),
        ]
        self.assertEqual(
            _groups(ends, [*same, *others], calls=True), [2, 1, 1, 1, 1, 1]
        )

    def test_tasks(self) -> None:
        """Tasks differ by what they run and what they lead to."""
        tasks = tuple(
            Task(id=f"a{n}", name=f"Task-{n}", coroutine=name, links=_links(target))
            for n, (name, target) in enumerate(
                [("f", "c1"), ("f", "c1"), ("f", "c3"), ("g", "c1"), ("f", "x")]
            )
        )
        ends = (_end("c1"), _end("c3", state=State.CLOSING))
        snapshot = _snapshot(endpoints=ends, tasks=tasks)

        members = [len(w.members) for w in arrange(snapshot, group=True).work]
        self.assertEqual(members, [2, 1, 1, 1])
        self.assertEqual(len(arrange(snapshot).work), 5)


class OnlyTests(SynchronousTestCase):
    """Calls of one verdict only."""

    def test_stray(self) -> None:
        """Nothing but strays, and what they reach."""
        arrangement = arrange(scenes.everything(), only="stray")

        self.assertEqual([w.first.id for w in arrangement.work], ["t20"])
        self.assertEqual([e.first.id for e in arrangement.ends], ["c6"])
        self.assertEqual((arrangement.left_out_ends, arrangement.left_out_work), (0, 0))

    def test_parents(self) -> None:
        """The port that accepted a connection comes along."""
        arrangement = arrange(scenes.seed(), only="ok")

        self.assertEqual([e.first.id for e in arrangement.ends], ["l1", "c1"])

    def test_unknown(self) -> None:
        """What is no verdict is refused, and the verdicts are named."""
        error = self.assertRaises(
            UnknownWordError, arrange, scenes.seed(), only="connected"
        )
        self.assertEqual(set(error.known), {v.value for v in CallVerdict})


class LimitTests(SynchronousTestCase):
    """What happens if there is no room for all."""

    def test_strays_go_first(self) -> None:
        """Strays and what they reach are drawn before anything else, then ports."""
        arrangement = arrange(scenes.some(), limit=4)

        self.assertEqual([w.is_stray for w in arrangement.work], [True] * 3 + [False])
        self.assertEqual(
            [e.first.id for e in arrangement.ends], ["l1", "c31", "c32", "c33"]
        )
        self.assertEqual(arrangement.left_out_ends, 31)
        self.assertEqual(arrangement.left_out_work, 36)
        self.assertEqual({e.work for e in arrangement.edges}, {0, 1, 2})


class OrderTests(SynchronousTestCase):
    """By ids."""

    def test_natural(self) -> None:
        """Numbers count as numbers; what is no id has a place, too."""
        ends = [_end(id_) for id_ in ("c10", "c2", "b3", "?", "c9" * 20)]

        ids = [end.id for end in in_order(ends)]
        self.assertEqual(ids, ["?", "b3", "c2", "c10", "c9" * 20])


class AnyTests(SynchronousTestCase):
    """Whatever a snapshot holds."""

    @given(snapshots(), st.booleans(), st.none() | st.integers(0, 3))
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_consistent(
        self, snapshot: Snapshot, group: bool, limit: int | None
    ) -> None:
        """Nothing is lost uncounted, and no line leads to what is not drawn."""
        arrangement = arrange(snapshot, group=group, limit=limit)

        drawn = sum(len(w.members) for w in arrangement.work)
        self.assertEqual(
            drawn + arrangement.left_out_work,
            len(snapshot.timers) + len(snapshot.tasks),
        )
        drawn = sum(len(e.members) for e in arrangement.ends)
        self.assertEqual(drawn + arrangement.left_out_ends, len(snapshot.endpoints))
        self.check_edges(arrangement)

    def check_edges(self, arrangement: Arrangement) -> None:
        """Numbers are places."""
        for edge in arrangement.edges:
            self.assertEqual(arrangement.work[edge.work].number, edge.work)
            self.assertEqual(arrangement.ends[edge.ends].number, edge.ends)


def _end(id_: str, *, state: State = State.CONNECTED, **rest: str) -> Endpoint:
    return Endpoint(id=id_, kind=Kind.TCP, state=state, **rest)  # type: ignore[arg-type]


def _links(target: str) -> tuple[Link, ...]:
    return (Link(target=target, strength=Strength.DIRECT),)


def _call(id_: str, target: str) -> Timer:
    return Timer(
        id=id_, due=1.0, function="f", verdict=CallVerdict.OK, links=_links(target)
    )


def _snapshot(**rest: object) -> Snapshot:
    empty = Snapshot(taken_at=0.0, process=scenes.PROCESS)
    return attrs.evolve(empty, **rest)  # type: ignore[arg-type]


def _groups(
    ends: list[Endpoint], timers: list[Timer] | None = None, *, calls: bool = False
) -> list[int]:
    """How many are in each box."""
    snapshot = _snapshot(endpoints=tuple(ends), timers=tuple(timers or ()))
    arrangement = arrange(snapshot, group=True)
    boxes = arrangement.work if calls else arrangement.ends
    return [len(box.members) for box in boxes]
