"""What a keepalive needs of the protocol it works for, with defaults.

`HeartbeatMixin` is one; whoever prefers composition gives a `Heartbeat` any
object with these members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.keepalive import Heartbeat
    from heartbeat.policy import Keepalive
    from heartbeat.verdict import Verdict

__all__ = ["NOBODY", "Host", "Wire", "check_voice"]

NOBODY: Any = object()
"""Whom a connection that is gone speaks to: it is not called any more."""


class Wire(Protocol):
    """How pings, answers and beats look on one kind of protocol.

    A wire has no state of a connection, so that one instance serves a class.
    Our payloads are 16 hexadecimal digits; a peer's may be anything, and are
    echoed only through ``heartbeat.pinged``, up to 125 bytes.
    """

    def check(self, protocol_class: type) -> None:
        """Raise `TypeError`, with the way out, if the class cannot speak it."""

    def attach(self, protocol: Any, heartbeat: Heartbeat) -> Callable[[], None]:
        """See to it that pings are answered, answers matched, and both consumed.

        Returns:
            What undoes it; called once, when the connection is lost.
        """

    def send_ping(self, protocol: Any, payload: bytes) -> None:
        """Write a question that the peer answers with *payload*."""

    def send_beat(self, protocol: Any) -> None:
        """Write something that shows life and asks nothing."""


class Host:
    """The default voice and hooks; override what your protocol does differently.

    Attributes:
        wire: How pings look, for all connections of the class; None if
            `send_ping` and `send_beat` are your own.
    """

    wire: Wire | None = None

    def send_ping(self, payload: bytes) -> None:
        """Ask the peer for an answer; hand it to ``self.heartbeat.pong(payload)``.

        Args:
            payload: 16 hexadecimal digits the answer should echo.
        """
        _voice(self, "send_ping").send_ping(self, payload)

    def send_beat(self) -> None:
        """Show the peer that we live, without asking for an answer."""
        _voice(self, "send_beat").send_beat(self)

    def peer_suspected(self, verdict: Verdict) -> None:
        """A deadline has passed, and a verdict threatens: the early warning.

        Args:
            verdict: What it would be, by what is known now.
        """

    def peer_lost(self, verdict: Verdict) -> None:
        """A verdict has fallen; the connection is closed when this returns.

        A last word written here still leaves if the kind is not hopeless
        (``verdict.kind.hopeless``). In a dry run nothing is closed.
        """


def _voice(host: Host, method: str) -> Wire:
    if host.wire is None:
        raise TypeError(_mute(type(host), method))
    return host.wire


def check_voice(host_class: type, policy: Keepalive) -> None:
    """Raise `TypeError` if *policy* makes a class speak that cannot.

    Anything that is no `Host` has its own methods and passes.
    """
    if getattr(host_class, "wire", None) is not None:
        return
    for speaks, method in ((policy.asks, "send_ping"), (policy.beats, "send_beat")):
        own = getattr(host_class, method, None)
        if speaks and own is getattr(Host, method):
            raise TypeError(_mute(host_class, method))


def _mute(host_class: type, method: str) -> str:
    field = "interval" if method == "send_ping" else "beacon"
    return (
        f"{host_class.__name__} has a keepalive with {field}=, but no way to speak: "
        f"give it a wire (wire = Lines()), define {method}(), or switch it off "
        f"({field}=None)"
    )
