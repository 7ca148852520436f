"""What the kernel tells, and what it does not."""

from __future__ import annotations

import os
import select
import socket
from typing import Any

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Protocol
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides

from heartbeat import kernel
from tests.connections import tcp_pair


class Handle:
    """As much of a descriptor as the kernel is asked about."""

    def __init__(self, ours: Any) -> None:
        self.socket = ours
        self.fileno = ours.fileno
        self.protocol = Protocol()


class Numbers(Handle):
    """A descriptor that is not a socket."""

    def __init__(self, fileno: int) -> None:
        self.fileno = lambda: fileno


class Pretender:
    """A socket of a kernel that says it knows TCP and gives an empty struct."""

    def fileno(self) -> int:
        """No descriptor."""
        return -1

    def getsockopt(self, level: int, _option: int, size: int = 0) -> object:
        """The protocol is TCP, and the struct is all zeros."""
        return socket.IPPROTO_TCP if level == socket.SOL_SOCKET else bytes(size)


class KernelTests(SynchronousTestCase):
    def pair(self) -> tuple[Handle, socket.socket]:
        """Both ends of a TCP connection, closed after the test."""
        ours, peer = tcp_pair()
        self.addCleanup(ours.close)
        self.addCleanup(peer.close)
        return Handle(ours), peer

    def test_vitals(self) -> None:
        """The short answer agrees with the long one."""
        handle, peer = self.pair()
        peer.sendall(b"12345")
        select.select([handle.socket], [], [])
        short, long = kernel.vitals(handle), kernel.tcp(handle)
        assert short is not None
        assert long is not None
        self.assertEqual((short.received, short.acked), (5, long.acked))

    def test_knows_tcp(self) -> None:
        """TCP is known, over IPv4 and over IPv6."""
        handle, _ = self.pair()
        self.assertTrue(kernel.knows(handle))

    def test_does_not_know_unix(self) -> None:
        """A UNIX socket is not TCP."""
        ours, peer = socket.socketpair()
        with ours, peer:
            self.assertFalse(kernel.knows(Handle(ours)))

    def test_does_not_know_others(self) -> None:
        """A descriptor without a socket, and a closed one, are not known."""
        handle, _ = self.pair()
        handle.socket.close()
        self.assertFalse(kernel.knows(Numbers(0)))
        self.assertFalse(kernel.knows(handle))

    def test_does_not_know_empty_struct(self) -> None:
        """A kernel that does not fill in the struct is not believed."""
        self.assertFalse(kernel.knows(Handle(Pretender())))

    def test_gone(self) -> None:
        """Asking about a closed connection raises what `GONE` names."""
        handle, _ = self.pair()
        handle.socket.close()
        self.assertRaises(kernel.GONE, kernel.tcp, handle)

    def test_unread(self) -> None:
        """Bytes that arrived and were not read are counted, on pipes too."""
        handle, peer = self.pair()
        peer.sendall(b"12345")
        select.select([handle], [], [])
        self.assertEqual(kernel.unread(handle), 5)

        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        self.addCleanup(os.close, writing)
        os.write(writing, b"123")
        self.assertEqual(kernel.unread(Numbers(reading)), 3)

    def test_finished(self) -> None:
        """A peer has finished when all it sent is read and its side is closed."""
        handle, peer = self.pair()
        directlyProvides(handle.protocol, IHalfCloseableProtocol)
        self.assertFalse(kernel.finished(handle))
        peer.sendall(b"1")
        peer.shutdown(socket.SHUT_WR)
        select.select([handle], [], [])
        self.assertFalse(kernel.finished(handle))
        handle.socket.recv(1)
        select.select([handle], [], [])
        self.assertTrue(kernel.finished(handle))

    def test_finished_is_over(self) -> None:
        """For a protocol that takes no half, and on a lost one, it means nothing."""
        handle, peer = self.pair()
        peer.shutdown(socket.SHUT_WR)
        select.select([handle], [], [])
        self.assertFalse(kernel.finished(handle))
        directlyProvides(handle.protocol, IHalfCloseableProtocol)
        handle.socket.close()
        self.assertFalse(kernel.finished(handle))
        self.assertFalse(kernel.finished(Numbers(0)))

    def test_unacknowledged(self) -> None:
        """Bytes a peer has no room for are not acknowledged."""
        handle, _ = self.pair()
        self.assertEqual(kernel.unacknowledged(handle), 0)
        handle.socket.setblocking(False)
        with self.assertRaises(BlockingIOError):
            while True:
                handle.socket.send(bytes(65536))
        self.assertGreater(kernel.unacknowledged(handle), 65536)

    def test_cannot_tell(self) -> None:
        """Nothing is counted where nobody can tell."""
        handle, _ = self.pair()
        handle.socket.close()
        null = os.open(os.devnull, os.O_RDWR)
        self.addCleanup(os.close, null)
        for mute in (handle, Numbers(-1), Numbers(null)):
            with self.subTest(mute=mute):
                self.assertEqual(kernel.unread(mute), 0)
                self.assertEqual(kernel.unacknowledged(mute), 0)

    def test_no_ioctl(self) -> None:
        """Nothing is counted on a platform without ``ioctl``."""
        handle, peer = self.pair()
        peer.sendall(b"12345")
        select.select([handle], [], [])
        self.patch(kernel, "fcntl", None)
        self.assertEqual(kernel.unread(handle), 0)
