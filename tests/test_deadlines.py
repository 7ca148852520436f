"""When a connection has to be looked at, state by state."""

from __future__ import annotations

import math

import attrs
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.deadlines import DRAWS, coarse
from heartbeat.policy import Keepalive, Proof
from heartbeat.states import State
from tests.simulated import Peer

PLAIN = Keepalive(jitter=0)


class DueTests(SynchronousTestCase):
    def test_off(self) -> None:
        """Never, before it starts."""
        peer = Peer.of(PLAIN)
        peer.liveness.cease()
        self.assertEqual(peer.due, math.inf)

    def test_alive(self) -> None:
        """At the interval or at the limit on silence, whichever comes first."""
        self.assertEqual(Peer.of(PLAIN).due, 1030)
        self.assertEqual(Peer.of(attrs.evolve(PLAIN, silence=25)).due, 1025)
        self.assertEqual(Peer.of(Keepalive(interval=None)).due, math.inf)

    def test_asked(self) -> None:
        """At the deadline; earlier if the interval is shorter."""
        peer = Peer.of(PLAIN)
        peer.asked()
        self.assertEqual(peer.due, 1050)
        peer = Peer.of(attrs.evolve(PLAIN, interval=5))
        peer.asked()
        self.assertEqual(peer.due, 1010)

    def test_asked_behind_a_queue(self) -> None:
        """Four times a timeout while the deadline can still move."""
        peer = Peer.of(PLAIN)
        peer.move(0, unsent=100)
        peer.asked()
        self.assertEqual(peer.due, 1035)

    def test_computing_changes_nothing(self) -> None:
        """However often and however late it is asked for: a look stays due until it is
        taken.
        """
        peers = [Peer.of(PLAIN) for _ in range(4)]
        peers[1].asked()
        peers[2].run(until=1100)
        peers[3].know(reading=False)
        peers[3].run(until=1100)
        states = [State.ALIVE, State.ASKED, State.LOST, State.HELD]
        self.assertEqual([peer.state for peer in peers], states)
        for peer in peers:
            due = peer.due
            peer.now += 500
            self.assertEqual(peer.due, due)

    def test_suspect(self) -> None:
        """At once: after one pass of I/O."""
        peer = Peer.of(PLAIN)
        peer.suspected()
        self.assertEqual(peer.due, peer.now)

    def test_in_a_while(self) -> None:
        """When nothing is judged, as often as the shortest of the numbers."""
        peer = Peer.of(attrs.evolve(PLAIN, silence=15))
        peer.know(reading=False)
        peer.run(until=1016)
        self.assertIs(peer.state, State.HELD)
        self.assertEqual(peer.due, 1030)
        peer.liveness.go_by(Keepalive(interval=None, timeout=None))
        self.assertEqual(peer.due, math.inf)

    def test_question_that_does_not_count(self) -> None:
        """Without a timeout, without an interval, or after bytes that prove life, no
        deadline is left of a question.
        """
        longer = attrs.evolve(PLAIN, silence=500)
        unasked = attrs.evolve(longer, interval=None)
        for policy in (unasked, attrs.evolve(longer, timeout=None)):
            peer = Peer.of(longer)
            peer.suspected()
            peer.liveness.go_by(policy)
            peer.settle()
            self.assertIs(peer.state, State.ALIVE)
        peer = Peer.of(attrs.evolve(PLAIN, proof=Proof.REPLY))
        peer.asked()
        peer.send(at=1040)
        peer.at(1041)
        self.assertIs(peer.state, State.ASKED)
        peer.liveness.go_by(PLAIN)
        self.assertIs(peer.state, State.ALIVE)


class DrawTests(SynchronousTestCase):
    def test_coarse(self) -> None:
        """Numbers from 0 up to 1, all of them shared."""
        drawn = {id(coarse()) for _ in range(5000)}
        self.assertLessEqual(len(drawn), len(DRAWS))
        self.assertGreater(len(drawn), len(DRAWS) // 2)
        self.assertEqual((min(DRAWS), max(DRAWS) < 1), (0, True))
