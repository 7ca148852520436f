"""What is known of a connection when somebody has to judge it.

On Linux the kernel has counted everything already, for a TCP socket under any
number of layers: a `KernelProbe` asks it when a timer fires, and costs nothing
while bytes flow. Elsewhere a `CountingProbe` counts what the protocol receives.

Source:
    ``TCP_INFO``, tcp(7). One ``getsockopt`` a check replaces a hook in every
    ``dataReceived`` and ``write``.
"""

from __future__ import annotations

import enum
import math
import socket
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from heartbeat import _twisted, kernel, tcp_info
from heartbeat.counting import Arrivals, Departures
from heartbeat.signs import KernelSigns

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from twisted.internet.abstract import FileDescriptor

    from heartbeat.question import Signs
    from heartbeat.tcp_info import TcpInfo

__all__ = ["CountingProbe", "Evidence", "KernelProbe", "Probe", "Source", "probe_for"]


class Source(enum.Enum):
    """Who says so."""

    KERNEL = "kernel"
    """Our kernel, which counts bytes of the wire: under TLS, encrypted ones."""

    COUNTED = "counted"
    """We counted, in bytes of the protocol: what was not read yet is not in it."""

    INJECTED = "injected"
    """Somebody made it up: a test."""


@attrs.frozen(kw_only=True, weakref_slot=False)
class Evidence:
    """What is known of a connection at one instant.

    Our stream is counted in bytes from its beginning. Up to `acked` the peer's
    kernel has it; up to `acked` + `in_flight` it has left this host; it ends at
    `acked` + `in_flight` + `unsent`. Of these positions only differences mean
    anything. Each may be short by what the peer acknowledged while we looked,
    and the end also by what TLS will add to bytes it has not encrypted; so a
    position written down is always reached.
    """

    source: Source = Source.INJECTED
    heard_ago: float
    """Seconds since the peer's last byte, or since it is watched before any; infinite
    if that cannot be asked any more.

    From the kernel: since the connection was made, in steps of 1 to 10 ms, and
    bytes that we have not read count.
    """
    received: int = 0
    """Bytes received so far."""
    sent_ago: float | None = None
    """Seconds since our last byte went out, retransmissions included.

    From the kernel: since the connection was made, before any. Counted: since
    the kernel took it; None before any, or where nobody knows.
    """
    ack_ago: float | None = None
    """Seconds since the peer's kernel last acknowledged; None if nobody knows."""
    acked: int | None = None
    """Bytes that the peer's kernel acknowledged; None if nobody knows."""
    in_flight: int | None = None
    """Bytes sent and not acknowledged; None if nobody knows."""
    unsent: int = 0
    """Bytes that wait on this host: in Twisted, in TLS, in the kernel's queue."""
    progress: Hashable = 0
    """Changes whenever our bytes moved on, and only then; compare for equality.

    Bytes the peer's kernel acknowledged, or, counted, bytes our kernel took.
    """
    retransmits: int = 0
    """Retransmission timeouts in a row for the oldest unacknowledged byte."""
    probes: int = 0
    """Zero-window or keepalive probes of our kernel that wait for an answer."""
    window: int | None = None
    """Bytes that the peer is ready to take; None if nobody knows."""
    rtt: float | None = None
    """Smoothed round trip between the kernels, seconds; None if nobody knows."""
    tcp_state: str | None = None
    """``"ESTABLISHED"``, ``"CLOSE_WAIT"``, … as in the kernel; None if not TCP."""
    reading: bool = True
    """Whether we read what the peer sends: false while paused, and once `finished`."""
    finished: bool = False
    """Whether the peer has closed its side, to a protocol that goes on with ours
    (`twisted.internet.interfaces.IHalfCloseableProtocol`)."""
    writable: bool = True
    """Whether what is written now may still reach the peer.

    False once our side was told to close or half-close, or is closed.
    """
    unread: int = 0
    """Bytes in our kernel that we have not read."""


class Probe(Protocol):
    """Looks at one connection, without changing it."""

    def heard_ago(self) -> float:
        """`Evidence.heard_ago` alone: cheap, for the check that finds all well."""

    def signs(self) -> Signs:
        """What liveness looks at; to be read before anything else happens."""

    def look(self) -> Evidence:
        """Everything that is known now; of a lost connection, that it is lost."""

    def close(self) -> None:
        """Look no more, and keep no reference to the connection."""


def probe_for(
    protocol: object, transport: object, now: Callable[[], float]
) -> KernelProbe | CountingProbe:
    """The best probe there is for a connection that was just made.

    Args:
        protocol: What receives; only its instance is touched, and that only
            where the kernel does not tell.
        transport: What *protocol* writes to.
        now: Monotonic seconds.
    """
    descriptor = _twisted.descriptor_of(transport)
    if descriptor is not None and kernel.knows(descriptor):
        return KernelProbe(transport, descriptor)
    return CountingProbe(protocol, transport, now)


_LEVEL = socket.IPPROTO_TCP
_OPTION = tcp_info.TCP_INFO
_SIZE = tcp_info.TO_LAST_HEARD
_unpack = tcp_info.unpack_last_heard
_LOST = Evidence(
    source=Source.KERNEL, heard_ago=math.inf, reading=False, writable=False
)


class KernelProbe:
    """Asks Linux about the TCP connection of *descriptor*.

    Args:
        transport: What the protocol writes to.
        descriptor: What *transport* ends in, with a TCP ``socket``.
    """

    __slots__ = ("_descriptor", "_transport")

    def __init__(self, transport: object, descriptor: FileDescriptor) -> None:
        self._transport: Any = transport
        self._descriptor: Any = descriptor

    def heard_ago(self) -> float:
        """`Evidence.heard_ago` alone: one system call; infinite of a lost connection."""
        # Written out, for it is all that a check of a lively connection does.
        try:
            ask = self._descriptor.socket.getsockopt
            milliseconds: int = _unpack(ask(_LEVEL, _OPTION, _SIZE))[0]
        except kernel.GONE:
            return math.inf
        return milliseconds * 1e-3

    def signs(self) -> Signs:
        """What liveness looks at: one system call, if nothing is in flight."""
        try:
            vitals = kernel.vitals(self._descriptor)
        except kernel.GONE:
            vitals = None
        here = self._transport, self._descriptor
        return _LOST if vitals is None else KernelSigns(*here, vitals)

    def look(self) -> Evidence:
        """Everything the kernel and Twisted know now."""
        try:
            info = kernel.tcp(self._descriptor)
        except kernel.GONE:
            info = None
        return _LOST if info is None else self._evidence(info)

    def close(self) -> None:
        """Look no more, and keep no reference to the connection."""
        self._transport = self._descriptor = None

    def _evidence(self, info: TcpInfo) -> Evidence:
        transport, descriptor = self._transport, self._descriptor
        # Asked after TCP_INFO: what was acknowledged in between makes the sum
        # of the positions too small, never too large.
        in_flight = kernel.unacknowledged(descriptor) - info.not_sent
        reading = _twisted.is_reading(descriptor)
        return Evidence(
            source=Source.KERNEL,
            heard_ago=info.heard_ago,
            received=info.received,
            sent_ago=info.sent_ago,
            ack_ago=info.ack_ago,
            acked=info.acked,
            in_flight=max(0, in_flight),
            unsent=info.not_sent + _twisted.unsent(transport, descriptor),
            progress=info.acked,
            retransmits=info.retransmits,
            probes=info.probes,
            window=info.window,
            rtt=info.rtt,
            tcp_state=info.state,
            reading=reading,
            finished=not reading and kernel.finished(descriptor),
            writable=_twisted.is_writable(transport, descriptor),
            unread=kernel.unread(descriptor),
        )


class CountingProbe:
    """Counts what *protocol* receives, and what becomes of what it writes.

    Args:
        protocol: Its ``dataReceived`` is shadowed on the instance until `close`.
        transport: What it writes to. If that ends in a descriptor, the
            descriptor's ``writeSomeData`` is shadowed likewise.
        now: Monotonic seconds.
    """

    __slots__ = ("_arrivals", "_departures", "_now", "_transport")

    def __init__(
        self, protocol: object, transport: object, now: Callable[[], float]
    ) -> None:
        _, writer = _twisted.halves_of(transport)
        self._transport: object | None = transport
        self._now = now
        self._arrivals = Arrivals(protocol, now)
        self._departures = None if writer is None else Departures(writer, now)

    def heard_ago(self) -> float:
        """`Evidence.heard_ago` alone: a subtraction."""
        self._arrivals.refresh()
        return max(0.0, self._now() - self._arrivals.last_at)

    def signs(self) -> Signs:
        """What liveness looks at."""
        return self.look()

    def look(self) -> Evidence:
        """Everything that can be known without the kernel's help."""
        if self._transport is not None:
            return self._evidence(self._transport)
        lost = attrs.evolve(_LOST, source=Source.COUNTED, heard_ago=self.heard_ago())
        return attrs.evolve(lost, received=self._arrivals.total)

    def below(self, change: Callable[[], None]) -> None:
        """Let *change* set another ``dataReceived``, and count above that."""
        self._arrivals.below(change)

    def close(self) -> None:
        """Count no more, and keep no reference to the connection."""
        self._transport = None
        self._arrivals.stop()
        if self._departures is not None:
            self._departures.stop()

    def _evidence(self, transport: object) -> Evidence:
        reader, writer = _twisted.halves_of(transport)
        sent_ago, sent = self._sent()
        reading = _twisted.is_producing(transport, reader)
        return Evidence(
            source=Source.COUNTED,
            heard_ago=self.heard_ago(),
            received=self._arrivals.total,
            sent_ago=sent_ago,
            unsent=_twisted.unsent(transport, writer),
            progress=sent,
            reading=reading,
            finished=not reading and kernel.finished(reader),
            writable=_twisted.is_writable(transport, writer),
            unread=0 if reader is None else kernel.unread(reader),
        )

    def _sent(self) -> tuple[float | None, int]:
        """Seconds since our kernel last took a byte, and how many it took."""
        departures = self._departures
        if departures is None or departures.last_at is None:
            return None, 0
        return self._now() - departures.last_at, departures.total
