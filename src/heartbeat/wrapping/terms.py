"""What is promised about every connection of one factory or endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

import attrs

from heartbeat.policy import Keepalive

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IReactorTime

    from heartbeat.host import Wire
    from heartbeat.verdict import Verdict

__all__ = ["Hook", "Terms", "check_speech"]

Hook: TypeAlias = "Callable[[Any, Verdict], object]"
"""What is called with the protocol and a verdict."""


def _check_policy(_: object, __: object, policy: Any) -> None:
    if not isinstance(policy, Keepalive):
        raise TypeError(
            f"connections are watched by a Keepalive, not {policy!r}: write "
            "Keepalive(interval=None, silence=60)"
        )


def _check_wire(_: object, __: object, wire: Any) -> None:
    if isinstance(wire, type) or not callable(getattr(wire, "attach", None)):
        raise TypeError(
            f"wire={wire!r} is none: give an instance of a wire, as in wire=Lines()"
        )


def _check_hook(_: object, field: attrs.Attribute[Any], hook: Any) -> None:
    if not callable(hook):
        raise TypeError(
            f"{field.name}={hook!r} cannot be called: give a function that takes the "
            "protocol and the verdict"
        )


@attrs.frozen(kw_only=True, eq=False)
class Terms:
    """What is promised about the connections, and who hears of a broken promise.

    Attributes:
        policy: The numbers.
        wire: How the protocol asks and shows life; None if it is only listened to.
        reactor: Where timers run; None is the global reactor, imported when the
            first connection is made.
        on_suspected: Called with the protocol and the verdict that threatens.
        on_lost: Called with the protocol and the verdict that has fallen, before
            the connection is closed.

    Raises:
        TypeError: One of them is of the wrong kind, or *policy* makes a protocol
            speak that has no wire.
    """

    policy: Keepalive = attrs.field(validator=_check_policy)
    wire: Wire | None = attrs.field(
        default=None, validator=attrs.validators.optional(_check_wire)
    )
    reactor: IReactorTime | None = None
    on_suspected: Callable[[Any, Verdict], object] | None = attrs.field(
        default=None, validator=attrs.validators.optional(_check_hook)
    )
    on_lost: Callable[[Any, Verdict], object] | None = attrs.field(
        default=None, validator=attrs.validators.optional(_check_hook)
    )

    def __attrs_post_init__(self) -> None:
        check_speech(self.policy, self.wire)

    @property
    def clock(self) -> IReactorTime:
        """Where timers run."""
        if self.reactor is not None:
            return self.reactor
        from twisted.internet import reactor  # noqa: PLC0415, TID251 - the one default

        return cast("IReactorTime", reactor)


def check_speech(policy: Keepalive, wire: Wire | None) -> None:
    """Raise `TypeError` if *policy* has a protocol say what *wire* has no words for."""
    for speaks, field, word in (
        (policy.asks, "interval", "asks"),
        (policy.beats, "beacon", "beats"),
    ):
        if speaks and (wire is None or not getattr(wire, word, True)):
            raise TypeError(_mute(field, getattr(policy, field), wire))


def _mute(field: str, value: float, wire: Wire | None) -> str:
    what = "question" if field == "interval" else "one-way beat"
    if wire is not None:
        return (
            f"{field}={value} needs a {what}, and {type(wire).__name__} has none: "
            f"leave it out ({field}=None), and judge by silence="
        )
    return (
        f"{field}={value} needs a {what}, and nobody says how it looks on this "
        f"protocol: give a wire=, or only listen: Keepalive(interval=None, silence=60)"
    )
