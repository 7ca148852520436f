"""What this package reads that Twisted keeps behind an underscore.

One function an attribute, so that a new Twisted is checked in one place. Each
docstring names the versions its attribute was read in. *read* is what
`heartbeat.graph.reading.reader_for` found safe for the object; nothing here runs code
of the program. More of the kind is in `heartbeat.graph.endpoints._names` and ``_machines``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartbeat.graph.reading import flag, is_named, number, read, size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heartbeat.graph.reading import Read

__all__ = [
    "asyncio_loop",
    "calls_from_threads",
    "connected_address",
    "fake_address",
    "internal_readers",
    "is_aborted",
    "is_unwritable",
    "pipes",
    "polled",
    "producer_behind",
    "queued",
    "selectables",
    "team",
    "tls_is_closing",
    "tls_queued",
    "wakers",
    "watched",
]

# Connections.


def is_aborted(read: Read, transport: object) -> bool:
    """Whether ``abortConnection`` was called.

    Source:
        ``tcp._AbortingMixin._aborting``; Twisted 22.10 to 26.10.
    """
    return flag(read(transport, "_aborting", None))


def is_unwritable(read: Read, transport: object) -> bool:
    """Whether ``loseWriteConnection`` was called.

    Source:
        ``FileDescriptor._writeDisconnecting`` (called) and ``_writeDisconnected``
        (done); Twisted 22.10 to 26.10.
    """
    asked: bool = flag(read(transport, "_writeDisconnecting", None))
    return asked or flag(read(transport, "_writeDisconnected", None))


def queued(read: Read, transport: object) -> int:
    """Bytes in the write queue of a descriptor.

    Source:
        ``FileDescriptor._tempDataLen``, the length of what ``write`` appended since
        the last ``doWrite``; Twisted 22.10 to 26.10.
    """
    waiting: int = number(read(transport, "_tempDataLen", 0))
    buffered = size(read(transport, "dataBuffer", b""))
    if not buffered:
        return waiting
    return waiting + buffered - number(read(transport, "offset", 0))


def tls_is_closing(layer: object) -> bool:
    """Whether a TLS layer was told to close, or its peer has closed it.

    Source:
        ``TLSMemoryBIOProtocol._aborted`` and ``_lostTLSConnection``; Twisted 22.10 to
        26.10.
    """
    names = ("disconnecting", "_aborted", "_lostTLSConnection")
    return any(flag(read(layer, name)) for name in names)


def tls_queued(layer: object) -> int:
    """Bytes that a TLS layer has taken and not yet encrypted.

    Source:
        ``TLSMemoryBIOProtocol._appSendBuffer``, Twisted 22.10 to 26.10;
        ``BufferingTLSTransport._aggregator`` and its ``_buffer``, 23.10 to 26.10.
    """
    kept_back = read(read(layer, "_aggregator"), "_buffer")
    return size(read(layer, "_appSendBuffer")) + size(kept_back)


def producer_behind(producer: object) -> object:
    """What was registered as a producer with a TLS layer, which wraps it.

    Source:
        ``tls._ProducerMembrane._producer``; ``_pullToPush._PullToPush._producer``;
        Twisted 22.10 to 26.10.
    """
    wrappers = (
        "twisted.protocols.tls._ProducerMembrane",
        "twisted.internet._producer_helpers._PullToPush",
    )
    while is_named(type(producer), *wrappers):
        producer = read(producer, "_producer")
    return producer


def connected_address(port: object) -> Any:
    """Host and port that a UDP port is connected to, None if to none.

    Source:
        ``udp.Port._connectedAddr``; Twisted 22.10 to 26.10.
    """
    return read(port, "_connectedAddr")


def fake_address(port: object) -> object:
    """The address of a port or connector of ``MemoryReactor``.

    Source:
        ``testing._FakePort._hostAddress``, ``_FakeConnector._address``; Twisted 22.10
        to 26.10.
    """
    found: object = read(port, "_hostAddress")
    return read(port, "_address") if found is None else found


def pipes(stdio: object) -> Iterable[object]:
    """The reader and the writer of a ``StandardIO``, those that are not closed.

    Source:
        ``_posixstdio.StandardIO._reader`` and ``_writer``; Twisted 22.10 to 26.10.
    """
    found = (read(stdio, "_reader"), read(stdio, "_writer"))
    return [pipe for pipe in found if pipe is not None]


# The reactor.


def watched(reactor: object, what: str) -> Any:
    """What a reactor watches, in the container of its own; None if unknown.

    Args:
        reactor: The reactor.
        what: ``"reads"`` or ``"writes"``.

    Source:
        ``_reads`` and ``_writes`` of the epoll and kqueue (sets of int), poll (dict by
        int), select and GLib (sets of descriptors) reactors; ``_readers`` and
        ``_writers`` of asyncio (dicts by descriptor); Twisted 22.10 to 26.10.
    """
    asyncio = {"reads": "_readers", "writes": "_writers"}
    for name in (f"_{what}", asyncio[what]):
        found = read(reactor, name)
        if type(found) in (set, dict):
            return found
    return None


def selectables(reactor: object) -> dict[int, Any] | None:
    """What a reactor watches, by descriptor; None if it does not go by descriptors.

    Source:
        ``_selectables`` of the epoll, poll and kqueue reactors; Twisted 22.10 to
        26.10.
    """
    found = read(reactor, "_selectables")
    return found if type(found) is dict else None


def polled(reactor: object, what: str) -> Iterable[object]:
    """Files that the kernel cannot watch, which the reactor reads by the clock.

    Args:
        reactor: The reactor.
        what: ``"reads"`` or ``"writes"``.

    Source:
        ``_continuousPolling`` of the epoll and asyncio reactors, its ``_readers`` and
        ``_writers``; Twisted 22.10 to 26.10.
    """
    polling = read(reactor, "_continuousPolling")
    found = read(polling, {"reads": "_readers", "writes": "_writers"}[what])
    return list(found) if type(found) is set else ()


def internal_readers(reactor: object) -> set[object]:
    """What a reactor watches for itself: its own set, to be changed in place.

    Source:
        ``ReactorBase._internalReaders``, what ``removeAll`` leaves alone; Twisted 22.10
        to 26.10. For a reactor without it, a set that means nothing.
    """
    found = read(reactor, "_internalReaders")
    return found if type(found) is set else set()


def calls_from_threads(reactor: object) -> int:
    """Calls of ``callFromThread`` that were not made yet.

    Source:
        ``threadCallQueue`` of `ReactorBase`; Twisted 22.10 to 26.10. The asyncio
        reactor gives a lambda to the event loop instead, whose ``_ready`` has it;
        CPython 3.10 to 3.13.
    """
    queue = read(reactor, "threadCallQueue")
    count = len(queue) if type(queue) is list else 0
    ready = read(asyncio_loop(reactor), "_ready")
    callbacks = [] if ready is None else [read(h, "_callback") for h in list(ready)]
    own = "AsyncioSelectorReactor.callFromThread.<locals>.<lambda>"
    return count + [read(each, "__qualname__") for each in callbacks].count(own)


def asyncio_loop(reactor: object) -> Any:
    """The event loop that a reactor runs on, None for one of its own.

    Source:
        ``AsyncioSelectorReactor._asyncioEventloop``; Twisted 22.10 to 26.10.
    """
    return read(reactor, "_asyncioEventloop")


def wakers(reactor: object) -> Iterable[object]:
    """The sockets by which a reactor is woken from other threads and by signals.

    Source:
        ``_signals._SocketWaker.r`` and ``w``; Twisted 22.10 to 26.10. ``_ssock`` and
        ``_csock`` of asyncio's event loops; CPython 3.10 to 3.13.
    """
    waker, loop = read(reactor, "waker"), asyncio_loop(reactor)
    ours = [read(waker, name) for name in ("r", "w")]
    return ours + [read(loop, name) for name in ("_ssock", "_csock")]


def team(pool: object) -> tuple[int, int, int]:
    """Idle and busy threads of a pool, and how much work waits for one.

    Source:
        ``ThreadPool._team``; ``_threads.Team._idle``, ``_busyCount``, ``_pending``;
        Twisted 22.10 to 26.10.
    """
    found = read(pool, "_team")
    idle, pending = read(found, "_idle", ()), read(found, "_pending", ())
    return len(idle), number(read(found, "_busyCount")), len(pending)
