"""How a peer is called."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.addresses import peer_of


class Gone:
    """A transport that is torn down."""

    def getPeer(self) -> Any:
        """There is none any more."""
        raise AttributeError("socket")


def at(address: object) -> StringTransport:
    """A transport whose peer has this address."""
    transport = StringTransport()
    transport.peerAddr = address
    return transport


class PeerOfTests(SynchronousTestCase):
    def test_tcp(self) -> None:
        """Host and port, in brackets where the host has colons."""
        self.assertEqual(
            peer_of(at(IPv4Address("TCP", "192.0.2.1", 80))), "192.0.2.1:80"
        )
        self.assertEqual(
            peer_of(at(IPv6Address("TCP", "2001:db8::1", 80))), "[2001:db8::1]:80"
        )

    def test_unix(self) -> None:
        """A path, abstract ones included; most clients have none."""
        self.assertEqual(peer_of(at(UNIXAddress("/run/x"))), "b'/run/x'")
        self.assertEqual(peer_of(at(UNIXAddress("\0x"))), r"b'\x00x'")
        self.assertEqual(peer_of(at(UNIXAddress(None))), "unnamed UNIX socket")

    def test_anything_else(self) -> None:
        """Other addresses are called by their type."""
        self.assertEqual(peer_of(at(object())), "object")

    def test_never_raises(self) -> None:
        """A transport that is gone, or none at all, has an unknown peer."""
        self.assertEqual(peer_of(Gone()), "unknown peer of a Gone")
        self.assertEqual(peer_of(None), "unknown peer of a NoneType")
