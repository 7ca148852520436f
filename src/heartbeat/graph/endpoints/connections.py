"""TCP and UNIX connections of Twisted's reactors, both ends of them."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any

from heartbeat import kernel as kernels
from heartbeat.graph import static
from heartbeat.graph.endpoints import _twisted, ends, tcp
from heartbeat.graph.endpoints.ids import id_of
from heartbeat.graph.model import Kernel, Kind, State
from heartbeat.graph.reading import flag, is_named, reader_for

if TYPE_CHECKING:
    import socket

    from heartbeat.graph.endpoints.context import Context, Fields
    from heartbeat.graph.reading import Read

__all__ = ["name_from_log", "of_connection", "producer_name"]

_UNIX = ("twisted.internet.unix.Server", "twisted.internet.unix.Client")
_PEER_CLOSED = getattr(select, "POLLRDHUP", 0)


def of_connection(transport: object, context: Context) -> Fields:
    """A connection that was accepted, made, or is being made."""
    read = reader_for(type(transport))
    sock = ends.socket_of(read(transport, "socket", None))
    fd = ends.fd_of(sock)
    reading = context.watching.reads(transport, fd)
    is_unix = is_named(type(transport), *_UNIX)
    kernel = None if is_unix or sock is None else tcp.evidence(sock)
    state = _state(read, transport)
    if state is State.CONNECTED and not reading and _peer_closed(sock, kernel):
        state = State.HALF_CLOSED
    origin = read(transport, "server", None)
    connector = origin if origin is not None else read(transport, "connector", None)
    fields: Fields = {
        "id": id_of(transport, "c"),
        "kind": Kind.UNIX if is_unix else Kind.TCP,
        "state": state,
        "local": ends.local_of(sock),
        "peer": _peer(read, transport),
        "fd": fd,
        "reading": reading,
        "writing": context.watching.writes(transport, fd),
        "paused": state is State.CONNECTED and not reading,
        "buffered": _twisted.queued(read, transport),
        "producer": producer_name(read(transport, "producer", None)),
        "factory": context.factory_of(
            reader_for(type(connector))(connector, "factory", None)
        ),
        "parent": context.port_id(origin),
        "kernel": kernel,
    }
    if flag(read(transport, "TLS", None)):
        fields["kind"] = Kind.TLS
    return fields


def producer_name(producer: object) -> str | None:
    """The class of what was registered as a producer."""
    if producer is None:
        return None
    return static.type_name(_twisted.producer_behind(producer))


def name_from_log(transport: object) -> str:
    """The name of a protocol that a lost transport has let go of.

    Source:
        ``logstr`` of Twisted's transports: ``Chat,3,127.0.0.1``, ``Chat (TLS),client``.
    """
    text = reader_for(type(transport))(transport, "logstr", None)
    if type(text) is not str or text == "Uninitialized":
        return ""
    return text.partition(",")[0].partition(" (")[0]


def _state(read: Read, transport: object) -> State:
    if not flag(read(transport, "connected", None)):
        if flag(read(transport, "disconnected", None)):
            return State.DISCONNECTED
        pending = read(transport, "connector", None) is not None
        return State.CONNECTING if pending else State.FAILED
    if flag(read(transport, "disconnecting", None)) or _twisted.is_aborted(
        read, transport
    ):
        return State.CLOSING
    return (
        State.HALF_CLOSED
        if _twisted.is_unwritable(read, transport)
        else State.CONNECTED
    )


def _peer(read: Read, transport: object) -> str:
    for name in ("client", "realAddress", "addr"):
        address: Any = read(transport, name, None)
        if address is not None:
            return ends.in_words(address)
    return ""


def _peer_closed(sock: socket.socket | None, kernel: Kernel | None) -> bool:
    """Whether the peer has closed its direction, and all that it sent was read."""
    if sock is None:
        return False
    closed = _hung_up(sock) if kernel is None else kernel.state == "CLOSE_WAIT"
    return closed and kernels.unread(sock) == 0


def _hung_up(sock: socket.socket) -> bool:
    if not _PEER_CLOSED:  # pragma: no cover - not Linux
        return False
    poll = select.poll()
    poll.register(sock, _PEER_CLOSED)
    return any(events & _PEER_CLOSED for _, events in poll.poll(0))
