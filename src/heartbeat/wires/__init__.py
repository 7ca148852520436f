"""How a ping, its answer and a beat look on a given kind of protocol.

One module a kind. Write your own by the interface `heartbeat.host.Wire`.
"""

from __future__ import annotations

from heartbeat.host import Wire
from heartbeat.wires.lines import Lines
from heartbeat.wires.netstrings import IntN, Netstrings

__all__ = ["IntN", "Lines", "Netstrings", "Wire"]
