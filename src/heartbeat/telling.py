"""What the application and the log are told: hooks, events, reports.

Every hook is code of the user's. An exception in one is counted and reported,
and never keeps the rest from happening.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.python.failure import Failure

from heartbeat import events
from heartbeat.addresses import peer_of
from heartbeat.deadlines import coarse
from heartbeat.errors import NotReadyError
from heartbeat.host import NOBODY
from heartbeat.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.evidence import Probe
    from heartbeat.host import Host
    from heartbeat.policy import Keepalive
    from heartbeat.tally import Tally
    from heartbeat.verdict import Verdict
    from heartbeat.wheel import Wheel

__all__ = ["Telling"]


class Telling(Watch):
    """Speaks of one connection.

    Args:
        host: Its hooks are called.
        transport: Whose peer it is about.
        probe: As for `Watch`, like all that follows.
        policy: The numbers.
        wheel: The shared timer.
        uniform: A random number from 0 up to 1.

    Attributes:
        host: As given; nobody, once there is nothing more to say.
    """

    __slots__ = ("host",)

    def __init__(
        self,
        host: Host,
        transport: Any,
        probe: Probe,
        policy: Keepalive,
        wheel: Wheel,
        *,
        uniform: Callable[[], float] = coarse,
    ) -> None:
        super().__init__(transport, probe, policy, wheel, uniform=uniform)
        self.host: Host = host

    @property
    def peer(self) -> str:
        """The other end in words."""
        return peer_of(self.transport)

    @property
    def tally(self) -> Tally:
        """Where all connections of the host's class are counted."""
        kept = None if self._extras is None else self._extras.tally
        return self.wheel.tallies.of(self.counted_as()) if kept is None else kept

    def counted_as(self) -> type:
        """The class that the connection counts for, from its beginning to its end."""
        return type(self.host)

    def let_go(self) -> None:
        """There is nothing more to say to the host; it may be forgotten."""
        self.extras.tally = self.tally
        self.host = NOBODY

    def suspected(self, verdict: Verdict) -> None:
        """A deadline has passed, and *verdict* threatens."""
        self.extras.suspicions += 1
        self.tally.suspicions += 1
        _emit("peer_suspected", verdict)
        self.call("peer_suspected", verdict)

    def given_up(self, verdict: Verdict) -> None:
        """The *verdict* has fallen."""
        self.extras.verdict = verdict
        self.tally.concluded(verdict.kind.name, enforced=verdict.enforced)
        _emit("connection_given_up", verdict, level="warning")
        self.call("peer_lost", verdict)

    def cleared(self) -> None:
        """A suspicion, or a verdict of a dry run, was wrong."""
        self.extras.cleared += 1
        self.tally.cleared += 1
        events.emit("peer_cleared", peer=self.peer)

    def held(self, unread: int) -> None:
        """We do not read: nothing is judged, with *unread* bytes waiting."""
        events.emit("reading_paused", peer=self.peer, unread_bytes=unread)

    def call(self, hook: str, *args: object) -> bool:
        """Whether *hook* of the host did its work; an exception is reported."""
        try:
            getattr(self.host, hook)(*args)
        except BaseException:  # noqa: BLE001 - code of the user's: it is reported
            self.raised(hook, Failure())
            return False
        return True

    def raised(self, hook: str, failure: Failure) -> None:
        """Count and report an exception of *hook*, or of whatever it is called.

        That there is nothing to be said now is none.
        """
        if failure.check(NotReadyError):
            return
        self.extras.hook_failures += 1
        self.tally.hook_failures += 1
        what = f"{type(self.host).__name__}.{hook} raised"
        events.report(what, failure, peer=self.peer)


def _emit(event: str, verdict: Verdict, level: events.Level = "info") -> None:
    events.emit(
        event,
        level=level,
        peer=verdict.peer,
        kind=verdict.kind.name,
        waited_s=round(verdict.waited, 3),
        attempt=verdict.attempt,
        attempts=verdict.attempts,
        enforced=verdict.enforced,
    )
