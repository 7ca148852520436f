"""Transports in memory, connectors, and what no other kind is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartbeat.graph import static
from heartbeat.graph.endpoints import _names, _twisted, ends
from heartbeat.graph.endpoints.connections import producer_name
from heartbeat.graph.endpoints.ids import id_of
from heartbeat.graph.model import Kind, State
from heartbeat.graph.reading import flag, is_named, read, size

if TYPE_CHECKING:
    from heartbeat.graph.endpoints.context import Context, Fields

__all__ = ["of_connector", "of_other"]

_OUR_STATES = {
    "OPEN": State.CONNECTED,
    "CLOSING": State.CLOSING,
    "ABORTING": State.CLOSING,
    "LOST": State.DISCONNECTED,
}
"""Those of `heartbeat.memory.Stage`, by name."""

_STAGE = "heartbeat.memory.Stage"


def of_other(thing: object, context: Context) -> Fields:
    """A transport in memory, or something that only the reactor knows of."""
    fd = context.watching.fd(thing)
    reading = context.watching.reads(thing, fd)
    writing = context.watching.writes(thing, fd)
    state = _state(thing, watched=reading or writing)
    return {
        "id": id_of(thing, "c" if _is_in_memory(thing) else "x"),
        "kind": Kind.OTHER,
        "state": state,
        "local": _end(thing, "hostAddr", "hostAddress", "_host"),
        "peer": _end(thing, "peerAddr", "peerAddress", "_peer"),
        "fd": fd,
        "reading": reading,
        "writing": writing,
        "paused": state is State.CONNECTED and _is_paused(thing),
        "buffered": _buffered(thing),
        "producer": _producer(thing),
    }


def of_connector(connector: object, context: Context) -> Fields:
    """A connector that has no transport: it failed, or has yet to begin."""
    address = ends.of_address(_twisted.fake_address(connector))
    host = (read(connector, "host"), read(connector, "port"))
    path = read(connector, "address")
    return {
        "id": id_of(connector, "c"),
        "kind": Kind.TCP,
        "state": State.CONNECTING if _is_trying(connector) else State.FAILED,
        "peer": address or ends.in_words(host) or ends.in_words(path),
        "factory": context.factory_of(read(connector, "factory")),
    }


def _is_trying(connector: object) -> bool:
    """Of Twisted's ``MemoryReactor``, an attempt never ends by itself."""
    state = read(connector, "state")
    if type(state) is str:
        return state == "connecting"
    stopped = flag(read(connector, "stoppedConnecting"))
    return _twisted.fake_address(connector) is not None and not stopped


def _is_in_memory(thing: object) -> bool:
    cls = type(thing)
    writes = static.class_attribute(cls, "write") is not static.MISSING
    return writes and not is_named(cls, _names.DESCRIPTOR)


def _state(thing: object, *, watched: bool) -> State:
    stage = read(thing, "stage")
    if is_named(type(stage), _STAGE):
        return _OUR_STATES[stage.name]
    if flag(read(thing, "disconnected")):
        return State.DISCONNECTED
    if flag(read(thing, "disconnecting")):
        return State.CLOSING
    connected = read(thing, "connected")
    said = connected is not None and not flag(connected)
    return State.DISCONNECTED if said and not watched else State.CONNECTED


def _is_paused(thing: object) -> bool:
    state = read(thing, "producerState")
    return type(state) is str and state == "paused"


def _end(thing: object, *names: str) -> str:
    found = (ends.of_address(read(thing, name)) for name in names)
    return next(filter(None, found), "")


def _buffered(thing: object) -> int:
    """Bytes that have not left; a `StringTransport` never sends what it has."""
    waiting = size(read(thing, "_outgoing")) + size(read(thing, "stream"))
    return waiting + _twisted.queued(read, thing)


def _producer(thing: object) -> str | None:
    own = read(thing, "producer")
    return producer_name(read(thing, "_producer") if own is None else own)
