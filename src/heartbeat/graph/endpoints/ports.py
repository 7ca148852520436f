"""Listening ports, and ports for datagrams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartbeat.graph.endpoints import _twisted, ends, factories
from heartbeat.graph.endpoints.ids import id_of
from heartbeat.graph.model import Kind, State
from heartbeat.graph.reading import flag, is_named, read

if TYPE_CHECKING:
    from heartbeat.graph.endpoints.context import Context, Fields

__all__ = ["of_datagrams", "of_fake_port", "of_port"]

_UNIX_PORT = "twisted.internet.unix.Port"
_UNIX_DATAGRAM = "twisted.internet.unix.DatagramPort"


def of_port(port: object, context: Context) -> Fields:
    """A port that accepts connections."""
    factory = read(port, "factory")
    kind = Kind.UNIX if is_named(type(port), _UNIX_PORT) else Kind.TCP
    fields = _of_any(port, State.LISTENING, context)
    fields.update(
        id=context.port_id(port),
        kind=Kind.TLS if factories.is_tls(factory) else kind,
        protocol=factories.builds(factories.unwrapped(factory)),
        factory=context.factory_of(factory),
    )
    return fields


def of_datagrams(port: object, context: Context) -> Fields:
    """A UDP or UNIX datagram port."""
    remote = _twisted.connected_address(port)
    if remote is None:
        remote = read(port, "remoteaddr")
    open_state = State.LISTENING if remote is None else State.CONNECTED
    unix = is_named(type(port), _UNIX_DATAGRAM)
    fields = _of_any(port, open_state, context)
    fields.update(
        id=id_of(port, "u"),
        kind=Kind.UNIX_DATAGRAM if unix else Kind.UDP,
        peer=ends.in_words(remote),
    )
    return fields


def of_fake_port(port: object, context: Context) -> Fields:
    """A port of Twisted's ``MemoryReactor``, which listens for ever."""
    address = _twisted.fake_address(port)
    return {
        "id": context.port_id(port),
        "kind": Kind.OTHER,
        "state": State.LISTENING,
        "local": ends.of_address(address),
    }


def _of_any(port: object, open_state: State, context: Context) -> Fields:
    sock = ends.socket_of(read(port, "socket"))
    fd = ends.fd_of(sock)
    reading = context.watching.reads(port, fd)
    state = _state(port, open_state)
    return {
        "state": state,
        "local": ends.local_of(sock),
        "fd": fd,
        "reading": reading,
        "writing": context.watching.writes(port, fd),
        "paused": state is open_state and not reading,
    }


def _state(port: object, open_state: State) -> State:
    if flag(read(port, "connected")):
        return State.CLOSING if flag(read(port, "disconnecting")) else open_state
    gone = flag(read(port, "disconnected"))
    return State.DISCONNECTED if gone else State.FAILED
