"""The examples of `heartbeat.wrapping`, and Twisted's own web server, watched."""

from __future__ import annotations

import socket

from twisted.trial.unittest import SynchronousTestCase

from tests.examples.program import (
    PATIENCE,
    STANDSTILL,
    Program,
    connection_from,
    listening,
)

TWIST = "from twisted.application.twist._twist import Twist; Twist.main()"
LOCAL = "tcp:0:interface=127.0.0.1"


class WatchedTests(SynchronousTestCase):
    """Programs whose protocols know nothing of us."""

    def test_echo(self) -> None:
        """Bytes come back; a silent client is thrown out, by name."""
        with Program("watched_echo.py", LOCAL, "--silence", STANDSTILL) as program:
            with self.connected(program.port()) as client:
                client.sendall(b"hello")
                self.assertEqual(client.recv(100), b"hello")
                self.assertRaises(ConnectionResetError, client.recv, 100)
            program.hear("given up: PEER_SILENT")
            program.interrupt()

    def test_client(self) -> None:
        """A word in the endpoint string is enough; a silent server is left."""
        with listening() as port:
            to = f"tcp:127.0.0.1:{port.getsockname()[1]}"
            where = f"heartbeat:{to}:silence={STANDSTILL}"
            with Program("watched_client.py", where) as program:
                with connection_from(port) as connection:
                    connection.sendall(b"hello\n")
                    program.hear("heard: hello")
                    program.hear("lost: PEER_SILENT")
                with connection_from(port):
                    program.hear("connected")
                    program.interrupt()
        self.assertEqual(program.heard.count("lost: PEER_SILENT"), 1)

    def test_twist(self) -> None:
        """``twist web`` takes the string, and gives up a client without a request."""
        listen = f"--listen=heartbeat:{LOCAL}:silence={STANDSTILL}"
        with Program("-c", TWIST, "--log-format=text", "web", listen) as program:
            port = program.port("Site starting on ")
            with self.connected(port) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                with client.makefile("rb") as answer:
                    self.assertEqual(answer.readline(), b"HTTP/1.1 200 OK\r\n")
                    self.assertRaises(ConnectionResetError, answer.read)
            program.hear("kind='PEER_SILENT'")
            program.interrupt()

    def test_twist_refuses(self) -> None:
        """A number that cannot be meant is refused in our words."""
        listen = f"--listen=heartbeat:{LOCAL}:silence=soon"
        with Program("-c", TWIST, "web", listen) as program:
            self.assertNotEqual(program.end(), 0)
        self.assertIn("silence='soon': must be a number", program.heard)

    def connected(self, port: int) -> socket.socket:
        """A client of the program."""
        return socket.create_connection(("127.0.0.1", port), PATIENCE)
