"""What is done about what is found: questions, verdicts, and the end."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.python.failure import Failure

from heartbeat import _twisted
from heartbeat.closing import Closing
from heartbeat.conversation import OVER, Conversation, Phase
from heartbeat.errors import PeerLostError
from heartbeat.limits import Limit
from heartbeat.states import Action
from heartbeat.verdict import Kind, Verdict, of_silence

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.evidence import Evidence
    from heartbeat.policy import Keepalive

__all__ = ["Phase", "Response"]


class Response(Conversation):
    """Acts for one connection."""

    __slots__ = ()

    @property
    def verdict(self) -> Verdict | None:
        """The last one that fell; in a dry run there may be several."""
        return None if self._extras is None else self._extras.verdict

    @property
    def _closing(self) -> Closing | None:
        return None if self._extras is None else self._extras.closing

    # What is found.

    def acted(self, action: Action, now: float) -> None:
        """Liveness asks for an *action*."""
        self._ACTIONS[action](self, now)

    def limited(self, limit: Limit, evidence: Evidence, now: float) -> None:
        """A *limit* has passed."""
        if limit is Limit.IDLE:
            self._decide(Kind.APP_IDLE, evidence, self.idle_for(now))
        else:
            self._decide(Kind.MAX_AGE, evidence, now - self.opened_at)

    def flooded(self, evidence: Evidence, now: float) -> None:
        """The peer asks far too much."""
        self._decide(Kind.PING_FLOOD, evidence, now - self.opened_at)

    def closing(self) -> None:
        """The application closes the connection."""
        self._begin_closing()

    # What the application and the wire ask for.

    def close(self) -> None:
        """Close gracefully, unless that is under way or done."""
        if self.phase not in OVER:
            self._begin_closing().close()

    def configure(self, policy: Keepalive) -> None:
        """Go by other numbers, in a close that is under way, too."""
        super().configure(policy)
        if self._closing is not None and self.phase is Phase.CLOSING:
            self._closing.configure(policy.grace)

    # What the transport says.

    def gone(self) -> None:
        """The protocol's ``connectionLost`` was called; nothing is judged any more.

        A protocol may call its own while the transport lives on, and again when
        that is lost. In between, a close under way is seen to its end.
        """
        lost = _twisted.is_gone(self.transport)
        if not lost and self.phase not in OVER and self._is_closing():
            self._begin_closing()
        if self.phase is not Phase.ENDED:
            self.tally.ended += 1
        self.phase = Phase.ENDED
        self.unwatch()
        if lost or self._closing is None:
            self.probe.close()
        if lost:
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
        closing = self._closing
        if closing is not None:
            self.extras.closing = None
            closing.end()
        self.let_go()

    def _do_ask(self, now: float) -> None:
        def withdraw(failure: Failure) -> None:
            self.withdraw(now)
            self.raised("send_ping", failure)

        self.write_ping(withdraw)

    def _do_nudge(self, now: float) -> None:
        del now
        self.write_ping(partial(self.raised, "send_ping"))

    def _do_warn(self, now: float) -> None:
        self.suspected(self._judge(now))

    def _do_give_up(self, now: float) -> None:
        self._deliver(self._judge(now))

    def _do_clear(self, now: float) -> None:
        del now
        self.cleared()

    def _do_hold(self, now: float) -> None:
        del now
        self.held(self.probe.look().unread)

    def _judge(self, now: float) -> Verdict:
        return of_silence(self, self.probe.look(), now, self.peer)

    def _decide(self, kind: Kind, evidence: Evidence, waited: float) -> None:
        self._deliver(self._verdict(kind, evidence, waited))

    def _verdict(self, kind: Kind, evidence: Evidence, waited: float) -> Verdict:
        return Verdict(
            kind=kind,
            evidence=evidence,
            peer=self.peer,
            at=self.wheel.now(),
            waited=waited,
            enforced=self.policy.enforce,
        )

    def _deliver(self, verdict: Verdict) -> None:
        """Tell the application, then end the connection if it still stands."""
        self.given_up(verdict)
        if not verdict.enforced or self.phase in OVER:
            return
        closing = self._begin_closing()
        (closing.abort if verdict.kind.hopeless else closing.close)()

    def _is_closing(self) -> bool:
        return _twisted.is_closing(self.transport)

    def _begin_closing(self) -> Closing:
        self.phase = Phase.CLOSING
        self.unwatch()
        closing = self.extras.closing = Closing(
            self.transport,
            self.probe,
            self.wheel,
            self.policy.grace,
            self._close_stuck,
        )
        return closing

    def _close_stuck(self, waited: float) -> bool:
        """A close makes no progress: whether to abort.

        It is a verdict of its own, unless the close came of one.
        """
        verdict = self.verdict
        concluded = verdict is not None and verdict.enforced
        if self.phase is Phase.CLOSING and not concluded:
            evidence = self.probe.look()
            self.given_up(self._verdict(Kind.CLOSE_STALLED, evidence, waited))
        return self.policy.enforce

    _ACTIONS: ClassVar[dict[Action, Callable[[Any, float], None]]] = {
        Action.ASK: _do_ask,
        Action.NUDGE: _do_nudge,
        Action.WARN: _do_warn,
        Action.GIVE_UP: _do_give_up,
        Action.CLEAR: _do_clear,
        Action.HOLD: _do_hold,
    }
