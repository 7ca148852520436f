"""What all clients have in common: what becomes of each is written down."""

from __future__ import annotations

import itertools
import time
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from heartbeat import HeartbeatMixin, Keepalive, Kind, PeerLostError, Verdict

__all__ = ["Watched", "unique"]

_numbers = itertools.count(1)


def unique() -> str:
    """A name that no other client of these tests has."""
    return f"hb{next(_numbers)}"


class Watched(HeartbeatMixin):
    """A client that can send a message to itself; list it before a protocol.

    Args:
        policy: Its keepalive; None for a client without ours: it has no wire either,
            and answers nothing that the server asks.

    Attributes:
        ready: Fires with this when the server has let it in.
        over: Fires with this when the connection is lost.
        ready_at: When that was, monotonic seconds.
        lasted: Seconds from then to the loss.
        lived: Seconds to the loss from when this was made, which was before the server
            could hear of it.
        last_words: What the server said in its protocol of the end, if it did.
        messages: How many arrived.
        reason: Of the loss; None before.
        suspicions: What ``peer_suspected`` was given.
        verdicts: What ``peer_lost`` was given.
    """

    transport: Any

    def __init__(self, policy: Keepalive | None) -> None:
        self.keepalive = policy
        if policy is None:
            self.wire = None
        self.ready: Deferred[Watched] = Deferred()
        self.over: Deferred[Watched] = Deferred()
        self.made_at = time.monotonic()
        self.ready_at = self.lasted = self.lived = 0.0
        self.last_words = ""
        self.messages = 0
        self.reason: Failure | None = None
        self.suspicions: list[Verdict] = []
        self.verdicts: list[Verdict] = []
        self._awaited: dict[bytes, Deferred[bytes]] = {}

    @property
    def alone(self) -> bool:
        """Whether it is one without our keepalive."""
        return self.keepalive is None

    @property
    def kind(self) -> Kind | None:
        """The kind of verdict that ended it, None for none."""
        if self.reason is None or not isinstance(self.reason.value, PeerLostError):
            return None
        kind = self.reason.value.verdict.kind
        assert isinstance(kind, Kind)
        return kind

    def ask(self, payload: bytes) -> Deferred[bytes]:
        """Send *payload* to ourselves, through the server; fires when it arrives."""
        deferred: Deferred[bytes] = Deferred()
        self._awaited[payload] = deferred
        self.say(payload)
        return deferred

    @property
    def address(self) -> Any:
        """Where messages to us go; None if nobody else can send any."""
        return None

    def say(self, payload: bytes) -> None:
        """Send *payload* to ourselves."""
        self.tell(self.address, payload)

    def tell(self, address: Any, payload: bytes) -> None:
        """Send *payload* to the client of that address."""
        raise NotImplementedError

    def heard(self, payload: bytes) -> None:
        """A message arrived."""
        self.messages += 1
        deferred = self._awaited.pop(payload, None)
        if deferred is not None:
            deferred.callback(payload)

    def let_in(self) -> None:
        """The server has answered all of the login."""
        if self.ready_at:
            return
        self.ready_at = time.monotonic()
        self.ready.callback(self)

    def peer_suspected(self, verdict: Verdict) -> None:
        """Write it down."""
        self.suspicions.append(verdict)

    def peer_lost(self, verdict: Verdict) -> None:
        """Write it down."""
        self.verdicts.append(verdict)

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008
        """Write it down, and say that it is over."""
        super().connectionLost(reason)
        self.lasted = time.monotonic() - self.ready_at
        self.lived = time.monotonic() - self.made_at
        self.reason = reason
        awaited, self._awaited = self._awaited, {}
        for deferred in awaited.values():
            deferred.errback(reason)
        self.over.callback(self)
