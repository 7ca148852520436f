"""Autobahn's auto-ping, on Twisted.

Source:
    Autobahn's ``examples/twisted/websocket/ping_keepalive``:
    ``setProtocolOptions(autoPingInterval=…, autoPingTimeout=…)``.
"""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol

from benchmarks.faults.subjects.by_hand import Commands, connect_all
from benchmarks.faults.subjects.on_twisted import run_subject

if TYPE_CHECKING:
    from benchmarks.faults.subjects.contract import Options, Program


class Socket(Commands, WebSocketClientProtocol):  # type: ignore[misc]
    """One connection, and its actor."""

    program: Program

    def onOpen(self) -> None:  # noqa: N802 - Autobahn's
        """Say so."""
        self.program.connected(self)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        """Take a message."""
        del isBinary
        self.program.received += len(payload)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:  # noqa: N802, N803
        """Say why."""
        del wasClean
        self.program.lost(self, None, f"{code}: {reason}")

    def send(self, size: int) -> None:
        """One big message."""
        self.sendMessage(b"x" * size, isBinary=True)

    def sendLine(self, data: bytes) -> None:  # noqa: N802 - what a flow calls
        """One message."""
        self.sendMessage(data, isBinary=True)

    def close(self) -> None:
        """Close gracefully."""
        self.sendClose()


def start(reactor: Any, told: Options, program: Program) -> None:
    """Connect."""
    factory = WebSocketClientFactory("ws://localhost/", reactor=reactor)
    factory.setProtocolOptions(
        autoPingInterval=told.interval, autoPingTimeout=told.timeout
    )

    def make() -> Any:
        protocol: Any = Socket()
        protocol.program = program
        protocol.factory = factory
        return protocol

    connect_all(reactor, told, program, make)


if __name__ == "__main__":
    run_subject(start)
