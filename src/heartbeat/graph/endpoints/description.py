"""One thing the reactor watches, or a protocol met elsewhere, as an `Endpoint`.

Each kind of transport has a function of its own, found by the class once and then
remembered. Everything is read, nothing is called: see `heartbeat.graph.static`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from heartbeat.graph import static
from heartbeat.graph.endpoints import _names, _twisted, layers
from heartbeat.graph.endpoints.children import of_process, of_pty, of_stdio
from heartbeat.graph.endpoints.connections import name_from_log, of_connection
from heartbeat.graph.endpoints.ids import id_of
from heartbeat.graph.endpoints.memory import of_connector, of_other
from heartbeat.graph.endpoints.mixin import lost_by_transport, mixed_in
from heartbeat.graph.endpoints.ports import of_datagrams, of_fake_port, of_port
from heartbeat.graph.model import GONE, Endpoint, Kind, State
from heartbeat.graph.reading import flag, is_named, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heartbeat.graph.endpoints.context import Context, Fields

__all__ = [
    "Described",
    "describe",
    "describe_alone",
    "with_protocol",
]

_FUNCTIONS: tuple[tuple[str, Callable[[Any, Context], Fields]], ...] = (
    ("twisted.internet.tcp.Connection", of_connection),
    ("twisted.internet.udp.Port", of_datagrams),
    ("twisted.internet.tcp.Port", of_port),
    ("twisted.internet.process.PTYProcess", of_pty),
    (_names.PROCESS, of_process),
    (_names.STDIO, of_stdio),
    ("twisted.internet.base.BaseConnector", of_connector),
    ("twisted.internet.testing._FakeConnector", of_connector),
    ("twisted.internet.testing._FakePort", of_fake_port),
)
"""How a transport is described, by the full name of its class or a base of that."""

_functions = static.Memory()


@attrs.define(eq=False)
class Described:
    """An endpoint, and the objects it was made of.

    Attributes:
        endpoint: What is told of them.
        base: The lowest transport; None under a protocol that has none.
        protocol: The protocol on top; None if it is not known.
        clock: The mixin's scope of the connection; None without the mixin.
    """

    endpoint: Endpoint
    base: object | None
    protocol: object | None = None
    clock: object | None = None


def describe(base: object, context: Context) -> Described:
    """The endpoint of a transport, and of the protocol on it.

    A transport that is lost does not know its protocol any more: see `with_protocol`.
    """
    function = _functions.of(type(base), _function_for)
    fields = function(base, context)
    over = layers.layers_over(base)
    if not over:
        fields.setdefault("protocol", name_from_log(base))
        fields["layers"] = (static.type_name(base),)
        return Described(Endpoint(**fields), base)
    protocol = over.pop()
    over.reverse()
    clock = _add_protocol(fields, protocol, [*over, base])
    return Described(Endpoint(**fields), base, protocol, clock)


def with_protocol(described: Described, protocol: object) -> None:
    """Add to *described* what is known now that *protocol* was met on top of it."""
    endpoint, base = described.endpoint, described.base
    fields: Fields = {
        name: getattr(endpoint, name)
        for name in ("kind", "state", "buffered", "producer", "factory", "lost_ago")
    }
    found = layers.layers_between(protocol, base)
    described.clock = _add_protocol(fields, protocol, list(found))
    described.protocol = protocol
    described.endpoint = attrs.evolve(endpoint, **fields)


def describe_alone(protocol: object, context: Context) -> Described:
    """The endpoint of a protocol that has no transport: not yet, or not any more."""
    fields: Fields = {
        "id": id_of(protocol, "c"),
        "kind": Kind.OTHER,
        "state": State.DISCONNECTED if _was_connected(protocol) else State.UNCONNECTED,
        "factory": context.factory_of(read(protocol, "factory")),
    }
    clock = _add_protocol(fields, protocol, [])
    return Described(Endpoint(**fields), None, protocol, clock)


def _function_for(cls: type) -> Callable[[Any, Context], Fields]:
    fitting = (function for name, function in _FUNCTIONS if is_named(cls, name))
    return next(fitting, of_other)


def _add_protocol(
    fields: Fields, protocol: object, under: Sequence[object]
) -> object | None:
    """Put what *protocol*, and the layers *under* it, tell into *fields*.

    Returns:
        The mixin's scope, if it has one.
    """
    cls = type(protocol)
    fields["protocol"] = static.class_name(cls)
    fields["layers"] = tuple(map(static.type_name, under))
    for layer in under[:-1]:
        _add_layer(fields, layer)
    if fields.get("factory") is None:
        factory = read(protocol, "factory")
        fields["factory"] = None if factory is None else static.type_name(factory)
    mixed = mixed_in(protocol)
    if mixed is None:
        return None
    fields["scopes"], fields["keepalive"] = mixed.scopes, mixed.keepalive
    if lost_by_transport(protocol) and fields["kind"] is Kind.OTHER:
        fields["state"] = State.DISCONNECTED
    if fields["state"] in GONE:
        fields["lost_ago"], fields["lost_reason"] = mixed.lost_ago, mixed.lost_reason
    return mixed.clock


def _add_layer(fields: Fields, layer: object) -> None:
    """Of TLS: that it is there, what it holds back, and whether it closes."""
    if not is_named(type(layer), _names.TLS):
        return
    fields["kind"] = Kind.TLS
    fields["buffered"] = fields.get("buffered", 0) + _twisted.tls_queued(layer)
    open_ = fields["state"] in (State.CONNECTED, State.HALF_CLOSED)
    if open_ and _twisted.tls_is_closing(layer):
        fields["state"] = State.CLOSING


def _was_connected(protocol: object) -> bool:
    """Whether it ever had a transport.

    ``connected`` stays 1 for ever. A datagram protocol has none, but counts its ports
    in an attribute of its own that it has not before.
    """
    if is_named(type(protocol), "twisted.internet.protocol.AbstractDatagramProtocol"):
        return any(name == "numPorts" for name, _ in static.attributes(protocol))
    return flag(read(protocol, "connected"))
