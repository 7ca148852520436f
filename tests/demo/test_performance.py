"""How a performance ends; the one that succeeds is run by tests/test_cli.py."""

from __future__ import annotations

import io
import signal
from typing import TYPE_CHECKING, Any

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.demo.performance import Status, perform
from heartbeat.demo.report import Stage, console_for
from tests.reactors import fresh

if TYPE_CHECKING:
    from collections.abc import Iterable


class BrokenError(Exception):
    """What goes wrong in a test."""


class BrokenStage(Stage):
    """A stage on which nothing can be said."""

    def title(self, number: str, text: str) -> None:
        """Break."""
        raise BrokenError(number, text)


class Connecting:
    """A connection that is being made, and never will be."""

    def getDestination(self) -> None:  # noqa: N802 - Twisted's
        """Nowhere."""

    def stopConnecting(self) -> None:  # noqa: N802 - Twisted's
        """It is given up."""


class PerformTests(SynchronousTestCase):
    """A performance that does not come to its end."""

    def setUp(self) -> None:
        """A stage, and the signal handlers that a reactor replaces."""
        self.file = io.StringIO()
        self.console = console_for(file=self.file, force_terminal=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        # A suite that was started in the background ignores it.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def perform(self, reactor: Any, limit: float = 30) -> int:
        """Its exit status."""
        return perform(reactor, Stage(self.console), limit)

    def test_too_long(self) -> None:
        """One that takes too long is a claim that fails."""
        with fresh("select") as reactor:
            status = self.perform(reactor, limit=0.05)
            left = _not_the_storys(reactor.getDelayedCalls())

        self.assertEqual(status, Status.FAILED)
        self.assertIn("FAILED  the demo ends within 0 s", self.file.getvalue())
        self.assertEqual(left, [])

    def test_interrupted(self) -> None:
        """One that is interrupted says so and leaves nothing behind."""
        with fresh("select") as reactor:
            reactor.callLater(0.05, signal.raise_signal, signal.SIGINT)
            status = self.perform(reactor)
            left = _not_the_storys(reactor.getDelayedCalls())

        self.assertEqual(status, Status.INTERRUPTED)
        self.assertIn("Interrupted.", self.file.getvalue())
        self.assertEqual(left, [])

    def test_connecting(self) -> None:
        """It may take too long while a connection is being made."""
        with fresh("select") as reactor:
            self.patch(reactor, "connectTCP", connecting)
            status = self.perform(reactor, limit=0.05)
            left = reactor.getDelayedCalls()

        self.assertEqual((status, left), (Status.FAILED, []))

    def test_interrupted_connecting(self) -> None:
        """Or be interrupted then."""
        with fresh("select") as reactor:
            self.patch(reactor, "connectTCP", connecting)
            reactor.callLater(0.05, signal.raise_signal, signal.SIGINT)
            status = self.perform(reactor)
            left = reactor.getDelayedCalls()

        self.assertEqual((status, left), (Status.INTERRUPTED, []))

    def test_broken(self) -> None:
        """An error of our own is not a claim: it is raised."""
        with fresh("select") as reactor:
            self.assertRaises(BrokenError, perform, reactor, BrokenStage(self.console))


def connecting(_host: str, _port: int, factory: Any, *_: object, **__: object) -> Any:
    """Instead of a reactor's ``connectTCP``."""
    made = Connecting()
    factory.startedConnecting(made)
    return made


def _not_the_storys(calls: Iterable[object]) -> list[str]:
    """All but those that outlive their connection because that is their story."""
    return [str(call) for call in calls if "by_hand" not in str(call)]
