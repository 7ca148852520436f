"""Everything this package reads that Twisted keeps behind an underscore.

One function an attribute, so that a new Twisted is checked in one place. Each
docstring names the versions its attribute was read in. Nothing here changes a
transport or a protocol.

A *layer* is one of the transports on the way from a protocol to its
descriptor: protocol wrappers, TLS, and the descriptor itself.
"""
# ruff: noqa: SLF001 - reading them is what this file is for

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.abstract import FileDescriptor
from twisted.protocols.policies import ProtocolWrapper

if TYPE_CHECKING:
    from collections.abc import Container

    from twisted.internet.defer import Deferred

__all__ = [
    "descriptor_of",
    "forget_unhandled",
    "halves_of",
    "is_aborted",
    "is_closing",
    "is_connected",
    "is_gone",
    "is_producing",
    "is_reading",
    "is_writable",
    "unsent",
    "write_closed",
]

MAX_LAYERS = 32
"""Layers walked before giving up: more than onion routing, less than a loop."""


def forget_unhandled(deferred: Deferred[Any]) -> None:
    """Let *deferred* be collected without "Unhandled error in Deferred".

    For a fired Deferred whose failure is its normal end. The result stays what
    it is: a callback added later still gets it, and one that then leaves a
    failure behind is reported as ever. One that has not fired is untouched.

    Source:
        ``Deferred._debugInfo``: None, or a ``DebugInfo`` whose ``failResult``
        is what its ``__del__`` logs; Twisted 22.10 to 26.10.
    """
    info = deferred._debugInfo
    if info is not None:
        info.failResult = None


def descriptor_of(transport: object) -> FileDescriptor | None:
    """The descriptor under *transport*, or None if there is none to be found.

    Found under any number of ``ProtocolWrapper`` and TLS layers, and after
    ``startTLS``. Standard input and output are two descriptors, so None here:
    see `halves_of`.
    """
    if isinstance(transport, FileDescriptor):
        return transport
    return next(filter(None, map(_descriptor, _layers(transport))), None)


def halves_of(
    transport: object,
) -> tuple[FileDescriptor | None, FileDescriptor | None]:
    """The descriptors *transport* reads from and writes to; a socket is both.

    Source:
        ``stdio.StandardIO._reader`` and ``_writer``: None once that half is
        closed; Twisted 22.10 to 26.10.
    """
    descriptor = descriptor_of(transport)
    if descriptor is not None:
        return descriptor, descriptor
    *_, lowest = _layers(transport)
    own = _own(lowest)
    return _descriptor(own.get("_reader")), _descriptor(own.get("_writer"))


def is_reading(descriptor: FileDescriptor) -> bool:
    """Whether the reactor watches *descriptor* for bytes to read; O(1).

    False while reading is paused, after ``loseConnection`` on plain TCP, and
    once the connection is lost. A reactor of a kind not known here is asked by
    its public ``getReaders``, which is O(n).

    Source:
        ``_reads`` of the epoll and kqueue (set of int), poll (dict by int),
        select and GLib (set of descriptors) and win32event reactors (dict by
        descriptor), ``_readers`` of asyncio (dict by descriptor), ``reads`` of
        the threaded select reactor; Twisted 22.10 to 26.10.
    """
    reader: Any = descriptor
    reactor: Any = descriptor.reactor
    for name in ("_reads", "_readers", "reads"):
        readers: Container[object] | None = getattr(reactor, name, None)
        if readers is not None:
            break
    else:
        return reader in reactor.getReaders()
    return reader in readers or reader.fileno() in readers or _is_polled(reader)


def is_producing(transport: object, reader: FileDescriptor | None) -> bool:
    """Whether *transport* delivers what arrives: false while it is paused.

    Args:
        transport: What the protocol is connected to.
        reader: What it reads from, from `halves_of`. Without one, the public
            ``producerState`` of Twisted's in-memory transports is believed.
    """
    if reader is not None:
        return is_reading(reader)
    return getattr(transport, "producerState", "producing") == "producing"


def _is_polled(descriptor: FileDescriptor) -> bool:
    """Whether *descriptor* is a file which epoll refused, read by the clock.

    Source:
        ``_continuousPolling`` of the epoll and asyncio reactors, None or absent
        elsewhere; Twisted 22.10 to 26.10.
    """
    polling: Any = getattr(descriptor.reactor, "_continuousPolling", None)
    return polling is not None and bool(polling.isReading(descriptor))


def unsent(transport: object, descriptor: FileDescriptor | None) -> int:
    """Bytes written to *transport* that Twisted has not yet given to the kernel.

    Args:
        transport: What the protocol writes to; its TLS layers are counted in
            bytes of plain text, which encryption makes a little longer.
        descriptor: What it ends in, from `descriptor_of` or `halves_of`.
    """
    plain = transport is descriptor and not getattr(transport, "TLS", False)
    pending = 0 if plain else sum(map(_unencrypted, _layers(transport)))
    return pending if descriptor is None else pending + _queued(descriptor)


def _queued(descriptor: FileDescriptor) -> int:
    """Bytes in the write queue of *descriptor*.

    Source:
        ``FileDescriptor._tempDataLen``, the length of what ``write`` appended
        since the last ``doWrite``; Twisted 22.10 to 26.10.
    """
    return len(descriptor.dataBuffer) - descriptor.offset + descriptor._tempDataLen


def _unencrypted(layer: object) -> int:
    """Bytes that *layer*, if it is TLS, has taken and not yet encrypted.

    Source:
        ``TLSMemoryBIOProtocol._appSendBuffer`` (list of bytes waiting for the
        handshake), Twisted 22.10 to 26.10; ``BufferingTLSTransport._aggregator``
        and its ``_buffer`` (small writes waiting for the next turn of the reactor,
        64 kB at most; absent once the connection is lost), 23.10 to 26.10.
    """
    own = {} if isinstance(layer, FileDescriptor) else _own(layer)
    waiting = own.get("_appSendBuffer", ())
    kept_back = getattr(own.get("_aggregator"), "_buffer", ())
    return sum(map(len, waiting)) + sum(map(len, kept_back))


def is_writable(transport: object, descriptor: FileDescriptor | None) -> bool:
    """Whether what is written to *transport* now may still reach the peer.

    Args:
        transport: What the protocol writes to.
        descriptor: What it ends in, from `descriptor_of` or `halves_of`.
    """
    if is_closing(transport) or not is_connected(descriptor or transport):
        return False
    return descriptor is None or not write_closed(descriptor)


def write_closed(descriptor: FileDescriptor) -> bool:
    """Whether ``loseWriteConnection`` was called: what is written now is lost.

    Source:
        ``FileDescriptor._writeDisconnecting`` (called) and
        ``_writeDisconnected`` (done); Twisted 22.10 to 26.10.
    """
    return descriptor._writeDisconnecting or descriptor._writeDisconnected


def is_connected(transport: object) -> bool:
    """Whether *transport*'s connection stands; False for ever once it is lost.

    In-memory transports that do not say so count as connected.
    """
    lowest: Any = descriptor_of(transport) or transport
    lost = getattr(lowest, "disconnected", False)
    return bool(getattr(lowest, "connected", True) and not lost)


def is_gone(transport: object) -> bool:
    """Whether a connection whose protocol was told that it is lost really is.

    A protocol may call its own ``connectionLost`` while the transport lives on.
    Only a descriptor can contradict it: other transports are taken as gone.
    """
    descriptor = descriptor_of(transport)
    return descriptor is None or not is_connected(descriptor)


def is_closing(transport: object) -> bool:
    """Whether some layer of *transport* was told to close, or has closed.

    True from ``loseConnection`` or ``abortConnection`` on, whoever called it
    and at whichever layer, TLS started by ``startTLS`` included.
    """
    if not isinstance(transport, FileDescriptor) or getattr(transport, "TLS", False):
        return any(map(_layer_is_closing, _layers(transport)))
    # Written out, for every check of a lively connection asks.
    closing = transport.disconnecting or transport.disconnected
    return bool(closing or getattr(transport, "_aborting", False))


def _layer_is_closing(layer: Any) -> bool:
    if isinstance(layer, ProtocolWrapper):
        # It would answer the rest for the layer below, and slowly.
        return bool(layer.disconnecting or "_aborted" in _own(layer))
    return bool(
        getattr(layer, "disconnecting", False)
        or getattr(layer, "disconnected", False)
        or _layer_is_aborted(layer)
    )


def is_aborted(transport: object) -> bool:
    """Whether ``abortConnection`` was called, at whichever layer."""
    return any(map(_layer_is_aborted, _layers(transport)))


def _layer_is_aborted(layer: object) -> bool:
    """Whether ``abortConnection`` was called on *layer*, or through it.

    Source:
        ``_aborting`` of TCP and UNIX connections, which leaves the public
        ``disconnecting`` alone, ``TLSMemoryBIOProtocol._aborted``; 22.10 to 26.10.
    """
    return bool(getattr(layer, "_aborting", False) or getattr(layer, "_aborted", False))


def _layers(transport: object) -> list[object]:
    """*transport* and what it writes to, down to the descriptor if there is one.

    After ``startTLS`` the protocol goes on writing to the descriptor, which has
    its ``protocol`` encrypt the bytes and write them to it once more: that TLS
    layer comes last.
    """
    layers: list[object] = []
    layer: Any = transport
    while layer is not None and len(layers) < MAX_LAYERS:
        layers.append(layer)
        if isinstance(layer, FileDescriptor):
            return layers + _started_tls(layer)
        layer = _below(layer)
    return layers


def _started_tls(descriptor: FileDescriptor) -> list[object]:
    if not getattr(descriptor, "TLS", False):
        return []
    protocol: object = getattr(descriptor, "protocol", None)
    return [] if protocol is None else [protocol]


def _below(layer: object) -> object:
    """What *layer* writes to; None if it is the lowest.

    Source:
        ``_newtls._BypassTLS._connection``, the descriptor that TLS started by
        ``startTLS`` writes to; Twisted 22.10 to 26.10.
    """
    below: object = getattr(layer, "transport", None)
    return _own(layer).get("_connection") if below is None else below


def _own(layer: object) -> dict[str, Any]:
    """Those of *layer* itself; wrappers answer for the layer below too."""
    return getattr(layer, "__dict__", {})


def _descriptor(candidate: object) -> FileDescriptor | None:
    return candidate if isinstance(candidate, FileDescriptor) else None
