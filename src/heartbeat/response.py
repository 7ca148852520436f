"""What is done about what is found.

We speak to the peer, tell the application, and end the connection.
"""

from __future__ import annotations

import enum
import math
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.python.failure import Failure

from heartbeat import _twisted
from heartbeat.answering import Answering, Ruling
from heartbeat.closing import Closing
from heartbeat.errors import PeerLostError
from heartbeat.limits import Limit
from heartbeat.liveness import Action
from heartbeat.pings import Pings
from heartbeat.telling import Telling
from heartbeat.verdict import Kind, Verdict, of_silence

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.evidence import Evidence
    from heartbeat.host import Host
    from heartbeat.watch import Watch

__all__ = ["Phase", "Response"]


class Phase(enum.Enum):
    """Where a keepalive is in its life."""

    WAITING = "waiting"
    """Not started, or paused."""
    RUNNING = "running"
    CLOSING = "closing"
    """The connection is being ended, by us or by the application."""
    ENDED = "ended"
    """The connection is gone."""


_OVER = (Phase.CLOSING, Phase.ENDED)


class Response:
    """Acts for one connection.

    Args:
        host: Speaks for us and hears of suspicions and verdicts.
        transport: The protocol's transport.

    Attributes:
        watch: Who looks at the connection; set before it starts to.
        telling: How the application and the log hear of it.
        pings: Our questions.
        phase: Where the keepalive is in its life.
        verdict: The last one that fell, or None.
    """

    __slots__ = (
        "_answering",
        "_closing",
        "_transport",
        "phase",
        "pings",
        "telling",
        "verdict",
        "watch",
    )

    watch: Watch

    def __init__(self, host: Host, transport: Any) -> None:
        self._transport = transport
        self.telling = Telling(host, transport)
        self.pings = Pings()
        self.phase = Phase.WAITING
        self.verdict: Verdict | None = None
        self._closing: Closing | None = None
        self._answering: Answering | None = None

    # What the watch finds: `heartbeat.watch.Reactions`.

    def acted(self, action: Action, evidence: Evidence | None, now: float) -> None:
        """Liveness asks for an *action*."""
        self._ACTIONS[action](self, evidence, now)

    def limited(self, limit: Limit, evidence: Evidence, now: float) -> None:
        """A *limit* has passed."""
        if limit is Limit.IDLE:
            self._conclude(Kind.APP_IDLE, evidence, self.watch.idle_for(now))
        else:
            self._conclude(Kind.MAX_AGE, evidence, now - self.watch.opened_at)

    def beat(self) -> None:
        """Our side must show life."""
        if self.telling.call("send_beat"):
            self.telling.counters.beats_sent += 1

    def closing(self) -> None:
        """The application closes the connection."""
        self._begin_closing()

    def answer_due(self) -> float:
        """When an answer that was put off is due, monotonic seconds."""
        return self._answering.due() if self._answering else math.inf

    def answer(self, unsent: int, now: float) -> None:
        """Write the answer that is owed, unless *unsent* bytes block it."""
        if self._answering is None:
            return
        try:
            paid = self._answering.pay(now, unsent)
        except BaseException:  # noqa: BLE001 - the wire's, or the user's: reported
            self.telling.raised("pong", Failure())
        else:
            self.telling.counters.pings_answered += paid

    # What the application and the wire ask for.

    def ping(self, failed: Callable[[Failure], None]) -> None:
        """Write a question; *failed* hears of it if that is not possible.

        On a connection that is being closed none is written: plain TCP does not
        read any more, so no answer could come.
        """
        if self.phase in _OVER:
            return
        payload = self.pings.send(self.watch.wheel.now())
        try:
            self.telling.host.send_ping(payload)
        except BaseException:  # noqa: BLE001 - code of the user's: *failed* has it
            self.pings.withdraw(payload)
            failed(Failure())
        else:
            self.telling.counters.pings_sent += 1

    def pinged(
        self, payload: bytes, reply: Callable[[bytes], None], now: float
    ) -> None:
        """The peer asks; answer within bounds, now or when the way is free.

        While we wait to be started, the newest answer waits, too.
        """
        self.telling.counters.pings_received += 1
        if self.phase in _OVER:
            return
        if self._answering is None:
            self._answering = Answering(now)
        ruling = self._answering.rule(now, payload)
        if ruling is Ruling.ANSWER:
            self._answering.owe(partial(reply, payload), now)
            if self.phase is Phase.RUNNING:
                self.answer(self.watch.probe.look().unsent, now)
        elif ruling is Ruling.FLOOD:
            evidence = self.watch.probe.look()
            self._conclude(Kind.PING_FLOOD, evidence, now - self.watch.opened_at)

    def close(self) -> None:
        """Close gracefully, unless that is under way or done."""
        if self.phase not in _OVER:
            self._begin_closing().close()

    def configure_closing(self, grace: float | None) -> None:
        """Go by another *grace* in a close that is under way."""
        if self._closing is not None and self.phase is Phase.CLOSING:
            self._closing.configure(grace)

    # What the transport says.

    def lost(self) -> None:
        """The protocol's ``connectionLost`` was called; nothing is judged any more.

        A protocol may call its own while the transport lives on, and again when
        that is lost. In between, a close under way is seen to its end.
        """
        gone = _twisted.is_gone(self._transport)
        if not gone and self.phase not in _OVER and self._is_closing():
            self._begin_closing()
        self.phase = Phase.ENDED
        self.watch.stop()
        if gone or self._closing is None:
            self.watch.probe.close()
        if gone:
            self._let_go()

    def explain(self, reason: Failure) -> Failure:
        """*reason*, or our verdict if that is why the connection was lost."""
        verdict, closing = self.verdict, self._closing
        if verdict is None or closing is None or not verdict.enforced:
            return reason
        return Failure(PeerLostError(verdict)) if closing.explains_loss() else reason

    # How it is done.

    def _let_go(self) -> None:
        """Refer to nothing that refers back, so that nothing waits for the collector."""
        closing, self._closing = self._closing, None
        if closing is not None:
            closing.end()
        self.watch.let_go()
        self.telling.let_go()

    def _ask(self, evidence: Evidence | None, now: float) -> None:
        def withdraw(failure: Failure) -> None:
            self.watch.liveness.withdraw(now)
            self.telling.raised("send_ping", failure)

        del evidence
        self.ping(withdraw)

    def _nudge(self, evidence: Evidence | None, now: float) -> None:
        del evidence, now
        self.ping(partial(self.telling.raised, "send_ping"))

    def _warn(self, evidence: Evidence, now: float) -> None:
        self.telling.suspected(self._judge(evidence, now))

    def _give_up(self, evidence: Evidence, now: float) -> None:
        self._deliver(self._judge(evidence, now))

    def _clear(self, evidence: Evidence | None, now: float) -> None:
        del evidence, now
        self.telling.cleared()

    def _hold(self, evidence: Evidence, now: float) -> None:
        del now
        self.telling.held(evidence.unread)

    def _judge(self, evidence: Evidence, now: float) -> Verdict:
        return of_silence(self.watch.liveness, evidence, now, self.telling.peer)

    def _conclude(self, kind: Kind, evidence: Evidence, waited: float) -> None:
        self._deliver(self._verdict(kind, evidence, waited))

    def _verdict(self, kind: Kind, evidence: Evidence, waited: float) -> Verdict:
        return Verdict(
            kind=kind,
            evidence=evidence,
            peer=self.telling.peer,
            at=self.watch.wheel.now(),
            waited=waited,
            enforced=self.watch.liveness.policy.enforce,
        )

    def _deliver(self, verdict: Verdict) -> None:
        """Tell the application, then end the connection if it still stands."""
        self.verdict = verdict
        self.telling.given_up(verdict)
        if not verdict.enforced or self.phase in _OVER:
            return
        closing = self._begin_closing()
        (closing.abort if verdict.kind.hopeless else closing.close)()

    def _is_closing(self) -> bool:
        return _twisted.is_closing(self._transport)

    def _begin_closing(self) -> Closing:
        self.phase = Phase.CLOSING
        self.watch.stop()
        self._closing = Closing(
            self._transport,
            self.watch.probe,
            self.watch.wheel,
            self.watch.liveness.policy.grace,
            self._close_stuck,
        )
        return self._closing

    def _close_stuck(self, waited: float) -> bool:
        """A close makes no progress: whether to abort.

        It is a verdict of its own, unless the close came of one.
        """
        concluded = self.verdict is not None and self.verdict.enforced
        if self.phase is Phase.CLOSING and not concluded:
            evidence = self.watch.probe.look()
            self.verdict = self._verdict(Kind.CLOSE_STALLED, evidence, waited)
            self.telling.given_up(self.verdict)
        return self.watch.liveness.policy.enforce

    _ACTIONS: ClassVar[dict[Action, Callable[[Any, Any, float], None]]] = {
        Action.ASK: _ask,
        Action.NUDGE: _nudge,
        Action.WARN: _warn,
        Action.GIVE_UP: _give_up,
        Action.CLEAR: _clear,
        Action.HOLD: _hold,
    }
