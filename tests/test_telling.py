"""What the application and the log are told."""

from __future__ import annotations

from structlog.testing import capture_logs
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.errors import NotReadyError
from heartbeat.evidence import Evidence
from heartbeat.host import Host
from heartbeat.policy import Keepalive
from heartbeat.telling import Telling
from heartbeat.testing import InjectedProbe
from heartbeat.verdict import Kind, Verdict
from heartbeat.wheel import wheel_of

VERDICT = Verdict(
    kind=Kind.PEER_HUNG,
    evidence=Evidence(heard_ago=3.0),
    peer="198.51.100.7:99",
    at=10.0,
    waited=3.00049,
    attempt=1,
    attempts=2,
)


class Listener(Host):
    """Writes down what its hooks are given."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Verdict]] = []

    def peer_suspected(self, verdict: Verdict) -> None:
        """Write it down."""
        self.heard.append(("suspected", verdict))

    def peer_lost(self, verdict: Verdict) -> None:
        """Write it down."""
        self.heard.append(("lost", verdict))

    def exit_(self) -> None:
        """Leave the program, as its author thinks."""
        raise SystemExit


class TellingTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Somebody listens."""
        self.host = Listener()
        clock = Clock()
        self.telling = Telling(
            self.host,
            StringTransport(),
            InjectedProbe(clock.seconds),
            Keepalive(),
            wheel_of(clock),
        )

    def test_suspected(self) -> None:
        """A suspicion is counted, logged, and told."""
        with capture_logs() as events:
            self.telling.suspected(VERDICT)
        self.assertEqual(self.telling.extras.counters.suspicions, 1)
        self.assertEqual(self.host.heard, [("suspected", VERDICT)])
        (event,) = events
        self.assertEqual(
            (event["event"], event["log_level"]), ("peer_suspected", "info")
        )
        self.assertEqual((event["waited_s"], event["kind"]), (3.0, "PEER_HUNG"))

    def test_given_up(self) -> None:
        """A verdict is logged as a warning, and told."""
        with capture_logs() as events:
            self.telling.given_up(VERDICT)
        self.assertEqual(self.host.heard, [("lost", VERDICT)])
        self.assertIs(self.telling.extras.verdict, VERDICT)
        self.assertEqual(events[0]["log_level"], "warning")

    def test_cleared_and_held(self) -> None:
        """What the application has no hook for is logged with the peer."""
        with capture_logs() as events:
            self.telling.cleared()
            self.telling.held(17)
        self.assertEqual(self.telling.extras.counters.cleared, 1)
        self.assertEqual(events[1]["unread_bytes"], 17)
        self.assertEqual({each["peer"] for each in events}, {self.telling.peer})

    def test_hook_that_raises(self) -> None:
        """An exception is counted and reported, and the caller goes on."""
        self.assertTrue(self.telling.call("peer_lost", VERDICT))
        self.assertFalse(self.telling.call("peer_lost"))  # an argument is missing
        (logged,) = self.flushLoggedErrors(TypeError)
        self.assertIn("peer_lost", str(logged.value))
        self.assertEqual(self.telling.extras.counters.hook_failures, 1)

    def test_hook_that_exits(self) -> None:
        """``SystemExit`` is no way out of a reactor; the caller goes on as well."""
        self.assertFalse(self.telling.call("exit_"))
        self.assertEqual(len(self.flushLoggedErrors(SystemExit)), 1)

    def test_lets_go(self) -> None:
        """A host that there is nothing more to tell is forgotten."""
        self.telling.let_go()
        self.assertIsNot(self.telling.host, self.host)

    def test_counted_by_class(self) -> None:
        """All of it is counted for the host's class, after it is forgotten as well."""
        tally = self.telling.tally
        self.telling.suspected(VERDICT)
        self.telling.given_up(VERDICT)
        self.telling.cleared()
        self.telling.let_go()
        self.telling.raised("send_ping", Failure(ValueError()))
        self.flushLoggedErrors(ValueError)
        self.assertIs(self.telling.tally, tally)
        counted = (tally.suspicions, tally.cleared, tally.hook_failures, tally.verdicts)
        self.assertEqual(counted, (1, 1, 1, {VERDICT.kind.name: 1}))

    def test_raised_elsewhere(self) -> None:
        """So is a failure that somebody else caught."""
        self.telling.raised("send_ping", Failure(ValueError()))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_not_ready(self) -> None:
        """That nothing can be said now is no failure: neither counted nor logged."""
        self.telling.raised("send_ping", Failure(NotReadyError("a handshake")))
        self.assertEqual(self.telling.extras.counters.hook_failures, 0)
