"""Trial's report of a dirty reactor, as a user of trial gets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from heartbeat.graph.testing.dirty import explain_dirty_reactor
from heartbeat.graph.tracking.tracker import track, tracking
from tests.connections import global_reactor

PATH = os.environ.get("PYTHONPATH", "").split(os.pathsep)

CASE = """\
from twisted.internet import defer, endpoints, reactor
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase

from heartbeat.testing import explain_dirty_reactor


class Chat(Protocol):
    def connectionMade(self):
        reactor.callLater(30, self.ping)  # this line

    def ping(self):
        self.transport.write(b"ping")

    def connectionLost(self, reason):
        self.factory.lost.callback(None)


class ChatTests(TestCase):
    def setUp(self):
        {setup}

    @defer.inlineCallbacks
    def test_leaves_a_call(self):
        factory = Factory.forProtocol(Chat)
        factory.lost = defer.Deferred()
        server = endpoints.TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
        port = yield server.listen(factory)
        client = endpoints.TCP4ClientEndpoint(
            reactor, "127.0.0.1", port.getHost().port
        )
        protocol = yield client.connect(Factory.forProtocol(Protocol))
        protocol.transport.loseConnection()
        yield factory.lost
        yield port.stopListening()

    @defer.inlineCallbacks
    def test_fails_in_a_call(self):
        done = defer.Deferred()
        reactor.callLater(0, int, "x")  # that line
        reactor.callLater(0.01, done.callback, None)
        yield done
"""

LINE = (
    CASE.splitlines().index("        reactor.callLater(30, self.ping)  # this line") + 1
)


class TrialTests(SynchronousTestCase):
    """In a process of its own, from the command line."""

    def trial(self, setup: str, *options: str) -> str:
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / "test_it.py").write_text(CASE.replace("{setup}", setup))
        done = subprocess.run(
            [sys.executable, "-m", "twisted.trial", *options, "test_it"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([".", *PATH])},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        log = (folder / "_trial_temp" / "test.log").read_text()
        self.assertEqual(done.returncode, 1, done.stderr)
        return done.stdout + log

    def assert_explained(self, text: str) -> None:
        self.assertIn("DirtyReactorAggregateError", text)
        # Before Python 3.11 the class of a function is not known.
        place = rf'test_it.py", line {LINE}, in (Chat\.)?connectionMade'
        self.assertRegex(text, place)
        self.assertIn("reactor.callLater(30, self.ping)  # this line", text)
        self.assertRegex(text, r"for Chat \S.*, disconnected")

    def test_in_a_test_case(self) -> None:
        """One line in ``setUp``: the report names the connection and the line."""
        text = self.trial("explain_dirty_reactor(self)")
        self.assert_explained(text)
        self.assertIn('reactor.callLater(0, int, "x")  # that line', text)

    def test_by_the_reactor(self) -> None:
        """For all tests, without a change of any."""
        self.assert_explained(self.trial("pass", "--reactor=heartbeat"))

    def test_without(self) -> None:
        """Without either, it is as it always was."""
        text = self.trial("pass")
        self.assertIn("DirtyReactorAggregateError", text)
        self.assertNotIn("traceback at creation", text)
        self.assertNotIn("# this line", text)


class CaseTests(TestCase):
    def test_global(self) -> None:
        """It is the global reactor's calls that are noted, unless told otherwise."""
        before = tracking(global_reactor())
        tracker = explain_dirty_reactor(self)
        self.assertIs(tracker.reactor, global_reactor())
        self.assertIs(tracking(global_reactor()), before or tracker)

    def test_until_it_is_over(self) -> None:
        """After the test the reactor is as it was."""
        clock = Clock()
        case = SynchronousTestCase("run")
        explain_dirty_reactor(case, clock)
        self.assertIsNotNone(tracking(clock))
        case.doCleanups()
        self.assertIsNone(tracking(clock))

    def test_running(self) -> None:
        """A tracker that is running already is used, and left running."""
        clock = Clock()
        tracker = track(clock)
        case = SynchronousTestCase("run")
        self.assertIs(explain_dirty_reactor(case, clock), tracker)
        case.doCleanups()
        self.assertIs(tracking(clock), tracker)
