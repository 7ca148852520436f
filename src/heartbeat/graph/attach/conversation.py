"""One client of the socket: it asks one thing, and reads the answer at its pace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import CancelledError, maybeDeferred
from twisted.internet.interfaces import IPullProducer
from twisted.internet.protocol import Protocol, connectionDone
from zope.interface import implementer

from heartbeat.events import report
from heartbeat.graph.attach.language import LanguageError, refusal, word_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IDelayedCall, IReactorTime
    from twisted.python.failure import Failure

__all__ = ["Conversation"]

PATIENCE: Final = 30.0
"""Seconds that a client has to ask, and to read each line."""

LONGEST: Final = 4096
"""Bytes of a question."""


@implementer(IPullProducer)
class Conversation(Protocol):
    """Hears one question and says the answer, line by line as the client reads it.

    A line is only made when the one before it is on its way, so a client that does not
    read costs one line of memory, and is disconnected after `PATIENCE`.

    Args:
        clock: Times the patience.
        answer: Makes the lines of the answer to a question.
        lost: Called with this when the client is gone.
    """

    transport: Any

    def __init__(
        self,
        clock: IReactorTime,
        answer: Callable[[str], Deferred[Iterator[bytes]]],
        lost: Callable[[Conversation], None],
    ) -> None:
        self._clock = clock
        self._answer = answer
        self._lost = lost
        self._heard = b""
        self._patience: IDelayedCall | None = None
        self._answering: Deferred[Any] | None = None
        self._lines: Iterator[bytes] = iter(())

    def connectionMade(self) -> None:
        """The client may ask."""
        self._wait()

    def logPrefix(self) -> str:
        """What names the connection after it is lost, when there is no protocol."""
        return f"{__name__}.{type(self).__name__}"

    def dataReceived(self, data: bytes) -> None:
        """A part of the question; there is nothing to say after it."""
        self._heard += data
        line, newline, more = self._heard.partition(b"\n")
        if more or self._answering is not None:
            self.end()
        elif newline or len(line) > LONGEST:
            self._rest()
            self._answering = answering = maybeDeferred(self._understand, line)
            answering.addErrback(_refuse).addCallback(self._say)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002
        """Nobody reads any more."""
        self._rest()
        if self._answering is not None:
            self._answering.cancel()
        self._lost(self)

    def end(self) -> None:
        """Send the client away at once."""
        self._rest()
        self.transport.abortConnection()

    def resumeProducing(self) -> None:
        """The client has read; say the next line, or that is all."""
        self._wait()
        line = self._next()
        if line:
            self.transport.write(line)
        else:
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def stopProducing(self) -> None:
        """The connection is lost."""

    def _understand(self, line: bytes) -> Deferred[Iterator[bytes]]:
        if len(line) > LONGEST:
            raise LanguageError(f"a question of more than {LONGEST} bytes")
        return self._answer(word_in(line))

    def _say(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self.transport.registerProducer(self, streaming=False)

    def _next(self) -> bytes:
        """The next line; empty after the last."""
        try:
            return next(self._lines, b"")
        except Exception as error:  # noqa: BLE001 - it is told to who asked
            report("an answer ended early")
            self._lines = iter(())
            return refusal(f"{type(error).__name__}: {error}")

    def _wait(self) -> None:
        self._rest()
        self._patience = self._clock.callLater(PATIENCE, self.end)

    def _rest(self) -> None:
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
        self._patience = None


def _refuse(failure: Failure) -> Iterator[bytes]:
    if not failure.check(LanguageError, CancelledError):
        report("a question could not be answered", failure)
    return iter([refusal(failure.getErrorMessage())])
