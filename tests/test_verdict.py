"""From evidence to a kind, and what a verdict says."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.errors import PeerLostError
from heartbeat.evidence import Evidence
from heartbeat.policy import Keepalive, Proof
from heartbeat.verdict import Kind, Verdict, judge, of_silence
from tests.simulated import Peer

PLAIN = Keepalive(jitter=0)


def kernel(**known: Any) -> Evidence:
    """A healthy connection as the kernel sees it, 30 s after the last byte, but for
    what is given.
    """
    healthy: dict[str, Any] = {
        "heard_ago": 30,
        "sent_ago": 20,
        "ack_ago": 19.9,
        "acked": 5000,
        "in_flight": 0,
        "window": 65536,
    }
    return Evidence(**(healthy | known))


def counted(**known: Any) -> Evidence:
    """The same where the kernel tells nothing."""
    return Evidence(**({"heard_ago": 30} | known))


def asked(evidence: Evidence) -> Kind:
    """With a question open for 20 s, in which nothing of ours moved on."""
    return judge(evidence, asked=True, stuck_for=20)


def unasked(evidence: Evidence) -> Kind:
    """Without a question, when the peer was last heard 30 s ago."""
    return judge(evidence, asked=False, stuck_for=30)


class JudgeTests(SynchronousTestCase):
    def test_hung(self) -> None:
        """Everything was acknowledged, the question included, and no answer came."""
        self.assertIs(asked(kernel()), Kind.PEER_HUNG)

    def test_hung_while_more_is_sent(self) -> None:
        """Bytes on their way that are acknowledged do not change that."""
        self.assertIs(asked(kernel(in_flight=900, ack_ago=0.05)), Kind.PEER_HUNG)
        busy = kernel(unsent=900, in_flight=900, ack_ago=0.05)
        self.assertIs(asked(busy), Kind.PEER_HUNG)
        self.assertIs(asked(kernel(unsent=900, ack_ago=0.05)), Kind.PEER_HUNG)

    def test_hung_but_talking(self) -> None:
        """If only the answer counts, a peer whose other bytes come is not silent."""
        self.assertIs(asked(counted(heard_ago=0.5)), Kind.PEER_HUNG)

    def test_silent(self) -> None:
        """Without a question, or without the kernel, nothing more is known."""
        self.assertIs(unasked(kernel()), Kind.PEER_SILENT)
        self.assertIs(asked(counted()), Kind.PEER_SILENT)
        self.assertIs(unasked(counted()), Kind.PEER_SILENT)

    def test_silent_while_we_send(self) -> None:
        """Whoever takes our bytes and sends none is silent, nothing worse."""
        busy = kernel(in_flight=90000, unsent=90000, ack_ago=0.05)
        self.assertIs(unasked(busy), Kind.PEER_SILENT)
        self.assertIs(unasked(kernel(unsent=900, ack_ago=0.05)), Kind.PEER_SILENT)
        self.assertIs(unasked(counted(unsent=900, sent_ago=0.1)), Kind.PEER_SILENT)

    def test_unacknowledged_for_a_moment(self) -> None:
        """Bytes that were just sent, or one that was lost, speak against nobody."""
        for retransmits in (0, 1):
            fresh = kernel(in_flight=16, ack_ago=29, retransmits=retransmits)
            self.assertIs(unasked(fresh), Kind.PEER_SILENT)
            self.assertIs(asked(fresh), Kind.PEER_SILENT)

    def test_question_on_its_way(self) -> None:
        """What is acknowledged before the question arrives proves no application.

        Seen with a round trip of 3 s: acknowledgements of what we had said before
        arrived while our question was on its way.
        """
        slow = kernel(in_flight=23, ack_ago=1.2, heard_ago=30)
        kind = judge(slow, asked=True, stuck_for=20, delivered=False)
        self.assertIs(kind, Kind.PEER_SILENT)

    def test_not_reading(self) -> None:
        """Measured of a live peer that does not read: nothing in flight, 2.7 MB
        waiting, one probe, acknowledged 744 ms ago.
        """
        stuck = kernel(unsent=2_700_000, probes=1, ack_ago=0.744, window=0)
        self.assertIs(asked(stuck), Kind.PEER_NOT_READING)
        self.assertIs(unasked(stuck), Kind.PEER_NOT_READING)
        older_kernel = attrs.evolve(stuck, window=None)
        self.assertIs(asked(older_kernel), Kind.PEER_NOT_READING)

    def test_not_reading_with_rare_probes(self) -> None:
        """Probes of a window that is closed for long come less often than questions."""
        stuck = kernel(unsent=500, probes=1, ack_ago=100, window=0)
        self.assertIs(asked(stuck), Kind.PEER_NOT_READING)

    def test_dead_behind_a_closed_window(self) -> None:
        """Probes that nobody answers: it is not the peer's reading any more."""
        dead = kernel(unsent=500, probes=3, ack_ago=100, window=0)
        self.assertIs(asked(dead), Kind.NETWORK_DEAD)
        alive = attrs.evolve(dead, ack_ago=5)
        self.assertIs(asked(alive), Kind.PEER_NOT_READING)

    def test_dead(self) -> None:
        """A vanished peer: our bytes in flight, sent again and again."""
        dead = kernel(in_flight=17, retransmits=6, ack_ago=50)
        self.assertIs(asked(dead), Kind.NETWORK_DEAD)
        self.assertIs(unasked(dead), Kind.NETWORK_DEAD)
        more = attrs.evolve(dead, unsent=4000, retransmits=2)
        self.assertIs(asked(more), Kind.NETWORK_DEAD)

    def test_stalled(self) -> None:
        """Our bytes wait here, and nothing says that the peer is why."""
        self.assertIs(asked(kernel(unsent=500, ack_ago=50)), Kind.WRITE_STALLED)
        self.assertIs(asked(counted(unsent=500)), Kind.WRITE_STALLED)
        self.assertIs(asked(counted(unsent=500, sent_ago=25)), Kind.WRITE_STALLED)

    @given(
        st.builds(
            Evidence,
            heard_ago=st.floats(0, 100),
            sent_ago=st.none() | st.floats(0, 100),
            ack_ago=st.none() | st.floats(0, 100),
            acked=st.none() | st.integers(0, 9),
            in_flight=st.none() | st.integers(0, 9),
            unsent=st.integers(0, 9),
            retransmits=st.integers(0, 9),
            probes=st.integers(0, 9),
            window=st.none() | st.integers(0, 9),
        ),
        st.booleans(),
        st.floats(0, 100),
    )
    def test_no_statement_without_evidence(
        self, evidence: Evidence, question: bool, stuck_for: float
    ) -> None:
        """Whatever is known, the kind says no more than that."""
        kind = judge(evidence, asked=question, stuck_for=stuck_for)

        waiting = bool(evidence.unsent or evidence.in_flight)
        unanswered = evidence.retransmits >= 2 or evidence.probes >= 2
        closed = evidence.window == 0 or evidence.probes > 0
        supported = {
            Kind.PEER_SILENT: True,
            Kind.PEER_HUNG: question,
            Kind.NETWORK_DEAD: waiting and unanswered,
            Kind.PEER_NOT_READING: waiting and closed,
            Kind.WRITE_STALLED: evidence.unsent > 0,
        }
        self.assertTrue(supported[kind], kind)


class OfSilenceTests(SynchronousTestCase):
    def judge(self, peer: Peer) -> Verdict:
        """What its silence looks like now."""
        return of_silence(peer.liveness, peer.evidence, peer.now, "192.0.2.1:80")

    def test_after_questions(self) -> None:
        """It counts them, and the seconds since the last proof of life."""
        peer = Peer.of(attrs.evolve(PLAIN, attempts=2, enforce=False))
        peer.run(until=1070)
        verdict = self.judge(peer)
        self.assertEqual((verdict.attempt, verdict.attempts), (2, 2))
        self.assertEqual((verdict.at, verdict.waited), (1070, 70))
        self.assertEqual((verdict.kind, verdict.enforced), (Kind.PEER_HUNG, False))
        self.assertEqual(verdict.evidence.heard_ago, 70)

    def test_after_silence(self) -> None:
        """Without a question it counts from the last byte, whatever is proof."""
        peer = Peer.of(Keepalive(interval=None, silence=60, proof=Proof.REPLY))
        peer.send(at=1005)
        peer.run(until=1065)
        verdict = self.judge(peer)
        self.assertEqual((verdict.kind, verdict.attempt), (Kind.PEER_SILENT, 0))
        self.assertEqual(verdict.waited, 60)

    def test_a_young_question_proves_nothing(self) -> None:
        """If silence passes just after a question was asked, nobody is called hung."""
        peer = Peer.of(attrs.evolve(PLAIN, silence=31))
        peer.run(until=1031)
        self.assertIs(self.judge(peer).kind, Kind.PEER_SILENT)

    def test_since_bytes_moved(self) -> None:
        """An acknowledgement from before our bytes got stuck proves nothing now."""
        peer = Peer.of(PLAIN)
        peer.move(0, unsent=100)
        peer.know(window=0, probes=2)
        peer.suspected()
        peer.know(ack_ago=19.0)
        self.assertIs(self.judge(peer).kind, Kind.PEER_NOT_READING)
        peer.know(ack_ago=21.0)
        self.assertIs(self.judge(peer).kind, Kind.NETWORK_DEAD)


class VerdictTests(SynchronousTestCase):
    def setUp(self) -> None:
        """A verdict of a hung peer."""
        self.verdict = Verdict(
            kind=Kind.PEER_HUNG,
            evidence=kernel(),
            peer="192.0.2.1:80",
            at=1050.0,
            waited=50.0,
            attempt=1,
            attempts=2,
        )

    def test_sentence(self) -> None:
        """Kind, meaning, peer, how long, and how often it was asked."""
        self.assertEqual(
            str(self.verdict),
            "PEER_HUNG: the connection works, but the peer's application does not "
            "answer (peer 192.0.2.1:80, after 50.000 s, 1 of 2 questions unanswered)",
        )

    def test_sentence_without_questions(self) -> None:
        """What was not asked is not mentioned."""
        verdict = Verdict(
            kind=Kind.MAX_AGE, evidence=kernel(), peer="x", at=1.0, waited=9.5
        )
        self.assertEqual(
            str(verdict),
            "MAX_AGE: the connection reached its greatest age (peer x, after 9.500 s)",
        )

    def test_value(self) -> None:
        """It does not change, compares by value, and survives a pickle."""
        verdict: Any = self.verdict
        with self.assertRaises(attrs.exceptions.FrozenInstanceError):
            verdict.kind = Kind.MAX_AGE
        copy = pickle.loads(pickle.dumps(verdict))  # noqa: S301 - our own
        self.assertEqual(copy, verdict)
        self.assertEqual(hash(copy), hash(verdict))
        self.assertNotEqual(copy, attrs.evolve(verdict, waited=51.0))

    def test_as_a_reason(self) -> None:
        """The reason of a lost connection carries it, and reads like it."""
        error = PeerLostError(self.verdict)
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        self.assertEqual(copy.verdict, self.verdict)
        self.assertEqual(str(error), str(self.verdict))

    def test_hopeless(self) -> None:
        """Only a peer that is well can be taken leave of."""
        kinds = {kind for kind in Kind if not kind.hopeless}
        self.assertEqual(kinds, {Kind.APP_IDLE, Kind.MAX_AGE, Kind.PING_FLOOD})

    def test_sentences_differ(self) -> None:
        """Every kind has one of its own."""
        self.assertEqual(len({kind.value for kind in Kind}), len(Kind))
