"""Write messages to a connection, or have them read: the work that is measured."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

import attrs

from benchmarks.workloads.peer import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.workloads.connecting import Line

__all__ = ["Case", "prepared"]

BATCH_BYTES = 2**16
"""What is written between two turns of the reactor, at most."""

BATCH = 256
"""How many messages these are, at most."""

TOGETHER = 4
"""Lines, or strings, that arrive in one piece: small enough for CPython's own memory
allocator, since what ``malloc`` costs depends on everything before."""


@attrs.frozen
class Case:
    """What is done with each message.

    Attributes:
        direction: "write" or "read".
        kind: A key of `KINDS`.
        size: Bytes of a message.
    """

    direction: str
    kind: str
    size: int

    @property
    def batch(self) -> int:
        """Messages between two turns of the reactor."""
        return max(1, min(BATCH, BATCH_BYTES // self.size))


def prepared(line: Line, case: Case, batches: int) -> Callable[[], float]:
    """What does the work with that many batches and returns the seconds it took.

    The peer's part has been done beforehand, as far as possible, and does not count.
    """
    return {"write": _writing, "read": _reading}[case.direction](line, case, batches)


def _writing(line: Line, case: Case, batches: int) -> Callable[[], float]:
    send, turn = line.protocol.send, line.reactor.iterate
    batch = [_message(case)] * case.batch

    def write() -> float:
        seconds = 0.0
        for _ in range(batches):
            started = perf_counter()
            for message in batch:
                send(message)
            turn(0)
            seconds += perf_counter() - started
            line.peer.drain()
        return seconds

    return write


def _reading(line: Line, case: Case, batches: int) -> Callable[[], float]:
    pieces = _pieces(case)
    packed = [[line.peer.packed(piece) for piece in pieces] for _ in range(batches)]
    turn, descriptor = line.reactor.iterate, line.descriptor
    fileno = descriptor.fileno()
    descriptor.bufferSize = len(packed[0][0])
    chunks = [(b"".join(each), range(len(each))) for each in packed]

    def read() -> float:
        seconds = 0.0
        for data, reads in chunks:
            line.peer.socket.sendall(data)
            wait_for(fileno, len(data))
            started = perf_counter()
            for _ in reads:
                descriptor.doRead()
            turn(0)
            seconds += perf_counter() - started
        return seconds

    return read


def _message(case: Case) -> Any:
    if case.kind == "pieces":
        return [b"x" * (case.size // 4)] * 4
    return b"x" * case.size


def _pieces(case: Case) -> list[bytes]:
    """What a batch of messages is when it arrives, by reads.

    Bytes are read message by message; of lines and strings some arrive together.
    """
    message = b"x" * case.size
    if case.kind == "bytes":
        return [message] * case.batch
    framed = {
        "lines": message + b"\r\n",
        "int32": case.size.to_bytes(4, "big") + message,
        "netstrings": b"%d:%b," % (case.size, message),
    }
    return [framed[case.kind] * TOGETHER] * (case.batch // TOGETHER)
