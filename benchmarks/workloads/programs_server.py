"""A server with and without the mixin, on two ports of one process.

    python -m benchmarks.workloads.programs_server {lines,int32,plain} {with,without}

The last word is the variant that is made, and listens, first.
"""

# mypy: disable-error-code="no-untyped-call,mutable-override"
from __future__ import annotations

import sys
from typing import Any

from twisted.internet import reactor as _reactor  # noqa: TID251 - a program
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.basic import Int32StringReceiver, LineReceiver

from benchmarks.workloads.idle_gauge import HOST, usage
from benchmarks.workloads.idle_pipe import answer_requests
from benchmarks.workloads.programs_roles import READY, Role, role_for
from heartbeat import HeartbeatMixin, IntN, Keepalive, Lines, State

reactor: Any = _reactor

POLICY = Keepalive(interval=1.0, timeout=20.0)
"""A second, so that checks happen within a measurement; nobody is silent so long."""

LONGEST = 2**17
"""Bytes of a message that the framings allow."""


class Application:
    """What all variants do with a message: what the first one asked for."""

    role: Role | None = None
    transport: Any

    def say(self, message: bytes) -> None:
        """Send a message."""
        raise NotImplementedError

    def measure(self, message: bytes) -> int:
        """One message counts one."""
        del message
        return 1

    def take(self, message: bytes) -> None:
        """Pass it on."""
        if self.role is not None:
            self.role.take(message)
        else:
            # Else short messages wait for the acknowledgement of those before.
            self.transport.setTcpNoDelay(True)
            self.role = role_for(message, self.say, self.measure, self.transport)
            self.say(READY)


class OnLines(Application, LineReceiver):
    """Messages are lines."""

    MAX_LENGTH = LONGEST

    def lineReceived(self, line: bytes) -> None:
        """Take a message."""
        self.take(line)

    def say(self, message: bytes) -> None:
        """Send a message."""
        self.sendLine(message)


class OnInt32(Application, Int32StringReceiver):
    """Messages have their length before them."""

    MAX_LENGTH = LONGEST

    def stringReceived(self, string: bytes) -> None:
        """Take a message."""
        self.take(string)

    def say(self, message: bytes) -> None:
        """Send a message."""
        self.sendString(message)


class OnBytes(Application, Protocol):
    """There are no messages, only bytes."""

    def dataReceived(self, data: bytes) -> None:
        """Take what came."""
        self.take(data)

    def say(self, message: bytes) -> None:
        """Write."""
        self.transport.write(message)

    def measure(self, message: bytes) -> int:
        """Bytes are what counts."""
        return len(message)


class KeptLines(HeartbeatMixin, OnLines):
    """The same with a keepalive and its wire."""

    keepalive = POLICY
    wire = Lines()


class KeptInt32(HeartbeatMixin, OnInt32):
    """The same with a keepalive and its wire."""

    keepalive = POLICY
    wire = IntN()


class KeptBytes(HeartbeatMixin, OnBytes):
    """The same with a keepalive that speaks for itself."""

    keepalive = POLICY

    def send_ping(self, payload: bytes) -> None:
        """Ask."""
        self.transport.write(payload)


KINDS: dict[str, dict[str, type[Protocol]]] = {
    "lines": {"without": OnLines, "with": KeptLines},
    "int32": {"without": OnInt32, "with": KeptInt32},
    "plain": {"without": OnBytes, "with": KeptBytes},
}


class Remembering(Factory):
    """Makes protocols, and knows those of the last measurement."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self.made: list[Any] = []

    def buildProtocol(self, addr: Any) -> Any:
        """Make one."""
        del addr
        protocol = self._protocol()
        self.made = [each for each in self.made if each.connected]
        self.made.append(protocol)
        return protocol


def main(kind: str, first: str) -> None:
    """Listen on both ports until killed."""
    factories = {name: Remembering(made) for name, made in KINDS[kind].items()}
    order = sorted(factories, key=lambda name: name != first)
    ports = {
        name: reactor.listenTCP(0, factories[name], interface=HOST).getHost().port
        for name in order
    }

    def running() -> int:
        kept = [each for each in factories["with"].made if each.connected]
        return sum(each.heartbeat.state is State.ALIVE for each in kept)

    answer_requests(
        {
            "ports": lambda: ports,
            "usage": usage,
            "running": lambda: {"running": running()},
        }
    )
    reactor.run(installSignalHandlers=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
