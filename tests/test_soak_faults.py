"""What the soak does to connections and processes: never two things at once."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from heartbeat import Keepalive, Kind, Verdict
from heartbeat.testing import InjectedProbe, Pair, connect

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent

# It is run from the root of the project; the tests may be run from anywhere.
sys.path.insert(0, str(ROOT))
try:
    import psutil

    from benchmarks.soak.connection import Link, Standing
    from benchmarks.soak.faults import MUTE, Faults
    from benchmarks.soak.fleet import STOPPED, Fleet
    from benchmarks.soak.ledger import BRIEF, FROZEN, MARGIN, MUTED, Account
    from benchmarks.soak.peer import Answering
    from benchmarks.soak.peers import Condition, Peer
except ImportError as error:
    # A copy of the tests, alone, or without what benchmarks need.
    raise SkipTest(f"the soak cannot be imported: {error}") from error
finally:
    sys.path.remove(str(ROOT))

POLICY = Keepalive(interval=1, timeout=0.2)
PAUSE = BRIEF * 0.2
COMMAND = [
    sys.executable,
    "-S",
    "-c",
    "import sys; print(1, flush=True); sys.stdin.read()",
]


class Reactor(MemoryReactorClock):
    """Time by hand; what is for a thread is done at once."""

    def getThreadPool(self) -> Reactor:  # noqa: N802 - Twisted's
        return self

    def callInThreadWithCallback(  # noqa: N802 - Twisted's
        self, done: Callable[[bool, Any], None], work: Callable[[], Any]
    ) -> None:
        done(True, work())

    def callFromThread(  # noqa: N802 - Twisted's
        self, function: Callable[..., Any], *arguments: Any
    ) -> None:
        function(*arguments)


class _Cases(SynchronousTestCase):
    peers = 2

    def setUp(self) -> None:
        self.reactor = Reactor()
        self.fleet = Fleet(self.reactor, POLICY, self.peers, start=self.start)
        self.faults = Faults(self.fleet, pace=1)
        self.ledger = self.fleet.ledger
        self.pairs: dict[Link, Pair[Any, Any]] = {}

    def start(self) -> Peer:
        """A process that only waits for its end."""
        peer = Peer(COMMAND)
        self.addCleanup(peer.close)
        return peer

    def unconnected(self) -> Link:
        """One that is about to be connected."""
        self.fleet.wanted += 1
        self.fleet.fill()
        factory: Any = self.reactor.tcpClients[-1][2]
        link: Link = factory.buildProtocol(None)
        return link

    def link(self) -> Link:
        """One more connection, to an end of this process."""
        link = self.unconnected()
        self.pairs[link] = connect(link, Answering(), self.reactor)
        return link

    def lose(self, link: Link) -> None:
        """It is gone at once."""
        link.transport.abortConnection()
        self.pairs[link].flush()

    def conditions(self) -> set[Condition]:
        """Of all processes."""
        return {each.condition for each in self.fleet.peers}


class PeerTests(_Cases):
    """A process does one thing at a time."""

    peers = 0

    def test_pause(self) -> None:
        """One that is stopped for a moment goes on, and has to catch up."""
        peer = self.start()
        peer.pause()
        self.assertTrue(stops(peer))
        for deed in (peer.pause, peer.stop, peer.kill, peer.recovered):
            self.assertRaises(ValueError, deed)
        peer.resume()
        for deed in (peer.pause, peer.stop, peer.kill, peer.resume):
            self.assertRaises(ValueError, deed)
        peer.recovered()
        self.assertIs(peer.condition, Condition.SERVING)

    def test_stop(self) -> None:
        """One that is stopped for good can only be killed."""
        peer = self.start()
        peer.stop()
        self.assertTrue(stops(peer))
        for deed in (peer.pause, peer.resume, peer.recovered, peer.stop):
            with self.assertRaisesRegex(ValueError, "is stopped for good cannot"):
                deed()
        self.assertEqual(psutil.Process(peer.pid).status(), psutil.STATUS_STOPPED)
        self.assertFalse(peer.lives)
        peer.kill()
        self.assertFalse(psutil.pid_exists(peer.pid))

    def test_kill(self) -> None:
        """To one that is gone nothing can be done."""
        peer = self.start()
        peer.kill()
        self.assertFalse(peer.lives)
        for deed in (peer.pause, peer.resume, peer.recovered, peer.stop, peer.kill):
            self.assertRaises(ValueError, deed)


class ProcessTests(_Cases):
    """Deeds to whole processes."""

    def test_paused_is_left_alone(self) -> None:
        """One that is stopped for a moment is not stopped for good, or killed."""
        self.assertTrue(self.faults.pause_peer())
        self.assertTrue(self.faults.pause_peer())
        deeds = (self.faults.pause_peer, self.faults.stop_peer, self.faults.kill_peer)
        for after in (0, PAUSE):
            self.reactor.advance(after)
            self.assertFalse(any(deed() for deed in deeds))
        self.assertEqual(self.conditions(), {Condition.RECOVERING})
        self.reactor.advance(0.2)
        self.assertEqual(self.conditions(), {Condition.SERVING})

    def test_pause_then_stop(self) -> None:
        """What lets the one go on does not let the other go on."""
        for _ in range(2):  # three are left, of which one is paused
            self.fleet.peers.append(self.start())
        self.assertTrue(self.faults.pause_peer())
        self.assertTrue(self.faults.stop_peer())
        (stopped,) = (each for each in self.fleet.peers if not each.lives)
        self.assertTrue(stops(stopped))
        self.reactor.advance(PAUSE)
        self.reactor.advance(0.2)
        self.assertIs(stopped.condition, Condition.STOPPED)
        self.assertEqual(psutil.Process(stopped.pid).status(), psutil.STATUS_STOPPED)

    def test_replaced(self) -> None:
        """Of one that was stopped or killed, nothing is left to come."""
        before = set(self.fleet.peers)
        self.assertTrue(self.faults.stop_peer())
        self.assertFalse(self.faults.kill_peer())  # nobody would be left
        assert POLICY.within is not None
        self.reactor.advance(4 * POLICY.within)
        self.assertEqual(len(before & set(self.fleet.peers)), 1)
        self.assertTrue(self.faults.kill_peer())
        self.assertEqual(self.conditions(), {Condition.SERVING})
        self.assertFalse(self.fleet.busy)

    def test_block(self) -> None:
        """We do not stand still while somebody has to be let go on by us."""
        self.faults.pause_peer()
        self.assertFalse(self.faults.block())
        self.reactor.advance(PAUSE)
        self.assertTrue(self.faults.block())


class LinkTests(_Cases):
    """Deeds to single connections, and to those of a process."""

    def test_doomed_is_left_alone(self) -> None:
        """Nothing more is done to one that is mute, or that we close."""
        faults = self.faults
        deeds = (faults.load, faults.reconfigure, faults.close, faults.rest)
        link = self.link()
        self.assertTrue(faults.mute())
        self.assertIs(link.standing, Standing.DOOMED)
        self.assertFalse(any(deed() for deed in (*deeds, faults.mute)))
        self.assertEqual(self.ledger.accounts, {MUTE: Account(doomed=1)})

    def test_closed_is_left_alone(self) -> None:
        """It cannot become mute any more, so no verdict is waited for."""
        self.link()
        self.assertTrue(self.faults.close())
        self.assertFalse(self.faults.mute())
        self.assertEqual(self.ledger.accounts, {})

    def test_rest(self) -> None:
        """While we do not read, nobody falls mute; afterwards somebody does."""
        link = self.link()
        self.assertTrue(self.faults.rest())
        self.assertFalse(self.faults.mute() or self.faults.rest())
        self.assertTrue(self.faults.load() and self.faults.reconfigure())
        link.wake()
        self.assertTrue(self.faults.mute())

    def test_reconfigure_then_mute(self) -> None:
        """The promise is that of the numbers it has then, and of a peer not paused."""
        link = self.link()
        link.heartbeat.configure(Keepalive(interval=50, timeout=50))
        self.faults.mute()
        assert link.doom is not None
        self.assertAlmostEqual(link.doom.by - link.doom.at, 100 + MARGIN + PAUSE)

    def test_rest_then_stop(self) -> None:
        """A rest of ours ends, for it would excuse the peer."""
        link = self.link()
        self.faults.rest()
        self.fleet.stop(link.peer)
        self.assertFalse(link.resting)
        self.assertEqual(self.ledger.accounts, {STOPPED: Account(doomed=1)})

    def test_mute_then_stop(self) -> None:
        """It is counted once, and not reading has become true of it."""
        link = self.link()
        self.faults.mute()
        assert link.doom is not None
        self.assertEqual(link.doom.kinds, MUTED)
        self.fleet.stop(link.peer)
        self.assertEqual(link.doom.kinds, FROZEN)
        self.assertEqual(self.ledger.accounts, {MUTE: Account(doomed=1)})

    def test_mute_then_kill(self) -> None:
        """Its process was quicker than the keepalive: that is counted."""
        link = self.link()
        self.faults.mute()
        self.fleet.replace(link.peer)
        self.lose(link)
        account = Account(doomed=1, forestalled=1)
        self.assertEqual(self.ledger.accounts, {MUTE: account})
        self.assertEqual((self.ledger.wrong, account.open), ([], 0))

    def test_verdict_then_stop(self) -> None:
        """One that was given up is not given up again."""
        link = self.link()
        self.faults.mute()
        evidence = InjectedProbe(lambda: 0.0).look()
        hung = Verdict(kind=Kind.PEER_HUNG, evidence=evidence, peer="", at=1, waited=1)
        link.peer_lost(hung)
        self.fleet.stop(link.peer)
        self.lose(link)
        self.assertEqual(self.ledger.accounts, {MUTE: Account(doomed=1, right=1)})
        self.assertEqual(self.ledger.wrong, [])

    def test_lost(self) -> None:
        """A loss that nobody caused is wrong, of one that should live or be judged."""
        for mute in (False, True):
            link = self.link()
            if mute:
                self.faults.mute()
            self.lose(link)
        self.assertEqual(len(self.ledger.wrong), 2)
        self.assertEqual(self.ledger.accounts, {MUTE: Account(doomed=1, wrong=1)})

    def test_joined_late(self) -> None:
        """Who was stopped meanwhile is doomed; who was killed is left at once."""
        for deed, standing in (
            (Peer.stop, Standing.DOOMED),
            (Peer.kill, Standing.LEAVING),
        ):
            link = self.unconnected()
            deed(link.peer)
            connect(link, Answering(), self.reactor)
            self.assertIs(link.standing, standing)
            self.fleet.peers.remove(link.peer)


def stops(peer: Peer) -> bool:
    """Wait until the kernel has stopped it."""
    _, status = os.waitpid(peer.pid, os.WUNTRACED)
    return os.WIFSTOPPED(status)
