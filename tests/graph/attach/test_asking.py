"""Asking a process, which here is one that says what the test wants."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any
from unittest import mock

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.attach import announce, asking
from heartbeat.graph.attach.announce import bind
from heartbeat.graph.attach.asking import AskingError, page_of, snapshot_of
from heartbeat.graph.attach.desk import lines_of
from heartbeat.graph.attach.language import answer, question, refusal
from tests.graph.processes import HEARTBEAT, SERVER, Running, folder
from tests.graph.scenes import many

GONE = 999_999_999
"""The number of no process."""


class AskingCase(SynchronousTestCase):
    """A process that has announced itself: this one."""

    def setUp(self) -> None:
        """A folder of the test's own."""
        self.folder = folder(self)
        self.patch(announce, "places", lambda: [self.folder])
        self.pid = os.getpid()
        self.heard: list[bytes] = []

    def say(self, *lines: bytes, end: bool = True) -> None:
        """Answer whoever connects; without an end the connection stays open."""
        path = self.folder / f"{self.pid}.sock"
        path.unlink(missing_ok=True)
        listening = bind(path)
        listening.setblocking(True)
        over = threading.Event()

        def serve() -> None:
            with listening:
                # The first is only looking whether somebody is there.
                listening.accept()[0].close()
                client, _ = listening.accept()
            with client:
                self.heard.append(client.recv(1000))
                for line in lines:
                    client.sendall(line)
                if not end:
                    over.wait()

        server = threading.Thread(target=serve)
        server.start()
        self.addCleanup(server.join)
        self.addCleanup(over.set)

    def fails(self, ask: Any = snapshot_of, **how: float) -> str:
        """What the error says."""
        error = self.assertRaises(AskingError, ask, self.pid, **how)
        self.assertEqual(error.pid, self.pid)
        return str(error)


class AnswerTests(AskingCase):
    """It answers."""

    def test_snapshot(self) -> None:
        """The pieces are put together."""
        self.say(*lines_of(many()))

        self.assertEqual(snapshot_of(self.pid), many())
        self.assertEqual(self.heard, [question("snapshot")])

    def test_page(self) -> None:
        """The address of the page, which is sent in parts here."""
        line = answer("page", url="http://127.0.0.1:1/x/")
        self.say(line[:10], line[10:])

        self.assertEqual(page_of(self.pid), "http://127.0.0.1:1/x/")


class WrongTests(AskingCase):
    """It answers something else."""

    def test_refused(self) -> None:
        """Its reason is passed on."""
        self.say(refusal("not now"))

        self.assertIn("does not answer: not now; see its log", self.fails())

    def test_refused_later(self) -> None:
        """Also in the middle."""
        first, second, *_ = lines_of(many())
        self.say(first, second, refusal("no more"))

        self.assertIn("does not answer: no more", self.fails())

    def test_nonsense(self) -> None:
        """What is not understood is said, with the way out."""
        for lines, why in (
            ([b"HTTP/1.1 400 Bad Request\r\n"], "not a line of JSON"),
            ([answer("page")], "'page' was answered"),
            ([answer("snapshot")], "'pieces'"),
            ([answer("snapshot", pieces="x")], "invalid literal"),
            ([answer("snapshot", pieces=None)], "int()"),
            ([answer("snapshot", pieces=1), b"{}\n"], "schema"),
            ([answer("snapshot", pieces=0)], "not enough values"),
            ([answer("snapshot", pieces=2)], "no end"),
        ):
            self.say(*lines)
            text = self.fails()
            self.assertIn(why, text)
            self.assertIn("use the heartbeat command of the environment", text)

    def test_endless(self) -> None:
        """A line without an end is given up."""
        self.patch(asking, "LONGEST", 1000)
        self.say(b"x" * 2000)

        self.assertIn("over 1000 bytes", self.fails())


class SilenceTests(AskingCase):
    """It does not answer."""

    def test_silent(self) -> None:
        """After the time that it has, the error says what to do."""
        self.say(end=False)
        handler = signal.signal(signal.SIGUSR2, lambda *_: None)
        self.addCleanup(signal.signal, signal.SIGUSR2, handler)

        text = self.fails(timeout=0.05)

        self.assertIn("has not answered for 0.05 s", text)
        self.assertIn(f"`kill -USR2 {self.pid}`", text)
        self.assertIn(str(self.folder / f"{self.pid}.txt"), text)

    def test_drip(self) -> None:
        """The time is for the whole answer: it is over even if bytes still come."""
        call = asking._Call(mock.Mock(), deadline=0.0)

        self.assertRaises(TimeoutError, call.line)

    def test_no_handler(self) -> None:
        """A signal that would end the process is never proposed."""
        self.say(end=False)

        self.assertNotIn("kill", self.fails(timeout=0.05))

    def test_no_status(self) -> None:
        """Nor is it if the system does not say what the process handles."""
        self.patch(asking, "Path", lambda _: self.folder / "nowhere")
        self.say(end=False)

        self.assertNotIn("kill", self.fails(timeout=0.05))

    def test_gone(self) -> None:
        """One that is gone between two looks is said to be."""
        path = self.folder / "none.sock"
        self.patch(asking, "socket_of", lambda _: path)

        self.assertIn("was gone before it had answered", self.fails())


class UnannouncedTests(AskingCase):
    """It cannot be asked."""

    def test_unannounced(self) -> None:
        """The error names the lines to add, and the ways to start it."""
        text = self.fails()

        self.assertIn("has not announced itself", text)
        for way in (
            "import heartbeat.graph; heartbeat.graph.install()",
            "`heartbeat run`",
            "`--reactor=heartbeat`",
        ):
            self.assertIn(way, text)

    def test_no_process(self) -> None:
        """That there is no such process is another matter."""
        self.pid = GONE

        self.assertIn("does not exist", self.fails())

    def test_other_user(self) -> None:
        """And so is a process of somebody else."""
        self.patch(os, "kill", mock.Mock(side_effect=PermissionError))

        self.assertIn("belongs to another user", self.fails())


class RealTests(SynchronousTestCase):
    """A real process, run unchanged."""

    def test_real(self) -> None:
        """It answers; stopped it does not; killed it is gone."""
        home = folder(self)
        self.patch(announce, "places", lambda: [home / "sockets"])
        Path(home, "server.py").write_text(SERVER)
        program = Running(self, home, *HEARTBEAT, "run", "server.py")
        program.until("ready")

        snapshot = snapshot_of(program.pid)
        self.assertEqual(snapshot.process.pid, program.pid)
        self.assertEqual(snapshot.process.program, "server.py")
        self.assertEqual([e.id[0] for e in snapshot.endpoints], ["l"])

        program.process.send_signal(signal.SIGSTOP)
        error = self.assertRaises(AskingError, snapshot_of, program.pid, 0.2)
        self.assertIn("stopped", error.problem)
        program.process.send_signal(signal.SIGCONT)

        self.assertEqual(program.stop(), 0)
        error = self.assertRaises(AskingError, snapshot_of, program.pid)
        self.assertEqual(error.problem, "does not exist")
