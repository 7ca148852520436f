"""The kernel's struct, parsed from bytes we made and from a real socket."""

from __future__ import annotations

import select
import socket
import struct
import sys

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import tcp_info
from heartbeat.tcp_info import TcpInfo, Vitals, parse, unpack_last_heard, vitals
from tests.connections import tcp_pair

# name: (offset, format, number), each number told from all others; the offsets
# counted by hand from the struct in linux/tcp.h.
NUMBERS = {
    "state": (0, "B", 8),
    "retransmits": (2, "B", 3),
    "probes": (3, "B", 2),
    "snd_mss": (16, "I", 1448),
    "unacked": (24, "I", 11),
    "last_data_sent": (44, "I", 5_001),
    "last_data_recv": (52, "I", 6_002),
    "last_ack_recv": (56, "I", 7_003),
    "rtt": (68, "I", 80_040),
    "bytes_acked": (120, "Q", 2**40 + 1),
    "bytes_received": (128, "Q", 2**41 + 2),
    "notsent_bytes": (144, "I", 9_005),
    "snd_wnd": (228, "I", 65_535),
}


def made(size: int = 232, **changed: int) -> bytes:
    """A struct of *size* bytes with `NUMBERS` in it, some of them *changed*."""
    data = bytearray(512)
    for name, (offset, kind, number) in NUMBERS.items():
        struct.pack_into("=" + kind, data, offset, changed.get(name, number))
    return bytes(data[:size])


class ParseTests(SynchronousTestCase):
    def test_every_field(self) -> None:
        """Each field comes from its own place and in its own unit."""
        self.assertEqual(
            parse(made()),
            TcpInfo(
                state="CLOSE_WAIT",
                retransmits=3,
                probes=2,
                sent_ago=5_001 * 1e-3,
                heard_ago=6_002 * 1e-3,
                ack_ago=7_003 * 1e-3,
                rtt=80_040 * 1e-6,
                acked=2**40 + 1,
                received=2**41 + 2,
                not_sent=9_005,
                window=65_535,
            ),
        )

    def test_future_kernel(self) -> None:
        """What a later kernel appends changes nothing."""
        self.assertEqual(parse(made(512)), parse(made(232)))

    def test_before_window(self) -> None:
        """A kernel before 5.4 does not tell the peer's window."""
        for size in (148, 231):
            with self.subTest(size=size):
                info = parse(made(size))
                assert info is not None
                self.assertIsNone(info.window)
                self.assertEqual(info.not_sent, 9_005)

    def test_too_old(self) -> None:
        """A kernel before 4.6 tells too little to be of use."""
        for size in (0, 56, 104, 147):
            with self.subTest(size=size):
                self.assertIsNone(parse(made(size)))

    def test_not_filled_in(self) -> None:
        """A struct of zeros is nobody's connection, so its ages are not believed."""
        self.assertIsNone(parse(bytes(232)))
        self.assertIsNone(parse(made(snd_mss=0)))

    def test_vitals(self) -> None:
        """Vital fields come from the same places, in the units of the kernel."""
        expected = Vitals(11, 6_002, 2**40 + 1, 2**41 + 2, 9_005, 65_535)
        self.assertEqual(vitals(made()), expected)
        self.assertEqual(vitals(made(148)), expected._replace(window=None))

    def test_no_vitals(self) -> None:
        """Too short or not filled in, there are none."""
        self.assertIsNone(vitals(made(147)))
        self.assertIsNone(vitals(made(snd_mss=0)))

    def test_state_names(self) -> None:
        """States are called as in the kernel, and a new one is unknown."""
        names = [parse(made(state=state)) for state in range(14)]
        states = [info.state for info in names if info is not None]
        self.assertEqual(states[1:3], ["ESTABLISHED", "SYN_SENT"])
        self.assertEqual(states[7:12], list(tcp_info.STATES[7:12]))
        self.assertEqual((states[0], states[13]), ("UNKNOWN", "UNKNOWN"))

    @given(data=st.binary(max_size=300))
    def test_any_bytes(self, data: bytes) -> None:
        """Whatever the bytes, the answer is a value in range or None."""
        info = parse(data)
        if info is None:
            return
        self.assertGreaterEqual(len(data), 148)
        self.assertGreaterEqual(min(info.heard_ago, info.ack_ago, info.rtt), 0)
        self.assertEqual(info.window is None, len(data) < 232)

    def test_last_heard(self) -> None:
        """The beginning of the struct is enough for the age of the last byte."""
        self.assertEqual(unpack_last_heard(made(tcp_info.TO_LAST_HEARD)), (6_002,))


class KernelTests(SynchronousTestCase):
    """The offsets hold on the kernel that runs this."""

    skip: str | None = None if sys.platform == "linux" else "TCP_INFO is Linux's"

    def ask(self, ours: socket.socket) -> TcpInfo:
        """What the kernel says of *ours*."""
        info = parse(
            ours.getsockopt(socket.IPPROTO_TCP, tcp_info.TCP_INFO, tcp_info.STRUCT_SIZE)
        )
        assert info is not None
        return info

    def connected(self) -> tuple[socket.socket, socket.socket]:
        """Both ends of a connection that is closed after the test."""
        ours, peer = tcp_pair()
        self.addCleanup(ours.close)
        self.addCleanup(peer.close)
        return ours, peer

    def test_counts(self) -> None:
        """Bytes received and acknowledged are told apart, and exact."""
        ours, peer = self.connected()
        before = self.ask(ours)

        ours.sendall(b"x" * 100)
        peer.recv(100)
        peer.sendall(b"y" * 33)
        select.select([ours], [], [])

        after = self.ask(ours)
        self.assertEqual(after.acked - before.acked, 100)
        self.assertEqual(after.received - before.received, 33)
        self.assertEqual((after.not_sent, after.retransmits), (0, 0))

    def test_states(self) -> None:
        """A peer that closes leaves the state in which the kernel says so."""
        ours, peer = self.connected()
        self.assertEqual(self.ask(ours).state, "ESTABLISHED")

        peer.shutdown(socket.SHUT_WR)
        select.select([ours], [], [])

        self.assertEqual(self.ask(ours).state, "CLOSE_WAIT")
        self.assertIn(self.ask(peer).state, ("FIN_WAIT1", "FIN_WAIT2"))

    def test_window(self) -> None:
        """The window is what the peer's kernel has room for."""
        ours, _ = self.connected()
        window = self.ask(ours).window
        assert window is not None
        self.assertGreater(window, 1000)
        self.assertLess(window, 2**30)
