"""The other end is the one of ours: lines, and an answer to each ``PING``."""

from __future__ import annotations

from benchmarks.faults.peers.ours import make
from benchmarks.faults.subjects.on_twisted import run_peer

if __name__ == "__main__":
    run_peer(make)
