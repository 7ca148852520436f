"""What is said of a call: every strength with every state, and every owner."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.kinds import DECIDING, GONE, CallVerdict, State, Strength
from heartbeat.graph.search.judging import verdict_of
from heartbeat.graph.timers import Link

if TYPE_CHECKING:
    from random import Random

VAGUE = set(Strength) - DECIDING
LIVE = set(State) - GONE

OWNERS = {
    "factory chat.Chats": CallVerdict.FACTORY,
    "scope 'nightly'": CallVerdict.SCOPE,
    "reactor twisted.internet.epollreactor._ContinuousPolling": CallVerdict.INTERNAL,
    "resolver twisted.internet.base.ThreadedResolver": CallVerdict.INTERNAL,
    "service chat.Chatting": CallVerdict.SERVICE,
    "thread pool twisted.python.threadpool.ThreadPool": CallVerdict.SERVICE,
    "HTTP connection pool twisted.web.client.HTTPConnectionPool": CallVerdict.SERVICE,
}

ends = st.lists(st.tuples(st.sampled_from(Strength), st.sampled_from(State)))
owners = st.lists(st.tuples(st.sampled_from(sorted(OWNERS)), st.integers(0, 8)))


def judged(
    ends: list[tuple[Strength, State]], owners: list[tuple[str, int]] | None = None
) -> CallVerdict:
    """The verdict on links of these strengths to endpoints in these states."""
    states = {f"c{n}": state for n, (_, state) in enumerate(ends)}
    links = [Link(target=f"c{n}", strength=s) for n, (s, _) in enumerate(ends)]
    links += [
        Link(owner=owner, strength=Strength.OWNED, depth=depth)
        for owner, depth in owners or ()
    ]
    return verdict_of(links, states.__getitem__)


class OneLinkTests(SynchronousTestCase):
    def test_nothing(self) -> None:
        """A call without links belongs to nobody."""
        self.assertIs(judged([]), CallVerdict.UNATTACHED)

    def test_sure(self) -> None:
        """One sure link says it all, whatever makes it sure."""
        for strength, state in itertools.product(DECIDING, State):
            if state in GONE:
                verdict = CallVerdict.STRAY
            elif state is State.LISTENING:
                verdict = CallVerdict.LISTENING
            else:
                verdict = CallVerdict.OK
            self.assertIs(judged([(strength, state)]), verdict, (strength, state))

    def test_vague(self) -> None:
        """A vague link is a hint, and only to what is gone."""
        for strength, state in itertools.product(VAGUE, State):
            if state in GONE:
                verdict = CallVerdict.MAYBE_STRAY
            elif strength is Strength.SHARED:
                verdict = CallVerdict.SHARED
            else:
                verdict = CallVerdict.UNATTACHED
            self.assertIs(judged([(strength, state)]), verdict, (strength, state))

    def test_owner(self) -> None:
        """Without endpoints, an owner says it, however far away."""
        for (owner, verdict), depth in itertools.product(OWNERS.items(), range(9)):
            self.assertIs(judged([], [(owner, depth)]), verdict, owner)


class TwoLinksTests(SynchronousTestCase):
    def test_sure(self) -> None:
        """Of two sure links, each counts."""
        for one, other in itertools.product(State, State):
            pair = [(Strength.DIRECT, one), (Strength.WEAK, other)]
            if {one, other} <= GONE:
                verdict = CallVerdict.STRAY
            elif {one, other} & GONE:
                verdict = CallVerdict.MIXED
            elif one is other is State.LISTENING:
                verdict = CallVerdict.LISTENING
            else:
                verdict = CallVerdict.OK
            self.assertIs(judged(pair), verdict, pair)

    def test_sure_and_vague(self) -> None:
        """Beside a sure link, a vague one says nothing."""
        for sure, vague in itertools.product(State, State):
            for strength in VAGUE:
                self.assertIs(
                    judged([(Strength.OWNED, sure), (strength, vague)]),
                    judged([(Strength.OWNED, sure)]),
                )

    def test_owner_and_hint(self) -> None:
        """An owner that the call touches first outweighs a hint, one beyond does not."""
        hint = [(Strength.POSSIBLE, State.DISCONNECTED)]
        owner = "service chat.Chatting"

        self.assertIs(judged(hint, [(owner, 0)]), CallVerdict.SERVICE)
        self.assertIs(judged(hint, [(owner, 1)]), CallVerdict.MAYBE_STRAY)


class AnyLinksTests(SynchronousTestCase):
    @given(ends, owners)
    def test_stray(
        self, ends: list[tuple[Strength, State]], owners: list[tuple[str, int]]
    ) -> None:
        """A call is stray exactly if all its sure links lead to what is gone."""
        sure = [state for strength, state in ends if strength in DECIDING]
        stray = bool(sure) and all(state in GONE for state in sure)

        verdict = judged(ends, owners)

        self.assertEqual(verdict is CallVerdict.STRAY, stray)
        self.assertEqual(
            verdict is CallVerdict.MIXED,
            not stray and any(state in GONE for state in sure),
        )

    @given(ends, owners)
    def test_maybe(
        self, ends: list[tuple[Strength, State]], owners: list[tuple[str, int]]
    ) -> None:
        """One that may be stray has hints, no sure link, and only to what is gone."""
        if judged(ends, owners) is CallVerdict.MAYBE_STRAY:
            self.assertTrue(ends)
            self.assertTrue({strength for strength, _ in ends} <= VAGUE)
            self.assertTrue({state for _, state in ends} <= GONE)
            self.assertFalse(owners and not owners[0][1])

    @given(ends, owners, st.randoms())
    def test_order(
        self,
        ends: list[tuple[Strength, State]],
        owners: list[tuple[str, int]],
        random: Random,
    ) -> None:
        """In which order endpoints were found does not matter."""
        verdict = judged(ends, owners)
        random.shuffle(ends)
        self.assertIs(judged(ends, owners), verdict)

    @given(ends)
    def test_live(self, ends: list[tuple[Strength, State]]) -> None:
        """As long as nothing is gone, nothing is suspicious."""
        live = [(strength, state) for strength, state in ends if state in LIVE]
        suspicious = {CallVerdict.STRAY, CallVerdict.MAYBE_STRAY, CallVerdict.MIXED}

        self.assertNotIn(judged(live), suspicious)
