"""How sure a link is, and who shares a container."""

from __future__ import annotations

import collections
import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.kinds import Kind, State, Strength
from heartbeat.graph.search.edges import LARGE
from heartbeat.graph.search.linking import (
    MAX_LINKS,
    links_of,
    own,
    strength_at,
    surer,
    weaker,
)
from heartbeat.graph.search.steps import Step
from heartbeat.graph.timers import Link
from heartbeat.graph.values import Endpoint

OWNED, SHARED, WEAK = Strength.OWNED, Strength.SHARED, Strength.WEAK

Way = tuple[Endpoint, Step]


def way(number: int, hub: object = None, sure: Strength = OWNED) -> Way:
    """A way to an endpoint, through a container or not."""
    end = Endpoint(id=f"c{number}", kind=Kind.TCP, state=State.CONNECTED)
    return end, Step(object(), None, f"way {number}", sure, hub)


def seen(links: list[Link]) -> list[tuple[str | None, Strength, int]]:
    """What matters here."""
    return [(link.target, link.strength, link.sharers) for link in links]


strengths = st.sampled_from(Strength)


class StrengthTests(SynchronousTestCase):
    @given(strengths, strengths)
    def test_order(self, one: Strength, other: Strength) -> None:
        """Of two strengths one is the surer, unless they are the same."""
        self.assertEqual(surer(one, other) + surer(other, one), one is not other)
        self.assertIs(weaker(one, other), one if surer(other, one) else other)
        self.assertIs(weaker(one, other), weaker(other, one))

    def test_declared(self) -> None:
        """The surest is declared first."""
        for one, other in itertools.pairwise(Strength):
            self.assertTrue(surer(one, other))

    @given(strengths, st.integers(0, 8))
    def test_direct(self, sure: Strength, depth: int) -> None:
        """Only what is owned with nothing in between is direct."""
        direct = sure is OWNED and depth == 0
        found = strength_at(sure, depth)
        self.assertIs(found, Strength.DIRECT if direct else sure)


class LinksTests(SynchronousTestCase):
    def test_one(self) -> None:
        """One endpoint: how sure, how far, and on which way."""
        (link,) = links_of([way(1)], 2)
        self.assertEqual(
            link, Link(target="c1", strength=OWNED, depth=2, path=("way 1",))
        )

    def test_two(self) -> None:
        """Two endpoints without a container are owned both."""
        links = links_of([way(1), way(2)], 0)
        direct = Strength.DIRECT
        self.assertEqual(seen(links), [("c1", direct, 1), ("c2", direct, 1)])

    def test_surest_first(self) -> None:
        """The surest link comes first."""
        links = links_of([way(1, sure=WEAK), way(2), way(3, sure=Strength.KEYED)], 1)
        self.assertEqual([link.target for link in links], ["c2", "c1", "c3"])

    def test_best_way(self) -> None:
        """Of several ways to one endpoint, the surest counts."""
        links = links_of([way(1, sure=WEAK), way(1), way(1, sure=WEAK)], 1)
        self.assertEqual(seen(links), [("c1", OWNED, 1)])

    def test_shared(self) -> None:
        """What is reached through one container is shared by all of them."""
        hub: list[Any] = []
        links = links_of([way(1, hub), way(2, hub), way(3)], 1)
        self.assertEqual(
            seen(links), [("c3", OWNED, 1), ("c1", SHARED, 2), ("c2", SHARED, 2)]
        )

    def test_containers(self) -> None:
        """Each container has its own."""
        one, other = [0], [0]
        links = links_of([way(1, one), way(2, other)], 1)
        self.assertEqual(seen(links), [("c1", OWNED, 1), ("c2", OWNED, 1)])

    def test_twice_in_container(self) -> None:
        """One endpoint, twice in a container, is one."""
        hub: list[Any] = []
        links = links_of([way(1, hub), way(1, hub)], 1)
        self.assertEqual(seen(links), [("c1", OWNED, 1)])

    def test_overlap(self) -> None:
        """What was reached on another way before counts for a container as well."""
        some, everyone = [0], [0]
        reached = [way(1, some), way(2, some), way(3, everyone)]
        again = [way(1, everyone), way(2, everyone)]

        links = links_of(reached, 1, again)

        self.assertEqual(
            seen(links), [("c1", SHARED, 2), ("c2", SHARED, 2), ("c3", SHARED, 3)]
        )
        self.assertEqual(seen(links_of(reached, 1))[0], ("c3", OWNED, 1))

    def test_large(self) -> None:
        """A large container is shared by as many as it has, for only some are seen."""
        members = list(range(LARGE + 1))
        kinds = (list, tuple, set, frozenset, collections.deque, dict.fromkeys)
        for kind in kinds:
            hub: Any = kind(members)
            for reached in ([way(1, hub)], [way(1, hub), way(2, hub)]):
                links = links_of(reached, 1)
                self.assertEqual({link.strength for link in links}, {SHARED})
                self.assertEqual({link.sharers for link in links}, {LARGE + 1})

    def test_own_length(self) -> None:
        """The length is the container's, whatever its class says."""

        class Many(list[Any]):
            def __len__(self) -> int:
                raise AssertionError

        (link,) = links_of([way(1, Many([1]))], 1)
        self.assertEqual((link.strength, link.sharers), (OWNED, 1))

    def test_scoped(self) -> None:
        """A scope knows its connection; what else is reached does not count."""
        links = links_of([way(1), way(2, sure=Strength.SCOPED), way(3)], 0)
        self.assertEqual(seen(links), [("c2", Strength.SCOPED, 1)])

    def test_most(self) -> None:
        """Not more links than anybody wants to read."""
        hub: list[Any] = []
        links = links_of([way(n, hub) for n in range(50)], 1)
        self.assertEqual(len(links), MAX_LINKS)
        self.assertEqual({link.sharers for link in links}, {50})


class OwnTests(SynchronousTestCase):
    """What may be kept for the call alone."""

    def step(self, thing: str, hub: object = None, member: object = None) -> Step:
        first = Step(hub, None, "")
        inner = Step(member, first, "[...]", OWNED, hub) if member else first
        return Step(thing, inner, "", OWNED, hub)

    def test_no_container(self) -> None:
        """What hangs on no container is the call's own."""
        kept = [self.step("one"), self.step("two")]
        for shared in (False, True):
            self.assertEqual(own(kept, shared=shared), ["one", "two"])

    def test_one_member(self) -> None:
        """So is all that hangs on the only member of a container that has such."""
        hub: list[Any] = []
        kept = [self.step("one", hub, "member"), self.step("two", hub, "member")]
        self.assertEqual(own(kept, shared=False), ["one", "two"])

    def test_members(self) -> None:
        """What hangs on several members of one is nobody's."""
        hub, other = [0], [0]
        kept = [
            *(self.step("one", hub), self.step("two", hub)),
            *(self.step("three"), self.step("four", other)),
        ]
        self.assertEqual(own(kept, shared=False), ["three", "four"])

    def test_shared(self) -> None:
        """Of a call that leads to what is shared, no container has anything."""
        kept = [self.step("one", [0]), self.step("two")]
        self.assertEqual(own(kept, shared=True), ["two"])
