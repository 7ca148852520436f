"""What a peer process does with its connection."""

from __future__ import annotations

import ctypes
import signal
import socket
import struct
from threading import Thread

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.demo.peer import Mode, end_with_parent, main, serve
from tests.connections import tcp_pair

PR_GET_PDEATHSIG = 2
"""From linux/prctl.h."""

RESET = struct.pack("ii", 1, 0)


class Leaving(socket.socket):
    """A connection whose other end goes when it has got an answer."""

    def __init__(self, connection: socket.socket, other: socket.socket) -> None:
        super().__init__(connection.family, fileno=connection.detach())
        self.other = other
        self.answers: list[bytes] = []

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override]
        """Send, and lose the connection."""
        self.answers.append(data)
        super().sendall(data, flags)
        _reset(self.other)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()


class ServeTests(SynchronousTestCase):
    """What a peer does with a connection."""

    def setUp(self) -> None:
        """Both ends of one."""
        self.ours, self.its = tcp_pair()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.its.close)

    def test_answers(self) -> None:
        """It answers each PING with its payload, in order, and works on the rest."""
        self.ours.sendall(b"PING 1\r\nsomething else\r\nPING 2\r\n")
        self.ours.shutdown(socket.SHUT_WR)

        serve(self.its, Mode.ANSWERS, work=0)
        self.its.shutdown(socket.SHUT_WR)

        self.assertEqual(self.ours.makefile("rb").read(), b"PONG 1\r\nPONG 2\r\n")

    def test_deaf(self) -> None:
        """It answers one PING and no other, and ends with the connection."""
        self.ours.sendall(b"PING 1\r\nPING 2\r\n")
        with Leaving(self.its, self.ours) as its:
            serve(its, Mode.DEAF, work=0)

            self.assertEqual(its.answers, [b"PONG 1\r\n"])

    def test_reset(self) -> None:
        """A connection that is reset under it is the end, not an error."""
        _reset(self.ours)

        serve(self.its, Mode.ANSWERS, work=0)

        self.assertEqual(self.its.recv(1), b"")

    def test_main(self) -> None:
        """The program connects to the port it is given and serves there."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            guests: list[str] = []

            def accept() -> None:
                guest, address = listener.accept()
                guests.append(address[0])
                _reset(guest)

            host = Thread(target=accept)
            host.start()

            main(["answers", str(listener.getsockname()[1])])

            host.join()
            self.assertEqual(guests, ["127.0.0.1"])

    def test_end_with_parent(self) -> None:
        """The number asked for is the kernel's; 0, the default, is for none."""
        libc, found = ctypes.CDLL(None), ctypes.c_int(-1)
        self.addCleanup(end_with_parent, 0)
        for number in (signal.SIGURG, 0):
            end_with_parent(number)
            libc.prctl(PR_GET_PDEATHSIG, ctypes.byref(found))

            self.assertEqual(found.value, number)
