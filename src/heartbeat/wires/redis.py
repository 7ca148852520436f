"""Pings of Redis, for the protocols of txredisapi.

Source:
    https://redis.io/docs/latest/commands/ping/; replies come in the order of the
    commands, https://redis.io/docs/latest/develop/reference/protocol-spec/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from heartbeat.errors import NotReadyError
from heartbeat.wires.requests import RequestWire

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure

__all__ = ["Redis"]


@attrs.frozen
class Redis(RequestWire):
    """``PING``, for ``RedisProtocol`` and ``SubscriberProtocol`` of txredisapi.

    Any reply is an answer, also an error such as ``NOAUTH`` or ``LOADING``. The payload
    is not sent: replies come in order. A beat is a ``PING`` whose reply is ignored;
    with Redis' ``timeout`` setting a client needs one, or an ``interval``, to stay
    connected while idle.

    Nothing is said between ``multi()`` and its end, nor while commands are being
    collected for a pipeline: a ``PING`` would become part of either.

    **Commands that block.** Redis runs one command of a connection after the other, so
    the answer to a ``PING`` that follows a ``BLPOP`` comes when that is over, and a
    keepalive whose ``interval + attempts * timeout`` is shorter takes the server for
    dead. Let the command block for less than ``timeout`` and repeat it, or put
    ``self.heartbeat.pause()`` and ``resume()`` around it and let a connection of its
    own do the waiting.

    ``MonitorProtocol`` has no replies: judge it by ``silence=``. With
    ``SubscriberProtocol`` subscribe to one channel a call: txredisapi takes the further
    replies of one ``SUBSCRIBE`` for those of the commands that follow it.
    """

    def check(self, protocol_class: type) -> None:
        """Raise `TypeError` unless the class gives each command a Deferred."""
        if not callable(getattr(protocol_class, "execute_command", None)):
            raise TypeError(
                f"{protocol_class.__name__} has no execute_command(), which the wire "
                f"{type(self).__name__} needs: it is for subclasses of "
                "txredisapi.RedisProtocol"
            )
        if callable(getattr(protocol_class, "monitor", None)):
            raise TypeError(
                f"{protocol_class.__name__} has no replies: judge it by silence= "
                "(interval=None), without a wire"
            )

    def ask(self, protocol: Any) -> Deferred[Any]:
        """Send the command."""
        if protocol.inMulti:
            raise NotReadyError("a transaction is under way")
        if protocol.pipelining:
            raise NotReadyError("commands are being collected for a pipeline")
        request: Deferred[Any] = protocol.ping()
        return request

    def is_reply(self, failure: Failure) -> bool:
        """Whether Redis made it fail, not the end of the connection or of patience."""
        # Not at the top: it is an extra, and imports the global reactor.
        from txredisapi import ConnectionError as NoReply  # noqa: PLC0415

        return failure.check(NoReply) is None and super().is_reply(failure)
