"""Any input, in any pieces, to the wires of messages on Twisted's own receivers.

Each receiver runs twice on the same bytes: with a wire, and bare. The first must see
what the second sees, without our messages, and end when it ends.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.protocols.basic import (
    Int8StringReceiver,
    Int16StringReceiver,
    Int32StringReceiver,
    LineOnlyReceiver,
    LineReceiver,
    NetstringReceiver,
)
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import IntN, Lines, Netstrings
from heartbeat.answering import BURST, MAX_PAYLOAD
from heartbeat.testing import connect
from tests.connections import Sink
from tests.wires.cases import FUZZ, Receiving
from tests.wires.stream_cases import chunks_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.host import Wire

MESSAGES = st.lists(
    st.binary(max_size=20).filter(lambda message: b"\r\n" not in message)
    | st.sampled_from(
        [b"PING", b"PING 1", b"PONG", b"PONG 1 2", b"PING " + b"x" * 130, b"PINGS", b""]
    ),
    max_size=30,
)
CUTS = st.lists(st.integers(1, 300), max_size=10)


class Keeping:
    """Keeps the messages its class hands over; list it before a receiver."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    def stringReceived(self, string: bytes) -> None:
        """Keep it."""
        self.messages.append(string)

    def lineReceived(self, line: bytes) -> None:
        """Keep it."""
        self.messages.append(line)


def is_ours(message: bytes) -> bool:
    """Whether the wires take it away."""
    return message.partition(b" ")[0] in (b"PING", b"PONG")


def fed(protocol: Any, chunks: list[bytes]) -> tuple[list[bytes], int, bytes]:
    """What *protocol* gets of *chunks*, how often it ends, and what it answers."""
    pair = connect(protocol, Sink(), Clock())
    for chunk in chunks:
        pair.server.transport.write(chunk)  # type: ignore[union-attr]
        pair.flush()
    return protocol.messages, len(pair.server.lost), pair.server.received


class AnyInput:
    """Mixed into a test case for one receiver.

    Attributes:
        receiver: Twisted's.
        wire: Ours for it.
        framed: The bytes of one message.
    """

    receiver: type[Any]
    wire: Wire
    framed: Callable[[bytes], bytes]

    def __init_subclass__(cls) -> None:
        """Hypothesis wants a function of its own for each class."""

        @settings(deadline=None, max_examples=50)
        @given(MESSAGES, CUTS)
        def test_messages(self: Any, messages: list[bytes], cuts: list[int]) -> None:
            """However messages are cut, ours are taken out, and only ours."""
            chunks = chunks_of(b"".join(map(cls.framed, messages)), cuts)
            seen, ends, answers = self.compared(chunks)
            self.assertEqual(seen, [m for m in messages if not is_ours(m)])
            self.assertEqual(ends, 0)
            self.assertLessEqual(len(answers), self.most())

        @settings(deadline=None, max_examples=50)
        @given(FUZZ, CUTS)
        def test_any_bytes(self: Any, data: bytes, cuts: list[int]) -> None:
            """Whatever comes, the wire changes nothing but that."""
            _, _, answers = self.compared(chunks_of(data, cuts))
            self.assertLessEqual(len(answers), self.most())

        cls.test_messages = test_messages  # type: ignore[attr-defined]
        cls.test_any_bytes = test_any_bytes  # type: ignore[attr-defined]

    def compared(self: Any, chunks: list[bytes]) -> tuple[list[bytes], int, bytes]:
        """The same as `fed`, with the wire, after a look at the bare receiver."""
        wired = type("Wired", (Receiving, self.receiver), {"wire": self.wire})
        bare = type("Bare", (Keeping, self.receiver), {})
        expected, ended, said = fed(bare(), chunks)
        seen, ends, answers = fed(wired(), chunks)
        self.assertEqual(seen, [m for m in expected if not is_ours(m)])
        self.assertEqual((ends, said), (ended, b""))
        return seen, ends, answers

    def most(self) -> int:
        """Bytes of answers, at most, that a flood gets at once."""
        return BURST * len(type(self).framed(b"PONG " + b"x" * MAX_PAYLOAD))


def line(message: bytes) -> bytes:
    """One line."""
    return message + b"\r\n"


def netstring(message: bytes) -> bytes:
    """One netstring."""
    return b"%d:%s," % (len(message), message)


def prefixed(code: str) -> Callable[[bytes], bytes]:
    """Makes a string with a length before it, packed as *code* says."""
    return lambda message: struct.pack(code, len(message)) + message


class LineReceiverTests(AnyInput, SynchronousTestCase):
    receiver = LineReceiver
    wire = Lines()
    framed = staticmethod(line)


class LineOnlyReceiverTests(AnyInput, SynchronousTestCase):
    receiver = LineOnlyReceiver
    wire = Lines()
    framed = staticmethod(line)


class NetstringTests(AnyInput, SynchronousTestCase):
    receiver = NetstringReceiver
    wire = Netstrings()
    framed = staticmethod(netstring)


class Int8Tests(AnyInput, SynchronousTestCase):
    receiver = Int8StringReceiver
    wire = IntN()
    framed = staticmethod(prefixed("!B"))


class Int16Tests(AnyInput, SynchronousTestCase):
    receiver = Int16StringReceiver
    wire = IntN()
    framed = staticmethod(prefixed("!H"))


class Int32Tests(AnyInput, SynchronousTestCase):
    receiver = Int32StringReceiver
    wire = IntN()
    framed = staticmethod(prefixed("!I"))
