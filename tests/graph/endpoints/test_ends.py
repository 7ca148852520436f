"""The ends of a connection in words."""

from __future__ import annotations

import socket

from twisted.internet.address import (
    HostnameAddress,
    IPv4Address,
    IPv6Address,
    UNIXAddress,
)
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.endpoints.ends import (
    fd_of,
    in_words,
    local_of,
    of_address,
    socket_of,
)


class EndTests(SynchronousTestCase):
    """Addresses."""

    def test_in_words(self) -> None:
        """Tuples and paths; nothing for what is neither."""
        cases = {
            ("127.0.0.1", 80): "127.0.0.1:80",
            ("::1", 80, 0, 0): "[::1]:80",
            (b"example.com", 80): "example.com:80",
            ("/run/it", None): "/run/it",
            ("", None): "",
            (7, 80): "",
            ("host", "port"): "",
            ("alone",): "alone",
            (): "",
            b"/run/it": "/run/it",
            "/run/it": "/run/it",
            "\0hidden": "@hidden",
            7: "",
        }

        self.assertEqual({given: in_words(given) for given in cases}, cases)

    def test_of_address(self) -> None:
        """Twisted's own addresses."""
        self.assertEqual(of_address(IPv4Address("TCP", "10.0.0.1", 7)), "10.0.0.1:7")
        self.assertEqual(of_address(IPv6Address("TCP", "::1", 7)), "[::1]:7")
        self.assertEqual(of_address(UNIXAddress("/run/it")), "/run/it")
        self.assertEqual(of_address(UNIXAddress(None)), "")
        self.assertEqual(of_address(HostnameAddress(b"x", 7)), "")

    def test_socket(self) -> None:
        """A plain socket tells; a closed one, and one of the program's, do not."""

        class Own(socket.socket):
            pass

        with socket.socket() as plain, Own() as own:
            plain.bind(("127.0.0.1", 0))
            port = plain.getsockname()[1]

            self.assertIs(socket_of(plain), plain)
            self.assertIsNone(socket_of(own))
            self.assertEqual(local_of(plain), f"127.0.0.1:{port}")
            self.assertEqual(fd_of(plain), plain.fileno())
        self.assertEqual((fd_of(plain), local_of(plain)), (None, ""))
        self.assertEqual((fd_of(None), local_of(None)), (None, ""))
