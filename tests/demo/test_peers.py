"""Real peer processes, and what is left of them."""

from __future__ import annotations

import socket
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.demo.peer import Mode
from heartbeat.demo.peers import Process, Processes


class PeerError(Exception):
    """What goes wrong in a test."""


class ProcessesTests(SynchronousTestCase):
    """Real processes, and what is left of them."""

    def setUp(self) -> None:
        """Somewhere to connect to."""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)

    def start(
        self, processes: Processes, mode: Mode = Mode.ANSWERS
    ) -> tuple[Process, socket.socket]:
        """A peer, and our end of its connection."""
        process = processes.start(mode, self.listener.getsockname()[1])
        connection, _ = self.listener.accept()
        self.addCleanup(connection.close)
        return process, connection

    def test_ends_by_itself(self) -> None:
        """A peer answers, and ends when its connection does; it is reaped."""
        with Processes(patience=30) as processes:
            process, connection = self.start(processes)
            connection.sendall(b"PING 1\r\n")
            answer = connection.makefile("rb").readline()
            self.assertFalse(process.reaped)
            connection.shutdown(socket.SHUT_RDWR)

        self.assertEqual(answer, b"PONG 1\r\n")
        self.assertTrue(process.reaped)
        self.assertEqual(process.status, 0)

    def test_frozen(self) -> None:
        """A frozen peer stands still, and is reaped all the same."""
        with Processes(patience=0) as processes:
            process, _ = self.start(processes)
            process.freeze()
            _wait_for_state(process, "T")

        self.assertTrue(process.reaped)

    def test_killed(self) -> None:
        """A killed peer is gone at once, which its kernel tells us."""
        with Processes() as processes:
            process, connection = self.start(processes)

            process.kill()

            self.assertEqual(connection.recv(1), b"")
        self.assertEqual(process.status, -9)

    def test_stubborn(self) -> None:
        """A peer whose connection lives on is killed."""
        with Processes(patience=0) as processes:
            process, _ = self.start(processes, Mode.DEAF)

        self.assertEqual(process.status, -9)

    def test_failure(self) -> None:
        """When something fails, nobody is waited for."""

        def fail() -> None:
            with Processes(patience=1000) as processes:
                started.append(self.start(processes)[0])
                raise PeerError

        started: list[Process] = []
        self.assertRaises(PeerError, fail)

        self.assertTrue(started[0].reaped)


def _wait_for_state(process: Process, state: str) -> None:
    """Until *state* is what proc(5) says; it comes about in no time."""
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2][1] != state:
        pass
