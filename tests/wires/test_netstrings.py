"""Pings and pongs as strings with a length."""

from __future__ import annotations

import struct

from twisted.protocols.basic import (
    Int8StringReceiver,
    Int16StringReceiver,
    Int32StringReceiver,
    NetstringReceiver,
)
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import HeartbeatMixin, IntN, Netstrings
from tests.wires.cases import Receiving, WireCases


class Netstringed(Receiving, NetstringReceiver):
    wire = Netstrings()


class Int8(Receiving, Int8StringReceiver):
    wire = IntN()


class Int16(Receiving, Int16StringReceiver):
    wire = IntN()


class Int32(Receiving, Int32StringReceiver):
    wire = IntN()


class NetstringTests(WireCases, SynchronousTestCase):
    """On `NetstringReceiver`."""

    make = Netstringed

    def framed(self, message: bytes) -> bytes:
        """One netstring."""
        return b"%d:%s," % (len(message), message)


class Int8Tests(WireCases, SynchronousTestCase):
    """On `Int8StringReceiver`, whose strings have 255 bytes at most."""

    make = Int8

    def framed(self, message: bytes) -> bytes:
        """One string."""
        return struct.pack("!B", len(message)) + message


class Int16Tests(WireCases, SynchronousTestCase):
    """On `Int16StringReceiver`."""

    make = Int16

    def framed(self, message: bytes) -> bytes:
        """One string."""
        return struct.pack("!H", len(message)) + message


class Int32Tests(WireCases, SynchronousTestCase):
    """On `Int32StringReceiver`."""

    make = Int32

    def framed(self, message: bytes) -> bytes:
        """One string."""
        return struct.pack("!I", len(message)) + message


class CheckTests(SynchronousTestCase):
    def test_words_beyond_the_prefix(self) -> None:
        """Words that an Int8 cannot carry are refused where the class is written."""
        wire = IntN(ping=b"P" * 250)
        with self.assertRaisesRegex(TypeError, "at most 255 bytes"):
            type("Long", (HeartbeatMixin, Int8StringReceiver), {"wire": wire})
