"""Evidence in words, and sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heartbeat.evidence import Evidence

__all__ = ["in_words", "size_of"]

KILOBYTE = 10**3
MEGABYTE = 10**6


def in_words(evidence: Evidence) -> list[str]:
    """What matters of *evidence*: its signs of life, our bytes, and the way."""
    life = [f"last byte {evidence.heard_ago:.2f} s ago"]
    ours = [f"{size_of(evidence.unsent)} unsent"]
    way = []
    if evidence.ack_ago is not None:
        life.append(f"last ack {evidence.ack_ago:.2f} s ago")
    if evidence.in_flight is not None:
        ours.insert(0, f"{size_of(evidence.in_flight)} in flight")
    if evidence.acked is not None:
        ours.insert(0, f"{size_of(evidence.acked)} acked")
    if evidence.window is not None:
        way.append(f"window {size_of(evidence.window)}")
    if evidence.probes:
        way.append(f"{evidence.probes} window probes")
    if evidence.retransmits:
        way.append(f"{evidence.retransmits} retransmits")
    if evidence.rtt is not None:
        way.append(f"rtt {evidence.rtt * 1e3:.2f} ms")
    return [", ".join(facts) for facts in (life, ours, way) if facts]


def size_of(count: int) -> str:
    """*count* bytes, in the unit that suits."""
    if count >= MEGABYTE:
        return f"{count / MEGABYTE:.1f} MB"
    if count >= KILOBYTE:
        return f"{count / KILOBYTE:.0f} kB"
    return f"{count} B"
