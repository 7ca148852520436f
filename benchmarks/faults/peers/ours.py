"""The other end of ours: lines, with habits; it has no keepalive of its own.

It answers pings by hand, so that what it does wrong is no more than that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.basic import LineReceiver

from benchmarks.faults.subjects.on_twisted import run_peer

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.python.failure import Failure

    from benchmarks.faults.subjects.contract import Options

LATE = 3.0
"""Seconds until the answer of one that answers late."""

GIGANTIC = 2**20
"""Bytes."""


class Line(LineReceiver):
    """A connection that answers."""

    MAX_LENGTH = 2**25
    transport: Any
    reactor: Any

    def __init__(self, lines: set[Line]) -> None:
        self._lines = lines

    def connectionMade(self) -> None:
        """Be there for commands."""
        self._lines.add(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Be gone."""
        del reason
        self._lines.discard(self)

    def lineReceived(self, line: bytes) -> None:
        """Answer a question; swallow all else."""
        word, _, payload = line.partition(b" ")
        if word == b"PING":
            self.asked(payload)

    def asked(self, payload: bytes) -> None:
        """Answer."""
        self.say(b"PONG " + payload)

    def say(self, line: bytes) -> None:
        """Send one line."""
        self.sendLine(line)

    def misbehave(self) -> None:
        """Begin with what is wrong; called when the bench says so."""

    # Other commands.

    def send(self, size: int) -> None:
        """One long line."""
        self.say(b"y" * size)

    def halfclose(self) -> None:
        """Say no more, and go on listening."""
        self.transport.loseWriteConnection()

    def deaf(self) -> None:
        """Read no more: not even the end of TLS."""
        self.transport.pauseProducing()


class Habit(Line):
    """One that behaves until it is told not to."""

    bad = False

    def misbehave(self) -> None:
        """Begin."""
        self.bad = True

    def asked(self, payload: bytes) -> None:
        """Answer rightly, or not."""
        if self.bad:
            self.answer_badly(payload)
        else:
            super().asked(payload)

    def answer_badly(self, payload: bytes) -> None:
        """Answer wrongly."""


class Foreign(Habit):
    """Answers what nobody asked."""

    def answer_badly(self, payload: bytes) -> None:
        """Another payload."""
        self.say(b"PONG " + payload[::-1] + b"!")


class Empty(Habit):
    """Answers with nothing."""

    def answer_badly(self, payload: bytes) -> None:
        """No payload at all."""
        del payload
        self.say(b"PONG")


class Late(Habit):
    """Answers, but not in time."""

    def answer_badly(self, payload: bytes) -> None:
        """After the timeout."""
        self.reactor.callLater(LATE, self.say, b"PONG " + payload)


class Duplicate(Habit):
    """Answers three times."""

    def answer_badly(self, payload: bytes) -> None:
        """The same again."""
        for _ in range(3):
            self.say(b"PONG " + payload)


class Gigantic(Habit):
    """Answers, and asks, with a megabyte."""

    def answer_badly(self, payload: bytes) -> None:
        """An answer too long, a question too long, and the right answer."""
        self.say(b"PONG " + b"g" * GIGANTIC)
        self.say(b"PING " + b"g" * GIGANTIC)
        self.say(b"PONG " + payload)


class Flood(Habit):
    """Asks without end."""

    def misbehave(self) -> None:
        """Begin."""
        super().misbehave()
        self._ask()

    def _ask(self) -> None:
        self.transport.write(b"PING flood\r\n" * 100)
        if self.connected:
            self.reactor.callLater(0.02, self._ask)


HABITS: dict[str, type[Line]] = {
    "answer": Line,
    "foreign": Foreign,
    "empty": Empty,
    "late": Late,
    "duplicate": Duplicate,
    "gigantic": Gigantic,
    "flood": Flood,
}


def make(reactor: Any, told: Options) -> tuple[Factory, Callable[[str], object]]:
    """A factory of lines with one habit, and what obeys commands."""
    lines: set[Line] = set()

    class Lines(Factory):
        noisy = False

        def buildProtocol(self, addr: object) -> Line:
            del addr
            line = HABITS[told.habit](lines)
            line.reactor = reactor
            return line

    def obey(command: str) -> None:
        name, _, argument = command.partition(" ")
        for line in list(lines):
            getattr(line, name)(*([int(argument)] if argument else []))

    return Lines(), obey


if __name__ == "__main__":
    run_peer(make)
