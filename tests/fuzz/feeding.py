"""How the targets feed bytes, and what must hold of every wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.task import Clock

from heartbeat.answering import BURST, MAX_PAYLOAD
from heartbeat.testing import connect
from tests.connections import Sink
from tests.wires.states import STATES, connected

if TYPE_CHECKING:
    from heartbeat.testing import Pair

__all__ = [
    "Failing",
    "answer_limit",
    "chunks",
    "feed",
    "outcome",
    "quiet",
    "require",
    "state_of",
]

Failing = type[BaseException] | None
"""The kind of exception a protocol let out; None for none."""


def require(holds: object, what: str, *evidence: object) -> None:
    """Raise `AssertionError`, with *what* and the evidence, unless it *holds*."""
    if not holds:
        raise AssertionError(what, *evidence)


def chunks(data: bytes) -> list[bytes]:
    """The *data* in pieces; five bits of its own first byte say how many and where."""
    if not data:
        return []
    step, rest = data[0] % 32, data[1:]
    if step == 0:
        return [rest]
    return [rest[place : place + step] for place in range(0, len(rest), step)]


def state_of(data: bytes) -> str:
    """In which a keepalive gets the *data*; two bits of their first byte say it."""
    return STATES[data[0] >> 5 & 3] if data else STATES[0]


def feed(protocol: Any, pieces: list[bytes], state: str = "") -> Pair[Any, Sink]:
    """Connect *protocol*, and have it receive the *pieces*.

    If it has a keepalive, in which *state* that is.
    """
    pair = connected(protocol, state) if state else connect(protocol, Sink(), Clock())
    for piece in pieces:
        pair.server.transport.write(piece)  # type: ignore[union-attr]
        pair.flush()
    return pair


def outcome(
    protocol: Any, pieces: list[bytes], state: str = ""
) -> tuple[Failing, bytes]:
    """What *protocol* lets out, and what it writes; see `feed`."""
    pair = feed(protocol, [], state)
    failing: Failing = None
    try:
        for piece in pieces:
            pair.server.transport.write(piece)  # type: ignore[union-attr]
            pair.flush()
    except Exception as raised:  # noqa: BLE001 - compared with another's
        failing = type(raised)
    pair.lose()
    return failing, pair.server.received


def quiet(protocol: Any) -> None:
    """No code of ours raised behind *protocol*'s back."""
    failures = protocol.heartbeat.counters.hook_failures
    require(failures == 0, "a wire raised", failures)


def answer_limit(overhead: int) -> int:
    """Bytes of answers at once, at most, if one has *overhead* besides its payload."""
    return BURST * (MAX_PAYLOAD + overhead)
