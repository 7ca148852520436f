"""How a connection is ended, and who ended it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.closing import LOOKS, Closing, Way
from heartbeat.testing import InjectedProbe, advance, assert_nothing_left
from heartbeat.wheel import wheel_of

if TYPE_CHECKING:
    from heartbeat.evidence import Evidence

GRACE = 10.0


class Transport(StringTransport):
    """Writes down how it was ended, and does not end by itself."""

    aborted = False

    def abortConnection(self) -> None:
        """Write it down."""
        self.aborted = True
        self._aborting = True

    def gone(self) -> bool:
        """The connection is lost now."""
        self.connected = False
        return True


class ClosingTests(SynchronousTestCase):
    def closing(self, grace: float | None = GRACE, *, enforced: bool = True) -> Closing:
        """The close of a connection; what `stuck` was told is in *waits*."""
        self.clock = Clock()
        self.transport = Transport()
        wheel = wheel_of(self.clock)
        self.probe = InjectedProbe(wheel.now)
        self.waits: list[float] = []

        def stuck(waited: float) -> bool:
            self.waits.append(waited)
            return enforced

        return Closing(self.transport, self.probe, wheel, grace, stuck)

    def test_close(self) -> None:
        """It closes gracefully first."""
        closing = self.closing()
        closing.close()
        self.assertIs(closing.way, Way.CLOSED)
        self.assertTrue(self.transport.disconnecting)
        self.assertFalse(self.transport.aborted)
        closing.end()

    def test_stuck(self) -> None:
        """Without progress for the grace it aborts."""
        closing = self.closing()
        closing.close()
        advance(self.clock, GRACE + 0.1)
        self.assertEqual(self.waits, [GRACE])
        self.assertTrue(self.transport.aborted)
        self.assertIs(closing.way, Way.ABORTED)
        assert_nothing_left(self.clock)

    def test_slow_is_not_stuck(self) -> None:
        """As long as bytes move it goes on, for ever if need be."""
        self.closing().close()
        for progress in range(100):
            self.probe.set(progress=progress + 1)
            advance(self.clock, GRACE - 0.5)
        self.assertEqual(self.waits, [])
        advance(self.clock, 2 * GRACE)
        self.assertTrue(self.transport.aborted)

    def test_last_progress(self) -> None:
        """What moves right after the close does not double the grace."""
        self.closing().close()
        self.probe.set(progress=1)
        advance(self.clock, GRACE + GRACE / LOOKS + 0.1)
        self.assertTrue(self.transport.aborted)

    def test_look_that_raises(self) -> None:
        """A look that raises is reported, and the abort only comes later."""

        class Broken(InjectedProbe):
            def look(self) -> Evidence:
                raise ZeroDivisionError

        closing = self.closing()
        closing.close()
        closing._probe = Broken(self.probe._now)
        advance(self.clock, GRACE + 0.1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        closing._probe = self.probe
        advance(self.clock, GRACE + 0.1)
        self.assertTrue(self.transport.aborted)
        assert_nothing_left(self.clock)

    def test_not_enforced(self) -> None:
        """It asks before it aborts, and stops if the answer is no."""
        self.closing(enforced=False).close()
        advance(self.clock, 10 * GRACE)
        self.assertEqual(self.waits, [GRACE])
        self.assertFalse(self.transport.aborted)
        assert_nothing_left(self.clock)

    def test_gone_meanwhile(self) -> None:
        """A transport that ended without a word needs no abort."""
        self.closing().close()
        self.transport.gone()
        advance(self.clock, GRACE + 0.1)
        self.assertEqual(self.waits, [])
        self.assertFalse(self.transport.aborted)
        assert_nothing_left(self.clock)

    def test_gone_while_asking(self) -> None:
        """If being told ends the connection, it is not aborted once more."""
        closing = self.closing()
        closing._stuck = lambda _: self.transport.gone()
        advance(self.clock, GRACE + 0.1)
        self.assertFalse(self.transport.aborted)

    def test_never(self) -> None:
        """Without a grace it waits for ever."""
        self.closing(None).close()
        assert_nothing_left(self.clock)

    def test_configured(self) -> None:
        """Another grace counts from the last progress; None calls the watch off."""
        closing = self.closing()
        advance(self.clock, 8)
        closing.configure(20)
        advance(self.clock, 11)
        self.assertEqual(self.waits, [])
        advance(self.clock, 1.1)
        self.assertEqual(self.waits, [20.0])
        closing = self.closing()
        closing.configure(None)
        assert_nothing_left(self.clock)

    def test_no_abort_to_be_had(self) -> None:
        """A transport without abortConnection is closed."""

        class Simple:
            closed = False

            def loseConnection(self) -> None:
                """Write it down."""
                self.closed = True

        clock, simple = Clock(), Simple()
        wheel = wheel_of(clock)
        probe = InjectedProbe(wheel.now)
        Closing(simple, probe, wheel, GRACE, lambda _: True).abort()
        self.assertTrue(simple.closed)
        assert_nothing_left(clock)

    def test_who_did_it(self) -> None:
        """The loss is ours if we closed or aborted, and nobody else aborted before."""
        closing = self.closing()
        self.assertFalse(closing.explains_loss())
        closing.close()
        self.assertTrue(closing.explains_loss())
        self.transport.abortConnection()
        self.assertFalse(closing.explains_loss())
        closing.abort()
        self.assertTrue(closing.explains_loss())

    def test_lets_go(self) -> None:
        """At its end it closes what knew of progress."""

        class Counting(InjectedProbe):
            closed = 0

            def close(self) -> None:
                """Count it."""
                self.closed += 1

        clock = Clock()
        wheel = wheel_of(clock)
        probe = Counting(wheel.now)
        closing = Closing(Transport(), probe, wheel, GRACE, lambda _: True)
        closing.end()
        self.assertEqual(probe.closed, 1)
        assert_nothing_left(clock)
