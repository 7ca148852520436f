"""What is said to the peer: questions, answers and beats."""

from __future__ import annotations

import enum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from twisted.python.failure import Failure

from heartbeat import pinglog
from heartbeat.answering import Answering, Ruling
from heartbeat.deadlines import coarse
from heartbeat.pings import Pings
from heartbeat.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.evidence import Evidence, Probe
    from heartbeat.host import Host
    from heartbeat.pinglog import PingLog
    from heartbeat.policy import Keepalive
    from heartbeat.wheel import Wheel

__all__ = ["OVER", "Conversation", "Phase"]


class Phase(enum.Enum):
    """Where a keepalive is in its life."""

    WAITING = "waiting"
    """Not started, or paused."""
    RUNNING = "running"
    CLOSING = "closing"
    """The connection is being ended, by us or by the application."""
    ENDED = "ended"
    """The connection is gone."""


OVER: Final = (Phase.CLOSING, Phase.ENDED)
"""Nothing is said any more, and nothing judged."""


class Conversation(Telling):
    """Speaks on one connection.

    Args:
        host: Speaks for us and hears of suspicions and verdicts.
        transport: The protocol's transport.
        probe: Where evidence comes from.
        policy: The numbers.
        wheel: The shared timer.
        uniform: A random number from 0 up to 1, for the jitter.

    Attributes:
        phase: Where the keepalive is in its life.
    """

    __slots__ = ("_log", "_pings", "phase")

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
        super().__init__(host, transport, probe, policy, wheel, uniform=uniform)
        self.phase = Phase.WAITING
        self._log = pinglog.EMPTY
        self._pings: Pings | None = None

    @property
    def log(self) -> PingLog:
        """What pings have shown so far."""
        return pinglog.read(self._log)

    @property
    def pings(self) -> Pings:
        """Those on their way; made when one is needed."""
        if self._pings is None:
            self._pings = Pings()
        return self._pings

    def flooded(self, evidence: Evidence, now: float) -> None:
        """The peer asks far too much."""

    def beat(self) -> None:
        """Our side must show life."""
        if self.call("send_beat"):
            self.extras.beats_sent += 1
            self.tally.beats_sent += 1

    def answer(self, answering: Answering, unsent: int, now: float) -> None:
        """Write the answer that is owed, unless *unsent* bytes block it."""
        try:
            paid = answering.pay(now, unsent)
        except BaseException:  # noqa: BLE001 - the wire's, or the user's: reported
            self.raised("pong", Failure())
        else:
            self.extras.pings_answered += paid
            self.tally.pings_answered += paid

    def write_ping(self, failed: Callable[[Failure], None]) -> None:
        """Write a question; *failed* hears of it if that is not possible.

        On a connection that is being closed none is written: plain TCP does not
        read any more, so no answer could come.
        """
        if self.phase in OVER:
            return
        pings = self.pings
        payload = pings.send(self.wheel.now())
        try:
            self.host.send_ping(payload)
        except BaseException:  # noqa: BLE001 - code of the user's: *failed* has it
            pings.withdraw(payload)
            failed(Failure())
        else:
            self._log = pinglog.add_ping(self._log)
            self.tally.pings_sent += 1

    def take_answer(self, payload: bytes | None, now: float) -> float | None:
        """When the ping was written that is answered *now*; None for none."""
        pings = self._pings
        answered = None if pings is None else pings.answer(payload)
        if pings is None or answered is None:
            self.extras.unsolicited_pongs += 1
            self.tally.unsolicited_pongs += 1
            return None
        sent_at, certain = answered
        seconds = now - sent_at
        measured = seconds if certain else None
        self._log = pinglog.add_answer(self._log, measured)
        self.tally.answered(measured)
        pings.release(seconds)
        if pings.settled:
            self._pings = None
        return sent_at

    def questioned(
        self, payload: bytes, reply: Callable[[bytes], None], now: float
    ) -> None:
        """The peer asks; answer within bounds, now or when the way is free.

        While we wait to be started, the newest answer waits, too.
        """
        extras = self.extras
        extras.pings_received += 1
        self.tally.pings_received += 1
        if self.phase in OVER:
            return
        if extras.answering is None:
            extras.answering = Answering(now)
        answering = extras.answering
        ruling = answering.rule(now, payload)
        if ruling is Ruling.ANSWER:
            answering.owe(partial(reply, payload), now)
            if self.phase is Phase.RUNNING:
                self.answer(answering, self.probe.signs().unsent, now)
        elif ruling is Ruling.FLOOD:
            self.flooded(self.probe.look(), now)
