"""The client of the story, by hand and with scoped timers, and its server.

The demo prints the two classes word for word, and runs them.
"""
# ruff: noqa: N802 - the story's own name, postConnectionLostCall, is Twisted style

from __future__ import annotations

import difflib
import inspect
import re
import textwrap
from typing import TYPE_CHECKING, Any

from twisted.protocols.basic import LineOnlyReceiver

from heartbeat.protocol import HeartbeatMixin

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.python.failure import Failure

__all__ = ["Server", "by_hand", "difference", "scoped", "source_of"]


def by_hand(reactor: Any, log: Callable[[str], None]) -> type[LineOnlyReceiver]:
    """The keepalive as it is often written."""

    class ClientAPI(LineOnlyReceiver):
        def connectionMade(self) -> None:
            log("connected")
            reactor.callLater(0.3, self.postConnectionLostCall)

        def postConnectionLostCall(self) -> None:
            log("sends PING")
            self.sendLine(b"PING")  # type: ignore[no-untyped-call]
            self.timeout = reactor.callLater(0.3, self.timed_out)

        def lineReceived(self, line: bytes) -> None:
            log(f"receives {line.decode()}")
            self.timeout.cancel()
            reactor.callLater(0.3, self.postConnectionLostCall)

        def timed_out(self) -> None:
            log("keepalive timeout: the peer does not answer!")

        def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]  # noqa: ARG002
            log("connection lost")

    return ClientAPI


def scoped(reactor: Any, log: Callable[[str], None]) -> type[LineOnlyReceiver]:
    """The same, with timers that belong to the connection."""
    del reactor

    class ClientAPI(HeartbeatMixin, LineOnlyReceiver):
        def connectionMade(self) -> None:
            log("connected")
            self.clock.callLater(0.3, self.postConnectionLostCall)

        def postConnectionLostCall(self) -> None:
            log("sends PING")
            self.sendLine(b"PING")  # type: ignore[no-untyped-call]
            self.timeout = self.clock.callLater(0.3, self.timed_out)

        def lineReceived(self, line: bytes) -> None:
            log(f"receives {line.decode()}")
            self.timeout.cancel()
            self.clock.callLater(0.3, self.postConnectionLostCall)

        def timed_out(self) -> None:
            log("keepalive timeout: the peer does not answer!")

        def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]  # noqa: ARG002
            log("connection lost")

    return ClientAPI


class Server(LineOnlyReceiver):
    """Answers one PING and closes the connection."""

    transport: Any

    def __init__(self, received: list[bytes]) -> None:
        self._received = received

    def lineReceived(self, line: bytes) -> None:
        """Answer, and go."""
        self._received.append(line)
        self.sendLine(b"PONG")  # type: ignore[no-untyped-call]
        self.transport.loseConnection()


def source_of(telling: Callable[..., object]) -> str:
    """The source of the class in *telling*."""
    lines = inspect.getsource(telling).splitlines()
    start = next(i for i, line in enumerate(lines) if "class ClientAPI" in line)
    body = textwrap.dedent("\n".join(lines[start:-2]))
    return re.sub(r"  # (type: ignore|noqa).*", "", body).rstrip()


def difference() -> list[str]:
    """The lines in which the second class differs from the first."""
    before, after = source_of(by_hand), source_of(scoped)
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line.startswith(("+", "-"))]
