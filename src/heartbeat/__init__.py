"""Timers that die with their connection, and a keepalive that judges by evidence.

.. code-block:: python

    from heartbeat import HeartbeatMixin, Keepalive, Lines
    from twisted.protocols.basic import LineReceiver

    class Chat(HeartbeatMixin, LineReceiver):
        keepalive = Keepalive(interval=30, timeout=10)
        wire = Lines()

        def connectionMade(self):
            self.clock.callLater(5, self.greet)  # dies with the connection
"""

from heartbeat import late
from heartbeat.clock import ScopedClock
from heartbeat.errors import (
    HeartbeatError,
    LateWriteError,
    NotConnectedError,
    NotReadyError,
    PeerLostError,
    PolicyError,
    ScopeClosedError,
)
from heartbeat.evidence import Evidence
from heartbeat.keepalive import Heartbeat
from heartbeat.policy import Keepalive, Proof
from heartbeat.protocol import HeartbeatMixin
from heartbeat.states import State
from heartbeat.timeouts import TimeoutMixin
from heartbeat.verdict import Kind, Verdict
from heartbeat.wires import IntN, Lines, Netstrings, Wire

__all__ = [
    "Evidence",
    "Heartbeat",
    "HeartbeatError",
    "HeartbeatMixin",
    "IntN",
    "Keepalive",
    "Kind",
    "LateWriteError",
    "Lines",
    "Netstrings",
    "NotConnectedError",
    "NotReadyError",
    "PeerLostError",
    "PolicyError",
    "Proof",
    "ScopeClosedError",
    "ScopedClock",
    "State",
    "TimeoutMixin",
    "Verdict",
    "Wire",
    "late",
]
