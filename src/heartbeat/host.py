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

    The wire of a protocol that has no question, or no one-way beat, says so by a class
    attribute ``asks = False`` or ``beats = False``; a policy that needs it is then
    refused where the class is written.
    """

    def check(self, protocol_class: type) -> None:
        """Raise `TypeError`, with the way out, if the class cannot speak it."""

    def attach(self, protocol: Any, heartbeat: Heartbeat) -> Callable[[], None]:
        """See to it that pings are answered, answers matched, and both consumed.

        Returns:
            What undoes it; called once, when the connection is lost.
        """

    def send_ping(self, protocol: Any, payload: bytes) -> None:
        """Write a question that the peer answers with *payload*.

        Raises:
            NotReadyError: The protocol is in a phase that forbids it; another try
                comes after the interval.
        """

    def send_beat(self, protocol: Any) -> None:
        """Write something that shows life and asks nothing.

        Raises:
            NotReadyError: As for `send_ping`.
        """


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
    wire = getattr(host_class, "wire", None)
    for speaks, method, able in (
        (policy.asks, "send_ping", "asks"),
        (policy.beats, "send_beat", "beats"),
    ):
        mute = getattr(host_class, method, None) is getattr(Host, method)
        if speaks and mute and wire is None:
            raise TypeError(_mute(host_class, method))
        if speaks and mute and not getattr(wire, able, True):
            raise TypeError(_unable(host_class, method))


def _mute(host_class: type, method: str) -> str:
    field = "interval" if method == "send_ping" else "beacon"
    return (
        f"{host_class.__name__} has a keepalive with {field}=, but no way to speak: "
        f"give it a wire (wire = Lines()), define {method}(), or switch it off "
        f"({field}=None)"
    )


def _unable(host_class: Any, method: str) -> str:
    wire = type(host_class.wire).__name__
    if method == "send_ping":
        return (
            f"{host_class.__name__} has a keepalive with interval=, and {wire} has no "
            "question to ask: judge by silence= (interval=None), or define send_ping()"
        )
    return (
        f"{host_class.__name__} has a keepalive with beacon=, and {wire} has no beat: "
        "switch it off (beacon=None), or define send_beat()"
    )
