"""All faults, in the order in which they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.faults.rows_network import CROWD, NETWORK
from benchmarks.faults.rows_ourselves import OURSELVES
from benchmarks.faults.rows_peer import PEER, WORDS

if TYPE_CHECKING:
    from benchmarks.faults.faults import Fault

__all__ = ["FAULTS", "GROUPS"]

GROUPS: dict[str, tuple[Fault, ...]] = {
    "The peer": PEER,
    "The network": NETWORK,
    "Ourselves": OURSELVES,
    "What the peer says": WORDS,
    "Many at once": CROWD,
}
"""By heading."""

FAULTS: dict[str, Fault] = {
    fault.name: fault for group in GROUPS.values() for fault in group
}
"""By name."""
