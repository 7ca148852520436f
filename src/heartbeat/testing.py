"""What you need to test *your* protocols, without sockets and without waiting.

.. code-block:: python

    from heartbeat import HeartbeatMixin, Keepalive, Lines, PeerLostError
    from heartbeat.testing import assert_nothing_left, connect
    from twisted.internet.task import Clock
    from twisted.protocols.basic import LineReceiver

    class Chat(HeartbeatMixin, LineReceiver):
        keepalive = Keepalive(interval=30, timeout=10)
        wire = Lines()

        def connectionLost(self, reason):
            self.reason = reason

    clock = Clock()
    pair = connect(Chat(), Chat(), clock)
    pair.advance(60)              # deadline by deadline, bytes in between
    assert pair.client.heartbeat.verdict is None
    pair.cut()                    # from now on nothing arrives
    pair.advance(60)
    assert pair.client.reason.check(PeerLostError)
    assert_nothing_left(clock, pair.client, pair.server)
"""

from __future__ import annotations

import contextlib
import enum
import math
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import attrs
from twisted.internet.error import ConnectionLost

from heartbeat import late
from heartbeat.clock import ScopedClock
from heartbeat.evidence import Evidence, Source
from heartbeat.graph.testing.asserting import assert_no_strays
from heartbeat.graph.testing.dirty import explain_dirty_reactor
from heartbeat.memory import MemoryTransport, join
from heartbeat.protocol import HeartbeatMixin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twisted.internet.task import Clock

    from heartbeat.keepalive import Heartbeat

__all__ = [
    "InjectedProbe",
    "Link",
    "Pair",
    "advance",
    "advance_to_next",
    "assert_no_strays",
    "assert_nothing_left",
    "connect",
    "explain_dirty_reactor",
    "inject",
    "late_writes_raise",
]

ROUNDS = 10_000
"""Turns of the link after which `Pair.flush` takes the traffic for endless."""

_Client = TypeVar("_Client")
_Server = TypeVar("_Server")


def advance_to_next(clock: Clock) -> float:
    """Move *clock* to its next deadline and run what is due then.

    Returns:
        Seconds by which it moved; 0.0 if nothing is pending.
    """
    due = _next_due(clock)
    if due == math.inf:
        return 0.0
    seconds = max(0.0, due - clock.seconds())
    clock.advance(seconds)
    return seconds


def advance(clock: Clock, seconds: float) -> None:
    """Move *clock* by *seconds*, stopping at every deadline on the way.

    One big ``clock.advance`` runs everything late, at the end: to a keepalive
    that is a reactor which was blocked for so long, and it acts accordingly.

    Source:
        twisted#9819.
    """
    end = clock.seconds() + seconds
    while _next_due(clock) <= end:
        advance_to_next(clock)
    clock.advance(max(0.0, end - clock.seconds()))


def _next_due(clock: Clock) -> float:
    return min((call.getTime() for call in clock.getDelayedCalls()), default=math.inf)


class Link(enum.Enum):
    """What becomes of bytes between the ends of a pair."""

    UP = "up"
    CUT = "cut"
    """They vanish, and nobody is told."""


@attrs.define(eq=False)
class Pair(Generic[_Client, _Server]):
    """Two connected protocols, and the clock and the link between them.

    Attributes:
        client: The protocol of the one end.
        server: The protocol of the other end.
        clock: What both run on.
    """

    client: _Client
    server: _Server
    clock: Clock
    _ends: tuple[MemoryTransport, MemoryTransport]
    _link: Link = Link.UP

    def flush(self) -> None:
        """Deliver all bytes, and complete all closes, until nothing moves.

        Raises:
            AssertionError: There is no end to it: each side answers the other.
        """
        for _ in range(ROUNDS):
            # Both ends in each round: a list, not a generator, for any() stops early.
            if not any([self._move(end) for end in self._ends]):  # noqa: C419
                return
        raise AssertionError(f"bytes still move after {ROUNDS} rounds")

    def advance(self, seconds: float) -> None:
        """Move the clock deadline by deadline, delivering bytes at each."""
        end = self.clock.seconds() + seconds
        self.flush()
        while _next_due(self.clock) <= end:
            advance_to_next(self.clock)
            self.flush()
        self.clock.advance(max(0.0, end - self.clock.seconds()))
        self.flush()

    def cut(self) -> None:
        """From now on bytes vanish, as when a host or a cable does."""
        self._link = Link.CUT

    def mend(self) -> None:
        """Bytes arrive again; what has vanished has vanished."""
        self._link = Link.UP

    def lose(self) -> None:
        """Both ends lose the connection now, uncleanly."""
        for end in self._ends:
            end.lose(ConnectionLost())

    def _move(self, end: MemoryTransport) -> bool:
        if self._link is Link.UP:
            moved = end.deliver()
            return end.finish() or moved
        end.drop()
        return end.finish_alone()


def connect(client: _Client, server: _Server, clock: Clock) -> Pair[_Client, _Server]:
    """Connect two protocols in memory, the server first.

    Protocols with the mixin that have no ``reactor`` of their own get *clock*.

    Raises:
        ValueError: One of these has made a timer already, on the global reactor.
    """
    ends = join(client, server)
    for protocol in (client, server):
        if isinstance(protocol, HeartbeatMixin) and protocol.reactor is None:
            _put_on(protocol, clock)
    cast("Any", server).makeConnection(ends[1])
    cast("Any", client).makeConnection(ends[0])
    pair = Pair(client, server, clock, ends)
    pair.flush()
    return pair


def _put_on(protocol: HeartbeatMixin, clock: Clock) -> None:
    if protocol._heartbeat_connection is not None:  # noqa: SLF001 - ours
        raise ValueError(
            f"{type(protocol).__name__} made a timer before it was connected, so it "
            "is on the global reactor already: set reactor = clock before that"
        )
    protocol.reactor = clock


class InjectedProbe:
    """Evidence made up by a test; everything it says can be set at any time.

    Args:
        now: The clock of the keepalive that is fed with it.

    Attributes:
        evidence: What `look` says, but for the time since the last byte.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._heard_at = now()
        self.evidence = Evidence(source=Source.INJECTED, heard_ago=0.0)

    def set(self, **changes: Any) -> None:
        """Change fields of the evidence: ``probe.set(unsent=4096, window=0)``."""
        self.evidence = attrs.evolve(self.evidence, **changes)

    def hear(self, size: int = 1) -> None:
        """Now *size* bytes arrive from the peer."""
        self._heard_at = self._now()
        self.set(received=self.evidence.received + size)

    def heard_ago(self) -> float:
        """Seconds since the last `hear`, or since this was made."""
        return self._now() - self._heard_at

    def signs(self) -> Evidence:
        """The evidence as it stands."""
        return self.look()

    def look(self) -> Evidence:
        """The same."""
        return attrs.evolve(self.evidence, heard_ago=self.heard_ago())

    def close(self) -> None:
        """There is nothing to let go of."""


def inject(heartbeat: Heartbeat) -> InjectedProbe:
    """From now on *heartbeat* judges by what the test makes up."""
    probe = InjectedProbe(heartbeat.now)
    heartbeat.probe = probe
    return probe


def assert_nothing_left(*owners: Clock | ScopedClock | HeartbeatMixin) -> None:
    """Fail unless none of *owners* has a pending call or an owned Deferred left.

    Args:
        owners: Clocks, scopes, or protocols with the mixin.

    Raises:
        AssertionError: Something is left; the message names every piece.
    """
    left = [piece for owner in owners for piece in _left_of(owner)]
    if left:
        raise AssertionError("\n".join(["left over:", *left]))


def _left_of(owner: Clock | ScopedClock | HeartbeatMixin) -> list[str]:
    clock = owner.clock if isinstance(owner, HeartbeatMixin) else owner
    left = [f"  pending call: {call}" for call in clock.getDelayedCalls()]
    if isinstance(clock, ScopedClock) and clock.owned:
        left.append(f"  owned Deferreds of scope {clock.name!r}: {clock.owned}")
    return left


@contextlib.contextmanager
def late_writes_raise() -> Iterator[None]:
    """Within it a write to a lost connection raises `LateWriteError`."""
    before = late.mode
    late.mode = late.Mode.RAISE
    try:
        yield
    finally:
        late.mode = before
