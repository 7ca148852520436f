"""The counts of one reactor as values: of itself, and of each class of protocols.

They are kept as things happen, see `heartbeat.tally`, so reading them takes the same
time however many connections there are, but for the pending calls, which are listed.
``json.dumps(attrs.asdict(collect(reactor)))`` is how they become JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from twisted.internet.interfaces import IReactorTime
from twisted.python.reflect import safe_repr

from heartbeat.wheel import wheel_of

if TYPE_CHECKING:
    from heartbeat.tally import Tally
    from heartbeat.wheel import Wheel

__all__ = ["ClassMetrics", "Metrics", "ReactorMetrics", "RoundTrips", "collect"]


@attrs.frozen(kw_only=True)
class ReactorMetrics:
    """How a reactor, and the shared timer of its connections, is doing.

    Attributes:
        stalls: Times that it was late by `heartbeat.wheel.STALL` seconds or more.
        stall_seconds: Seconds of lateness, of every wake that was late by more than
            `heartbeat.wheel.SLOT`; seen only while there is something to check.
        suspends: Suspends of the machine seen.
        suspend_seconds: Seconds they took.
        checks: Checks that wait, one for each connection that is being looked after.
        calls: Timed calls that are pending in the reactor, all of them.
        behind: Seconds by which it is late now. Up to some milliseconds are normal;
            much more is seen only from another thread, and means that it is stuck.
    """

    stalls: int
    stall_seconds: float
    suspends: int
    suspend_seconds: float
    checks: int
    calls: int
    behind: float


@attrs.frozen(kw_only=True)
class RoundTrips:
    """Round trips of pings, through both applications and back.

    Attributes:
        count: How many were measured.
        sum: Seconds they took together.
        least: Seconds of the shortest one; None before the first.
    """

    count: int
    sum: float
    least: float | None


@attrs.frozen(kw_only=True)
class ClassMetrics:
    """What happened on all connections whose protocols are of one class.

    All but `open` only grow, from the start of the process.

    Attributes:
        open: Connections with a keepalive, paused and not started ones included.
        opened: Those made so far.
        ended: Those whose connection is gone.
        verdicts: Verdicts that ended a connection, by the name of their kind.
        dry_verdicts: Verdicts of a dry run, likewise.
        suspicions: Deadlines that passed.
        cleared: Suspicions, and verdicts of a dry run, that proved wrong.
        pings_sent: Questions written.
        pongs: Answers to them.
        late_pongs: Answers among them that came after their deadline.
        unsolicited_pongs: Answers to nothing that was asked.
        pings_received: Questions of the peers.
        pings_answered: Those answered.
        beats_sent: One-way beats written.
        late_writes: Writes to a connection that was gone.
        hook_failures: Exceptions in hooks and in ``send_*``.
        round_trips: Of those pings whose answers named them.
    """

    open: int
    opened: int
    ended: int
    verdicts: dict[str, int]
    dry_verdicts: dict[str, int]
    suspicions: int
    cleared: int
    pings_sent: int
    pongs: int
    late_pongs: int
    unsolicited_pongs: int
    pings_received: int
    pings_answered: int
    beats_sent: int
    late_writes: int
    hook_failures: int
    round_trips: RoundTrips


@attrs.frozen(kw_only=True)
class Metrics:
    """What `collect` found.

    Attributes:
        reactor: Of the reactor.
        classes: By the module and qualified name of the class; those that came after
            `heartbeat.tally.CLASSES` names are added up under `heartbeat.tally.OTHER`.
    """

    reactor: ReactorMetrics
    classes: dict[str, ClassMetrics]


def collect(reactor: IReactorTime) -> Metrics:
    """Read all counts of *reactor*.

    From the reactor's thread they are of one instant. It may be called from any other
    thread, while the reactor is stuck, too: then each number is right by itself.

    Raises:
        TypeError: *reactor* is none.
    """
    if not IReactorTime.providedBy(reactor):
        raise TypeError(
            f"{safe_repr(reactor)} is no reactor; give the IReactorTime that the "
            "connections run on: twisted.internet.reactor, or a test's task.Clock"
        )
    wheel = wheel_of(reactor)
    tallies = list(wheel.tallies.by_name.items())
    return Metrics(
        reactor=_of_reactor(reactor, wheel),
        classes={name: _of_class(tally) for name, tally in tallies},
    )


def _of_reactor(reactor: IReactorTime, wheel: Wheel) -> ReactorMetrics:
    return ReactorMetrics(
        stalls=wheel.stalls,
        stall_seconds=wheel.stalled,
        suspends=wheel.suspends,
        suspend_seconds=wheel.suspended,
        checks=wheel.scheduled,
        calls=len(reactor.getDelayedCalls()),
        behind=wheel.behind,
    )


def _of_class(tally: Tally) -> ClassMetrics:
    # Before those opened: or a connection that comes and goes in another thread
    # meanwhile could make fewer than none open.
    ended = tally.ended
    opened = tally.opened
    return ClassMetrics(
        open=opened - ended,
        opened=opened,
        ended=ended,
        verdicts=dict(tally.verdicts),
        dry_verdicts=dict(tally.dry_verdicts),
        suspicions=tally.suspicions,
        cleared=tally.cleared,
        pings_sent=tally.pings_sent,
        pongs=tally.pongs,
        late_pongs=tally.late_pongs,
        unsolicited_pongs=tally.unsolicited_pongs,
        pings_received=tally.pings_received,
        pings_answered=tally.pings_answered,
        beats_sent=tally.beats_sent,
        late_writes=tally.late_writes,
        hook_failures=tally.hook_failures,
        round_trips=_round_trips(tally),
    )


def _round_trips(tally: Tally) -> RoundTrips:
    count = tally.round_trips
    least = tally.round_trip_least if count else None
    return RoundTrips(count=count, sum=tally.round_trip_sum, least=least)
