"""Watches are found from any layer, and leave nothing behind."""

from __future__ import annotations

import socket
from typing import Any, cast

from twisted.internet.protocol import Protocol
from twisted.internet.testing import StringTransport
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.wrapping import marks
from tests.connections import Sink, adopted, descriptor
from tests.reactors import fresh


class Closed:
    """A transport without attributes of its own."""

    __slots__ = ()


class MarkTests(SynchronousTestCase):
    """Put, found, removed."""

    def setUp(self) -> None:
        self.watched: Any = object()

    def test_put_and_removed(self) -> None:
        """It is there until it is removed."""
        transport = StringTransport()
        self.assertIsNone(marks.at(transport))
        marks.put(transport, self.watched)
        self.assertIs(marks.at(transport), self.watched)
        marks.remove(transport, self.watched)
        self.assertIsNone(marks.at(transport))
        self.assertNotIn("_heartbeat_watched", vars(transport))

    def test_layers(self) -> None:
        """Put at one layer it is found at all of them."""
        wrapper = ProtocolWrapper(cast("Any", WrappingFactory)(None), Protocol())
        transport = StringTransport()
        marks.put(transport, self.watched)
        wrapper.makeConnection(cast("Any", transport))
        self.assertIs(marks.at(wrapper), self.watched)
        marks.remove(wrapper, self.watched)
        self.assertIsNone(marks.at(transport))

    def test_of_another(self) -> None:
        """Only the one that was put last is removed."""
        transport = StringTransport()
        marks.put(transport, self.watched)
        marks.remove(transport, cast("Any", object()))
        self.assertIs(marks.at(transport), self.watched)

    def test_descriptor(self) -> None:
        """On a socket it is put at the descriptor."""
        ours, peer = socket.socketpair()
        with fresh("select") as reactor, peer:  # noqa: SIM117 - the reactor first
            with adopted(reactor, Sink(), ours) as sink:
                marks.put(sink.transport, self.watched)
                self.assertIs(
                    vars(descriptor(sink))["_heartbeat_watched"], self.watched
                )

    def test_loop(self) -> None:
        """A transport that is its own transport has no lowest layer, and no mark."""
        loop: Any = Sink()
        loop.transport = loop
        marks.put(loop, self.watched)
        self.assertIsNone(marks.at(loop))

    def test_closed(self) -> None:
        """A transport that takes no attribute goes without."""
        transport = Closed()
        marks.put(transport, self.watched)
        self.assertIsNone(marks.at(transport))
        marks.remove(transport, self.watched)
