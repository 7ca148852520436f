"""Streams whose answers name no question, but come in the questions' order.

The application may ask by the same words, which nobody here sees. So both ends count:
of the answers that come as many are taken as we are owed, and the others are handed on;
of the peer's questions each is answered, though maybe late, and several at once.

Some peers leave an answer out. Then nobody can know which question the next one is for,
and it is taken for the oldest's:

- It is a sign of life, whichever it is for, as every late answer is. So one that was
  left out makes no false verdict, as long as others come.
- It proves nothing about newer questions: not that the peer has read them, nor how long
  it took, nor does it end a `Heartbeat.ping` among them. A peer that hangs after it is
  found when it would be after any other sign of life.
- A question is given up, so that both ends are in step again, once answers to later
  ones must have passed it: an answer has come after it was asked, and then it took as
  long as the policy waits, ``timeout`` by ``attempts``. A peer that is slow, or
  stopped, sends none, and may answer all of them when it goes on; if they were given
  up by then, their answers would be taken for those of questions it has not seen.

A beat is a question here: there is nothing else that a peer takes, and ignores.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from twisted.python.failure import Failure

from heartbeat.answering import BURST
from heartbeat.pings import MAX_PENDING
from heartbeat.wires.streams import Stream, StreamWire

if TYPE_CHECKING:
    from heartbeat.keepalive import Heartbeat

__all__ = ["Asked", "NamelessStream", "NamelessWire"]


class Asked(NamedTuple):
    """A question of ours that was not answered yet."""

    name: bytes
    """As the keepalive calls it; the peer does not hear it."""
    passed_at: float = math.inf
    """When the first answer came after it was asked, monotonic seconds."""


class NamelessStream(Stream):
    """Counts questions and answers, both ways; call `asked` and `answered`."""

    __slots__ = ("_debt", "_questions")

    answer: ClassVar[bytes]
    """What answers one question of the peer's."""

    def __init__(self, protocol: Any, heartbeat: Heartbeat) -> None:
        super().__init__(protocol, heartbeat)
        self._questions: tuple[Asked, ...] = ()  # oldest first
        self._debt = 0

    @property
    def owed(self) -> int:
        """How many answers the peer owes us."""
        self._give_up()
        return len(self._questions)

    def ask(self, question: bytes, name: bytes) -> None:
        """Write the *question*, which the keepalive calls by *name*."""
        self.protocol.transport.write(question)
        self._give_up()
        self._questions = (*self._questions, Asked(name))[-MAX_PENDING:]

    def answered(self) -> None:
        """The peer answers the oldest question of ours, as far as anybody can know."""
        now = self.heartbeat.now()
        self._questions = tuple(
            Asked(name, min(passed_at, now)) for name, passed_at in self._questions[1:]
        )
        self.heartbeat.pong()

    def asked(self) -> None:
        """The peer asks, and is answered within the bounds of ``heartbeat.pinged``.

        It counts the answers as we do. So those that were put off are not merged, but
        go out together, up to `BURST` of them: no more bytes than one answer may have
        that echoes a payload.
        """
        self._debt = min(self._debt + 1, BURST)
        self.heartbeat.pinged(b"", self._pay)

    def _pay(self, _: bytes) -> None:
        debt, self._debt = self._debt, 0
        self.protocol.transport.write(self.answer * debt)

    def _give_up(self) -> None:
        """Forget the questions that will not be answered any more."""
        policy = self.heartbeat.policy
        if policy.timeout is None:
            return
        since = self.heartbeat.now() - policy.timeout * policy.attempts
        while self._questions and self._questions[0].passed_at < since:
            self.heartbeat.pings.withdraw(self._questions[0].name)
            self._questions = self._questions[1:]


class NamelessWire(StreamWire):
    """Asks by the same words each time; its ``stream`` is a `NamelessStream`."""

    question: ClassVar[bytes]
    """What asks."""

    def send_ping(self, protocol: Any, payload: bytes) -> None:
        """Ask; no answer could echo the *payload*."""
        self.ready_stream(protocol).ask(self.question, payload)

    def send_beat(self, protocol: Any) -> None:
        """Ask, as nothing else can be said; the answer counts as any."""
        self.ready_stream(protocol).heartbeat.write_ping(Failure.raiseException)
