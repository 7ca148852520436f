"""From a protocol down to its transport, and from a transport up to the protocol.

Between the two there may be layers: TLS, protocol wrappers, what Twisted's endpoints
and ``ClientService`` put there. The lowest is called the *base* here: what the reactor
watches, or a child process, or a transport in memory. The highest is the protocol that
the user wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IProcessProtocol, IProtocol

from heartbeat.graph import static
from heartbeat.graph.endpoints import _names
from heartbeat.graph.reading import is_named, read

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "above",
    "base_of",
    "is_late",
    "is_layer",
    "is_protocol",
    "is_top",
    "layers_between",
    "layers_over",
    "register_wrapper",
    "topmost",
]

MOST = 32
"""Layers walked before giving up: more than onion routing, less than a loop."""

_LATE = "heartbeat.late.LateTransport"
_LATE_ATTRIBUTE = "_heartbeat_lost"

_UP: dict[str, str] = dict(_names.WRAPPED)
"""Which attribute of a layer leads up, by the full name of its class or a base."""

_DOWN: dict[str, str | None] = {**_names.UNDERNEATH, _LATE: _LATE_ATTRIBUTE}
"""Which attribute leads down; None for a base."""

_ups = static.Memory()
_downs = static.Memory()
_protocols = static.Memory()


def register_wrapper(cls: type, *, up: str, down: str = "transport") -> None:
    """See through a wrapper of your own: a layer between a protocol and a transport.

    Args:
        cls: Its class; those derived from it count as well.
        up: The attribute that has the protocol above it.
        down: The attribute that has the transport below it.
    """
    name = static.class_name(cls)
    _UP[name] = up
    _DOWN[name] = down
    static.forget()


def base_of(thing: object) -> object | None:
    """The lowest transport under *thing*, which may be it; None if it has none."""
    for _ in range(MOST):
        below = _below(thing)
        if below is thing:
            return thing
        if below is None:
            return None if is_protocol(type(thing)) else thing
        thing = below
    return None


def topmost(protocol: object) -> object:
    """What is on top of *protocol*, which may be it."""
    for _ in range(MOST):
        upper = above(protocol)
        if upper is None:
            return protocol
        protocol = upper
    return protocol


def is_top(thing: object) -> bool:
    """Whether *thing* is a protocol, and no wrapper of others."""
    cls = type(thing)
    return is_protocol(cls) and _named_in(_UP, cls) is None


def layers_over(base: object) -> list[object]:
    """What is over the transport *base*, lowest first, the protocol last."""
    found: list[object] = []
    layer = _first_over(base)
    while layer is not None and len(found) < MOST:
        found.append(layer)
        layer = above(layer)
    return found


def layers_between(protocol: object, base: object) -> Iterator[object]:
    """What *protocol* writes through, highest first, *base* last.

    Of a connection that is lost this is all there is: its transport does not lead up
    any more.
    """
    layer = protocol
    for _ in range(MOST):
        below = _below(layer)
        if layer is base or below is None or below is layer:
            return
        if not is_late(below) and not is_named(type(below), _names.BYPASS):
            yield below
        layer = below


def above(layer: object) -> object | None:
    """What is over a *layer*; None over the top, and once that is gone."""
    name = _ups.of(type(layer), _name_of_upper)
    return None if name is None else read(layer, name)


def is_layer(cls: type) -> bool:
    """Whether instances of *cls* are known to lead up or down."""
    return any(static.class_name(base) in _UP | _DOWN for base in static.mro_of(cls))


def is_late(thing: object) -> bool:
    """Whether *thing* stands for a transport that is lost (`heartbeat.late`)."""
    return is_named(type(thing), _LATE)


def is_protocol(cls: type) -> bool:
    """Whether instances of *cls* need a transport under them."""
    found: bool = _protocols.of(cls, _needs_a_transport)
    return found


def _needs_a_transport(cls: type) -> bool:
    return (
        is_named(cls, *_names.PROTOCOLS, *_UP)
        or static.implements(cls, IProtocol, IProcessProtocol)
        or static.class_attribute(cls, "makeConnection") is not static.MISSING
    )


def _name_of_upper(cls: type) -> str | None:
    return _named_in(_UP, cls)


def _named_in(
    table: dict[str, Any], cls: type, otherwise: str | None = None
) -> str | None:
    for base in static.mro_of(cls):
        name = static.class_name(base)
        if name in table:
            found: str | None = table[name]
            return found
    return otherwise


def _first_over(base: object) -> object | None:
    for name in ("protocol", "proto"):
        found: object | None = read(base, name)
        if found is not None and is_protocol(type(found)):
            return found
    return None


def _below(layer: object) -> object | None:
    """What is under a *layer*: the same again under a base, None if there is nothing.

    Source:
        `heartbeat.late.LateTransport` has the transport in its ``_heartbeat_lost``.
    """
    name = _downs.of(type(layer), _name_of_lower)
    if name is None:
        return layer
    found: object = read(layer, name)
    return read(found, "transport") if name == _LATE_ATTRIBUTE else found


def _name_of_lower(cls: type) -> str | None:
    return _named_in(_DOWN, cls, "transport")
