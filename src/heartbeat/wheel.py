"""One coarse timer for all connections of a reactor.

Checks are sorted into slots of `SLOT` seconds; adding, moving and cancelling one costs
the same however many there are, and the reactor sees a single timer. A slot is not run
before the last moment it stands for: no check is early, and one may be late by a slot.
When there is no check there is no timer, no open descriptor, nothing.

**Time** is monotonic on a real reactor: it cannot be set, and stands still while the
machine is suspended. On anything else (``task.Clock``) it is ``reactor.seconds()``.
What wakes the wheel, and what holds without Linux's timerfd: see `heartbeat._driver`.
There a wall clock stepped forward changes nothing, and one stepped back stops the
wheel for as long as the step, as it stops every timed call of Twisted.

**Stalls.** The wheel knows when it asked to be woken. Woken later, the reactor was busy
and could hear nobody: the lateness is added up in `Wheel.stalled`, for everybody who
judges silence. A reactor that does not run yet hears nobody either. On a
``task.Clock`` a single ``advance(100)`` is a stall as well, since that is what it does
to the code under test: advance in steps no longer than the next timer.

**Soon.** A reactor runs its timed calls before it looks for I/O, so after a stall the
bytes that prove life are still in the kernel when a check fires. `Wheel.soon` calls
back when at least one whole pass of I/O lies between. It waits for three wakes: the
first may belong to a pass already under way when it was called, whose list of readable
descriptors is too old; the second is in a pass that looked afterwards, but our
descriptor may be the first in its list; at the third, that pass is complete.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import chain
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from heartbeat._driver import Clocks, clocks_of, driver_for
from heartbeat._slots import DUE, LATER, SLOT, Bucket, Check, Slots, bucket_of
from heartbeat.events import emit, report
from heartbeat.tally import Tallies

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

__all__ = [
    "BATCH",
    "SLOT",
    "SPELL",
    "STALL",
    "SUSPEND",
    "Check",
    "Clocks",
    "Wheel",
    "wheel_of",
]

STALL = 1.0
"""Seconds of lateness from which on it is called a stall.

Source:
    Cassandra and Scylla stop judging their peers after a local pause of 5 s. We do
    not stop but ask again, which costs little, so we can do it earlier.
"""

SUSPEND = 1.0
"""Seconds by which the boot clock must outrun the monotonic clock for a suspend."""

SPELL = 0.003
"""Seconds for which checks are run in one turn of the reactor; the others wait.

Source:
    Measured with 10,000 peers that hang at once: what the checks of one turn lead to,
    answers that are read and connections that are lost, takes three times as long in
    the next, so that no turn takes longer than 20 ms.
"""

BATCH = 1024
"""Checks run in one turn at most: a fake clock stands still meanwhile."""

_TURNS = 3
"""Wakes until a `Wheel.soon`; the module's text says why three."""


def wheel_of(reactor: IReactorTime) -> Wheel:
    """The wheel that all connections of *reactor* share; a scope's is its root's."""
    root = _root_of(reactor)
    wheel = _wheels.get(root)
    if wheel is None:
        wheel = _wheels[root] = Wheel(root)
    return wheel


class Wheel:
    """The shared timer of one reactor; see the module's text.

    Not to be used from any thread but the reactor's.

    Args:
        reactor: Held weakly.
        clocks: Instead of the reactor's.
        stall: Seconds of lateness that make a stall, > 0; instead of `STALL`.

    Attributes:
        stalled: Seconds of lateness so far: the whole lateness of every wake that was
            late by more than `SLOT`. Never shrinks.
        stalls: How often it was late by *stall* or more.
        suspended: Seconds of suspend seen so far. Never shrinks.
        suspends: How many suspends were seen.
        tallies: What happened on the connections, for `heartbeat.metrics`.
    """

    def __init__(
        self,
        reactor: IReactorTime,
        *,
        clocks: Clocks | None = None,
        stall: float = STALL,
    ) -> None:
        self.stalled = 0.0
        self.stalls = 0
        self.suspended = 0.0
        self.suspends = 0
        self.tallies = Tallies()
        self._clocks = clocks or clocks_of(reactor)
        self._driver = driver_for(reactor, self._clocks, self._tick)
        self._stall = stall
        self._slots = Slots()
        self._turns: dict[int, Bucket] = {}  # {turn to fire at: checks}
        self._turn = 0  # wakes so far
        # Snapshots, earliest first: a check may have left since.
        self._fires: deque[Check] = deque()
        self._wakes: deque[Check] = deque()
        self._planned = math.inf  # when the driver is to wake us, monotonic
        self._asleep = math.inf  # Clocks.asleep() up to which suspends are known
        self._ticking = False

    @property
    def scheduled(self) -> int:
        """How many checks wait, for a time or for a turn."""
        return self._slots.count

    @property
    def behind(self) -> float:
        """Seconds by which it is late now; another thread sees a stall under way."""
        return max(0.0, self.now() - self._planned)

    def now(self) -> float:
        """Seconds on the clock that all times here are given on."""
        return self._clocks.monotonic()

    def schedule(self, check: Check, due: float) -> None:
        """Fire at *due* or up to a slot later, instead of anything scheduled before.

        Args:
            check: On no wheel, or on this one.
            due: Seconds on `now`'s clock. If it has passed, the check fires in the
                next slot, never inside this call. Infinite is never: as `cancel`.
        """
        if due == math.inf:
            self.cancel(check)
        else:
            self._wake_by(self._slots.put(check, due))

    def soon(self, check: Check) -> None:
        """Fire after a whole pass of I/O, instead of anything scheduled before.

        Whatever was readable when this was called has then been read, as much of it
        as Twisted reads from a descriptor in one go.
        """
        turn = self._turn + _TURNS
        self._slots.take(check)
        self._slots.put_into(check, self._turns.setdefault(turn, Bucket(LATER)))
        self._wake_by(self.now())

    def cancel(self, check: Check) -> None:
        """Do not fire; harmless if it is not scheduled."""
        self._slots.take(check)
        if not self.scheduled and not self._ticking:
            self._rest()

    def _wake_by(self, at: float) -> None:
        """See to it that the driver wakes us at *at*, if not before."""
        if self._ticking:
            return  # _plan() comes at the end
        if self._planned == math.inf:
            self._asleep = self._clocks.asleep()
        if at < self._planned:
            self._planned = max(at, self.now())
            self._driver.arm(self._planned)
        else:
            self._driver.keep()

    def _tick(self) -> None:
        if self._ticking:
            return  # a check runs reactor.iterate()
        self._ticking = True
        now = self.now()
        try:
            shaken = [self._saw_stall(now), self._saw_suspend()]
            self._collect(now)
            if any(shaken):
                self._wakes = deque(chain(self._slots, *self._turns.values()))
            self._run(now)
        finally:
            self._ticking = False
            self._plan(now)

    def _saw_stall(self, now: float) -> bool:
        late = now - self._planned
        if late <= SLOT:
            return False
        self.stalled += late
        if late < self._stall:
            return False
        self.stalls += 1
        emit("reactor_stalled", level="warning", lateness_s=late, checks=self.scheduled)
        return True

    def _saw_suspend(self) -> bool:
        asleep = self._clocks.asleep()
        away = asleep - self._asleep
        if away <= SUSPEND:
            return False
        self._asleep = asleep
        self.suspended += away
        self.suspends += 1
        emit("machine_suspended", suspended_s=away, checks=self.scheduled)
        return True

    def _collect(self, now: float) -> None:
        """Line up what has come due."""
        self._turn += 1
        ripe = self._turns.pop(self._turn, None)
        if ripe is not None:
            ripe.slot = DUE
            self._fires.extend(ripe)
        for bucket in self._slots.pop_due(now):
            self._fires.extend(bucket)

    def _run(self, now: float) -> None:
        """Fire what is due, then wake: a spell of both together at most."""
        clock, slots = self._clocks.monotonic, self._slots
        until = clock() + SPELL
        left = BATCH
        while left and self._fires:
            check = self._fires.popleft()
            if not slots.release(check):
                continue
            try:
                due = check.fire(now)
                if due is not None:
                    slots.add(check, due)
            except Exception:  # noqa: BLE001 - the other checks must run
                report(f"{type(check).__qualname__}.fire() raised")
            left = left - 1 if clock() < until else 0
        while left and self._wakes:
            check = self._wakes.popleft()
            if bucket_of(check) is None:
                continue
            try:
                check.wake(now)
            except Exception:  # noqa: BLE001 - the other checks must run
                report(f"{type(check).__qualname__}.wake() raised")
            left = left - 1 if clock() < until else 0

    def _plan(self, now: float) -> None:
        """Ask for the next wake; *now* is when this one began.

        So the time this one took makes the next one late, and is given back to the
        peers like any other stall.
        """
        if not self.scheduled:
            self._rest()
            return
        busy = self._fires or self._wakes or self._turns
        self._planned = now if busy else self._slots.next()
        self._driver.arm(self._planned)

    def _rest(self) -> None:
        """Leave nothing behind."""
        self._slots = Slots()
        self._turns.clear()
        self._fires.clear()
        self._wakes.clear()
        self._planned = math.inf
        self._driver.disarm()


# Values hold their keys weakly, or no entry would ever go.
_wheels: WeakKeyDictionary[IReactorTime, Wheel] = WeakKeyDictionary()


def _root_of(reactor: IReactorTime) -> IReactorTime:
    # Here: the wheel and the scopes stand side by side, neither needs the other.
    from heartbeat.clock import ScopedClock  # noqa: PLC0415

    while isinstance(reactor, ScopedClock):
        reactor = reactor.parent
    return reactor
