"""Pings that are requests of the protocol itself, for protocols that have replies.

Whatever the protocol can be asked that does no harm is a question: a no-operation, a
status, a command that does not exist. The wire asks it by the protocol's own method
and goes by the Deferred that this returns.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet import error
from twisted.internet.defer import CancelledError, Deferred

from heartbeat.conversation import Phase
from heartbeat.errors import PolicyError
from heartbeat.wires import attached

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.python.failure import Failure

    from heartbeat.keepalive import Heartbeat

__all__ = ["NO_REPLIES", "RequestWire", "Requests"]

NO_REPLIES: tuple[type[BaseException], ...] = (
    CancelledError,
    error.ConnectionClosed,
    error.TimeoutError,
    OSError,  # Python's own ConnectionError and TimeoutError among them
)
"""Failures of a request that are not the peer's doing, and no sign of its life.

`twisted.internet.error.ConnectionClosed` is the base of ``ConnectionDone``,
``ConnectionLost`` and ``ConnectionAborted``.
"""


class RequestWire:
    """A question is a request; any reply to it, also an error, is an answer.

    Derive from it for a protocol of your own, and define `ask`. A beat is the same
    request, whose reply is ignored; the peer replies to it all the same.

    What the peer asks is answered by the protocol, as ever: requests are its business.
    What the protocol keeps of a request without a reply, it keeps; nothing is cancelled,
    because replies that come in order are matched by counting.

    Source:
        A refusal is a sign of life: OpenSSH's ``ServerAliveInterval`` counts
        ``SSH_MSG_REQUEST_FAILURE``, :rfc:`4254` section 4; NOOP as a keepalive:
        :rfc:`9051` section 6.1.2, :rfc:`5321` section 4.1.1.9.
    """

    def ask(self, protocol: Any) -> Deferred[Any]:
        """Send the request; the Deferred fires with the reply.

        Raises:
            NotReadyError: The protocol is in a phase that forbids it.
        """
        raise NotImplementedError(f"{type(self).__name__} must define ask()")

    def is_reply(self, failure: Failure) -> bool:
        """Whether the peer made the request fail, and not the end of the connection."""
        return failure.check(*NO_REPLIES) is None

    def check(self, protocol_class: type) -> None:
        """Accept any class; override it to refuse some by `TypeError`."""

    def attach(self, protocol: Any, heartbeat: Heartbeat) -> Callable[[], None]:
        """Know whom to tell of replies, until undone; what comes later counts not."""
        return attached.attach(protocol, heartbeat)

    def send_ping(self, protocol: Any, payload: bytes) -> None:
        """Ask, and take the reply for an answer to *payload*."""
        # Not *protocol*: it may keep its Deferreds, and they their callbacks.
        answered = partial(self._answered, attached.attached(protocol), payload)
        failed = partial(self._failed, answered)
        self._request(protocol).addCallbacks(answered, failed)

    def send_beat(self, protocol: Any) -> None:
        """Ask, and ignore the reply."""
        self._request(protocol).addBoth(_ignore)

    def _request(self, protocol: Any) -> Deferred[Any]:
        request = self.ask(protocol)
        if not isinstance(request, Deferred):
            raise TypeError(
                f"{type(self).__name__} asked {type(protocol).__name__} and got "
                f"{request!r}: it goes by the Deferred of the reply, so name a method "
                "that returns one"
            )
        return request

    def _answered(self, heartbeat: Heartbeat, payload: bytes, _: object = None) -> None:
        if heartbeat.phase is not Phase.ENDED:
            heartbeat.pong(payload)

    def _failed(self, answered: Callable[[], None], failure: Failure) -> None:
        if self.is_reply(failure):
            answered()


def _check_method(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or not value.isidentifier():
        raise PolicyError(
            field=field.name,
            value=value,
            rule="must be the name of a method",
            way_out='give the name of one that asks, as in Requests("noop")',
        )


def _check_no_replies(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, tuple) or not all(map(_is_exception, value)):
        raise PolicyError(
            field=field.name,
            value=value,
            rule="must be a tuple of classes of exceptions",
            way_out="give (TimeoutError,), with the comma also for a single one",
        )


def _is_exception(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


@attrs.frozen
class Requests(RequestWire):
    """``Requests("noop")``: a method of the protocol that asks, and returns a Deferred.

    Attributes:
        method: The method's name; it is called without arguments.
        no_replies: Exceptions beside `NO_REPLIES` that such a request fails with
            though the peer has said nothing: the library's own timeout, for example.

    Raises:
        PolicyError: One of them is none.
    """

    method: str = attrs.field(validator=_check_method)
    no_replies: tuple[type[BaseException], ...] = attrs.field(
        default=(), validator=_check_no_replies, kw_only=True
    )

    def check(self, protocol_class: type) -> None:
        """Raise `TypeError` unless the class has the method."""
        if not callable(getattr(protocol_class, self.method, None)):
            raise TypeError(
                f"{protocol_class.__name__} has no {self.method}(), by which its wire "
                "asks: name a method that sends a request and returns the Deferred of "
                "its reply"
            )

    def ask(self, protocol: Any) -> Deferred[Any]:
        """Call the method."""
        request: Deferred[Any] = getattr(protocol, self.method)()
        return request

    def is_reply(self, failure: Failure) -> bool:
        """Whether the peer made it fail, by all that is known of the protocol."""
        return failure.check(*self.no_replies) is None and super().is_reply(failure)


def _ignore(_: object) -> None:
    """The reply to a beat."""
