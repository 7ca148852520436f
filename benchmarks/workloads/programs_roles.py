"""What a server does with the messages of one connection: echo, take, or stream.

The first message says which; it is answered with `READY`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["READY", "Role", "role_for"]

READY = b"ready"

BATCH = 2**16
"""Bytes that are written before a stream waits for the transport."""


class Role(ABC):
    """One way to treat messages."""

    @abstractmethod
    def take(self, message: bytes) -> None:
        """A message has come; without a framing, a piece of the stream."""


class Echo(Role):
    """Every message is sent back."""

    def __init__(self, say: Callable[[bytes], object]) -> None:
        self._say = say

    def take(self, message: bytes) -> None:
        """Send it back."""
        self._say(message)


class Sink(Role):
    """Messages are counted, and every so many of them are acknowledged.

    Args:
        say: Sends a message.
        amount: Of messages, or of bytes without a framing, for each acknowledgement.
        measure: How much of that a message is.
    """

    def __init__(
        self,
        say: Callable[[bytes], object],
        amount: int,
        measure: Callable[[bytes], int],
    ) -> None:
        self._say = say
        self._amount = amount
        self._measure = measure
        self._taken = 0

    def take(self, message: bytes) -> None:
        """Count it."""
        self._taken += self._measure(message)
        while self._taken >= self._amount:
            self._taken -= self._amount
            self._say(READY)


class Source(Role):
    """A number is answered by so many messages, as fast as the transport takes them.

    Args:
        say: Sends a message.
        size: Bytes of a message.
        transport: Asks for more when it has sent what it had.
    """

    def __init__(
        self, say: Callable[[bytes], object], size: int, transport: Any
    ) -> None:
        self._say = say
        self._message = b"x" * size
        self._batch = max(1, BATCH // size)
        self._transport = transport
        self._left = 0

    def take(self, message: bytes) -> None:
        """Begin to stream."""
        self._left = int(message)
        self._transport.registerProducer(self, False)

    def resumeProducing(self) -> None:
        """Stream on; the transport has room again."""
        for _ in range(min(self._batch, self._left)):
            self._say(self._message)
        self._left -= min(self._batch, self._left)
        if not self._left:
            self._transport.unregisterProducer()

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._left = 0


def role_for(
    request: bytes,
    say: Callable[[bytes], object],
    measure: Callable[[bytes], int],
    transport: Any,
) -> Role:
    """The role a first message asks for, like ``sink 4096``."""
    name, number = request.split()
    if name == b"sink":
        return Sink(say, int(number), measure)
    if name == b"source":
        return Source(say, int(number), transport)
    return Echo(say)
