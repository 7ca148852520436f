"""Connections to real peers on real reactors: what becomes of each is written down."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory
from twisted.protocols.basic import LineReceiver
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from heartbeat import HeartbeatMixin, Keepalive, Kind, Lines, PeerLostError, Verdict
from tests.connections import global_reactor
from tests.peers.process import Peer
from tests.tls import client_options, write_pem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "BRISK",
    "CALM",
    "Flood",
    "Scene",
    "Watched",
    "certificate",
    "no_descriptor_left",
]

BRISK = Keepalive(interval=0.3, timeout=0.3, jitter=0, grace=0.3)
"""For peers that are gone: fast enough for a test, and far above one pass of I/O."""

CALM = attrs.evolve(BRISK, timeout=60)
"""For peers that live: on a busy machine, a process may stand still for seconds."""

SETTLING = 1000
"""Hundredths of a second for what ends in a later turn of the reactor."""


class Watched(HeartbeatMixin, LineReceiver):
    """A connection whose fate is written down.

    Args:
        deed: What to do to it once the peer has answered.
        policy: Its keepalive.

    Attributes:
        over: Fires with this when the connection is lost.
        lines: How many lines were received.
        deed_at: When the deed was done, monotonic seconds.
        lasted: Seconds from the deed to the loss.
        reason: Of the loss; None before.
        suspicions: What ``peer_suspected`` was given.
        verdicts: What ``peer_lost`` was given.
    """

    MAX_LENGTH = 2**24
    wire = Lines()
    transport: Any

    def __init__(self, deed: Callable[[Watched], object], policy: Keepalive) -> None:
        self.keepalive = policy
        self.deed = deed
        self.over: Deferred[Watched] = Deferred()
        self.lines = self._lines_until = 0
        self.deed_at = self.lasted = 0.0
        self.reason: Failure | None = None
        self.suspicions: list[Verdict] = []
        self.verdicts: list[Verdict] = []

    @property
    def kind(self) -> Kind | None:
        """The kind of verdict that ended it, None for none."""
        if self.reason is None or not isinstance(self.reason.value, PeerLostError):
            return None
        verdict = self.reason.value.verdict
        assert isinstance(verdict, Verdict)
        return verdict.kind

    def connectionMade(self) -> None:
        """Ask, then do the deed, answered or not."""
        self.clock.callLater(0, self.do)

    def do(self) -> None:
        """Do the deed."""
        self.deed_at = time.monotonic()
        self.deed(self)

    def part(self) -> None:
        """End it ourselves, once the peer has answered what was asked so far."""
        asked = self.heartbeat.ping()
        asked.addCallbacks(lambda _: self.transport.abortConnection(), lambda _: None)

    def on_line(self, more: int, deed: Callable[[Watched], object]) -> None:
        """Do *deed* when that many *more* lines were received."""
        self._lines_until, self.deed = self.lines + more, deed

    def lineReceived(self, line: bytes) -> None:
        """Count it."""
        self.lines += 1
        if self.lines == self._lines_until:
            self.do()

    def peer_suspected(self, verdict: Verdict) -> None:
        """Write it down."""
        self.suspicions.append(verdict)

    def peer_lost(self, verdict: Verdict) -> None:
        """Write it down."""
        self.verdicts.append(verdict)

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008
        """Write it down, and say that it is over."""
        self.lasted = time.monotonic() - self.deed_at
        self.reason = reason
        self.over.callback(self)


class Flood:
    """A push producer that writes whenever it may, and never ends."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._flowing = True

    def begin(self) -> None:
        """Register, and write."""
        self._transport.registerProducer(self, streaming=True)
        self.resumeProducing()

    def resumeProducing(self) -> None:
        """Write until told to pause."""
        self._flowing = True
        while self._flowing:
            self._transport.write(b"z" * 2**16)

    def pauseProducing(self) -> None:
        """Wait."""
        self._flowing = False

    def stopProducing(self) -> None:
        """End."""
        self._flowing = False


class Scene:
    """Peers, and the connections to them.

    Args:
        reactor: Runs our side.
        policy: The keepalive of connections that have no other.
        certificate: The file with the peers' key and certificate: they speak TLS.
    """

    def __init__(
        self, reactor: Any, policy: Keepalive = CALM, certificate: str | None = None
    ) -> None:
        self.reactor = reactor
        self._policy = policy
        self._certificate = certificate
        self._closing = contextlib.ExitStack()
        self._peers: dict[str, Peer] = {}
        self.watched: dict[str, Watched] = {}

    def peer(self, habit: str, **where: Any) -> Peer:
        """A new process."""
        peer = Peer(habit, certificate=self._certificate, **where)
        self._closing.callback(peer.close)
        return peer

    def add(
        self,
        name: str,
        peer: Peer,
        deed: Callable[[Watched], object],
        policy: Keepalive | None = None,
    ) -> None:
        """A connection to *peer*, and what happens to it."""
        self._peers[name] = peer
        self.watched[name] = Watched(deed, policy or self._policy)

    def play(self) -> dict[str, Watched]:
        """Run until all connections are lost."""
        with self._closing:
            play(self.reactor, self._begin)
        return self.watched

    def _begin(self) -> Deferred[Any]:
        tls = self._certificate is not None
        for name, watched in self.watched.items():
            connect(self.reactor, self._peers[name], watched, tls=tls)
        over = [watched.over for watched in self.watched.values()]
        return DeferredList(over, fireOnOneErrback=True)


@contextlib.contextmanager
def certificate() -> Iterator[str]:
    """A file with key and certificate for peers that speak TLS."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pair.pem")
        write_pem(path)
        yield str(path)


def connect(
    reactor: Any, peer: Peer, watched: Watched, *, tls: bool = False
) -> Watched:
    """Connect *watched* to *peer*, over TCP or TLS."""
    watched.reactor = reactor
    factory: Any = ClientFactory()
    factory.noisy = False
    factory.buildProtocol = lambda _: watched
    factory.clientConnectionFailed = lambda _, reason: watched.over.errback(reason)
    if tls:
        # As twisted.internet.endpoints.wrapClientTLS does.
        factory = TLSMemoryBIOFactory(client_options(), True, factory)
        factory.noisy = False
    reactor.connectTCP(peer.host, peer.port, factory)
    return watched


def play(
    reactor: Any, scene: Callable[[], Deferred[Any]], seconds: float = 60.0
) -> None:
    """Run *reactor* until what *scene* returns fires, and for as long as it is not idle.

    Time is the monotonic clock's, whatever is done to the reactor's.

    Raises:
        AssertionError: *seconds* passed, or something is left in the reactor.
    """
    outcome: list[Any] = []

    def settle(tries: int) -> None:
        if tries and left_in(reactor):
            reactor.callLater(0.01, settle, tries - 1)
            return
        outcome.append(left_in(reactor))
        if reactor.running:
            reactor.stop()

    def ended(result: Any) -> None:
        outcome.append(result)
        settle(SETTLING)

    def begin() -> None:
        scene().addBoth(ended)

    if reactor is global_reactor():
        begin()
        deadline = time.monotonic() + seconds
        while len(outcome) < 2 and time.monotonic() < deadline:
            reactor.iterate(0.01)
    else:
        reactor.callWhenRunning(begin)
        _run(reactor, seconds)
    _check(outcome)


def _run(reactor: Any, seconds: float) -> None:
    """Run it, and stop it after *seconds*, even if its clock was set back."""
    guard = threading.Timer(seconds, reactor.callFromThread, [reactor.stop])
    guard.start()
    try:
        reactor.run(installSignalHandlers=False)
    finally:
        guard.cancel()
        guard.join()


def _check(outcome: list[Any]) -> None:
    assert len(outcome) == 2, f"the scene did not end: {outcome}"
    result, left = outcome
    if isinstance(result, Failure):
        result.raiseException()
    assert not left, f"left in the reactor: {left}"


def left_in(reactor: Any) -> list[object]:
    """Everything that keeps *reactor* from being idle, but what is its own."""
    readers = set(reactor.getReaders()) - set(reactor._internalReaders)
    calls = [
        call
        for call in reactor.getDelayedCalls()
        if getattr(call.func, "__name__", "") != "settle"
    ]
    return [*readers, *reactor.getWriters(), *calls]


@contextlib.contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Fail if there are other open descriptors after it than before."""
    global_reactor()  # made when it is first asked for
    before = _descriptors()
    yield
    after = _descriptors()
    assert after == before, f"descriptors before {before}, after {after}"


def _descriptors() -> dict[str, str]:
    found = {}
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found[path.name] = str(path.readlink())
    return {number: to for number, to in found.items() if "/proc/" not in to}
