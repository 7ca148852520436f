"""What a user could have on a connection: nothing, ours, and what else there is.

Each candidate is a protocol with a method ``send``, which writes, and one that takes
what arrives. What it does for each message is one line of source, put into both, as a
user would write it: neither a call nor a comparison more. Each class has code of its
own, for CPython keeps what it learns about attributes with the code.
"""

from __future__ import annotations

import textwrap
from time import monotonic
from typing import Any

import attrs
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.basic import Int32StringReceiver, LineReceiver, NetstringReceiver
from twisted.protocols.policies import TimeoutFactory, TimeoutMixin, WrappingFactory

from heartbeat import HeartbeatMixin, IntN, Keepalive, Lines, Netstrings

__all__ = [
    "AGAIN",
    "BASE",
    "CANDIDATES",
    "KINDS",
    "OURS",
    "Candidate",
    "Kind",
    "factory_for",
]

LONG = 3600.0
"""Seconds of every timeout: none is due while something is measured, which takes
longer under valgrind. What it costs when one is due is another question."""

NAMES = {
    "HeartbeatMixin": HeartbeatMixin,
    "Int32StringReceiver": Int32StringReceiver,
    "IntN": IntN,
    "Keepalive": Keepalive,
    "LONG": LONG,
    "LineReceiver": LineReceiver,
    "Lines": Lines,
    "NetstringReceiver": NetstringReceiver,
    "Netstrings": Netstrings,
    "Protocol": Protocol,
    "TimeoutMixin": TimeoutMixin,
    "monotonic": monotonic,
}
"""What the source of a candidate can speak of."""


@attrs.frozen
class Kind:
    """How messages are told apart.

    Attributes:
        base: The protocol of Twisted's.
        writer: The method that writes.
        send: What writes ``message``.
        receive: The method that takes what arrives.
        wire: Ours for it; None if there is none.
    """

    base: str
    writer: str
    send: str
    receive: str
    wire: str | None


KINDS = {
    "bytes": Kind(
        base="Protocol",
        writer="write",
        send="self.transport.write(message)",
        receive="dataReceived",
        wire=None,
    ),
    "pieces": Kind(
        base="Protocol",
        writer="writeSequence",
        send="self.transport.writeSequence(message)",
        receive="dataReceived",
        wire=None,
    ),
    "lines": Kind(
        base="LineReceiver",
        writer="sendLine",
        send="self.sendLine(message)",
        receive="lineReceived",
        wire="Lines()",
    ),
    "int32": Kind(
        base="Int32StringReceiver",
        writer="sendString",
        send="self.sendString(message)",
        receive="stringReceived",
        wire="IntN()",
    ),
    "netstrings": Kind(
        base="NetstringReceiver",
        writer="sendString",
        send="self.sendString(message)",
        receive="stringReceived",
        wire="Netstrings()",
    ),
}


@attrs.frozen
class Candidate:
    """One way to know whether a peer is there, or a part of one.

    Attributes:
        name: For tables.
        each: What it does for each message.
        made: What it does when the connection is made.
        mixin: A base of the class, before Twisted's.
        body: What else the class has; ``{wire}`` is the kind's.
        wrapped: Puts a factory around the protocol's own.
    """

    name: str
    each: str = "pass"
    made: str = "pass"
    mixin: str | None = None
    body: str = ""
    wrapped: Any = None

    def fits(self, kind: Kind) -> bool:
        """Whether there is such a thing for that kind."""
        return kind.wire is not None or "{wire}" not in self.body


_KEPT = "keepalive = Keepalive(interval=LONG, timeout=10)"

CANDIDATES = {
    "nothing": Candidate("nothing at all"),
    "control": Candidate("nothing at all, again"),
    "keepalive": Candidate(
        "the mixin, keepalive",
        mixin="HeartbeatMixin",
        body=f"{_KEPT}\ndef send_ping(self, payload): self.transport.write(payload)",
    ),
    "wire": Candidate(
        "the mixin, keepalive and wire",
        mixin="HeartbeatMixin",
        body=f"{_KEPT}\nwire = {{wire}}",
    ),
    "counter": Candidate("a counter by hand", each="self.messages += 1"),
    "stamp": Candidate("a time stamp by hand", each="self.stamp = monotonic()"),
    "reset": Candidate(
        "TimeoutMixin.resetTimeout",
        each="self.resetTimeout()",
        made="self.setTimeout(LONG)",
        mixin="TimeoutMixin",
    ),
    "wrapping": Candidate("WrappingFactory", wrapped=WrappingFactory),
    "timeout": Candidate(
        "TimeoutFactory", wrapped=lambda factory: TimeoutFactory(factory, LONG)
    ),
    "renew": Candidate(
        "cancel and callLater",
        each="self.timer.cancel(); self.timer = reactor.callLater(LONG, self.expire)",
        made="self.timer = reactor.callLater(LONG, self.expire)",
        body="def expire(self): self.transport.abortConnection()",
    ),
}

BASE = "nothing"
"""What all others are compared with."""

AGAIN = "control"
"""The same once more: how far the figures can be trusted."""

OURS = ("keepalive", "wire")

_SOURCE = """\
class Measured({bases}):
    messages = 0
    stamp = 0.0

{body}

    def connectionMade(self):
        {made}

    def send(self, message):
        {each}
        {send}

    def {receive}(self, message):
        {each}
"""


def factory_for(
    candidate: Candidate, kind: Kind, reactor: Any
) -> tuple[Factory, list[Any]]:
    """A factory for one connection, and a list that the protocol will be put into."""
    made: list[Any] = []

    def build() -> Any:
        made.append(_class_of(candidate, kind, reactor)())
        return made[0]

    factory = Factory.forProtocol(build)
    wrap = candidate.wrapped
    return (factory if wrap is None else wrap(factory)), made


def _class_of(candidate: Candidate, kind: Kind, reactor: Any) -> Any:
    source = _SOURCE.format(
        bases=", ".join(filter(None, [candidate.mixin, kind.base])),
        body=textwrap.indent(candidate.body.format(wire=kind.wire), "    "),
        made=candidate.made,
        each=candidate.each,
        send=kind.send,
        receive=kind.receive,
    )
    names = {**NAMES, "reactor": reactor, "__name__": __name__}
    made: dict[str, Any] = {}
    exec(source, names, made)  # noqa: S102 - our own
    return made["Measured"]
