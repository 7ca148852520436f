"""A scope's end: why, when, and what it says about it."""

from __future__ import annotations

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.calls import ScopedCall
from heartbeat.ending import Ended, Ending, Reason, ScopeState
from heartbeat.errors import ScopeClosedError


class EndingTests(SynchronousTestCase):
    """`Ending` turns any kind of reason into what each reader needs."""

    def test_words(self) -> None:
        """Words become a ScopeClosedError for Deferreds."""
        ending = Ending("logged out", 5.0, "login", "192.0.2.1:7")

        self.assertEqual(ending.reason, "logged out")
        self.assertIsInstance(ending.error, ScopeClosedError)
        self.assertIs(ending.failure.value, ending.error)
        self.assertIn("logged out", str(ending.error))

    def test_exception(self) -> None:
        """An exception is what Deferreds fail with."""
        error = ConnectionDone()
        ending = Ending(error, 5.0, "", "")

        self.assertIs(ending.reason, error)
        self.assertIs(ending.failure.value, error)

    def test_failure(self) -> None:
        """A Failure is passed on itself."""
        failure = Failure(ConnectionDone())
        ending = Ending(failure, 5.0, "", "")

        self.assertIs(ending.failure, failure)

    def test_refusal(self) -> None:
        """The refusal names the scope, its peer, how long ago and why it closed."""
        refusal = Ending("logged out", 5.0, "login", "192.0.2.1:7").refusal(7.5)

        self.assertEqual(
            (refusal.name, refusal.peer, refusal.closed_ago, refusal.reason),
            ("login", "192.0.2.1:7", 2.5, "logged out"),
        )

    def test_clock_stepped_back(self) -> None:
        """A scope never closed in the future."""
        self.assertEqual(Ending("x", 5.0, "", "").refusal(1.0).closed_ago, 0.0)

    def test_reasons_in_words(self) -> None:
        """Exceptions and Failures are told by message, or by type for want of one."""
        reasons: list[tuple[Reason, str]] = [
            (ConnectionDone(), "Connection was closed cleanly."),
            (Failure(ValueError("why")), "why"),
            (KeyError(), "KeyError"),
        ]
        for reason, words in reasons:
            self.assertEqual(Ending(reason, 0.0, "", "").refusal(0.0).reason, words)

    def test_caused(self) -> None:
        """Only a Failure of the very reason is the scope's doing."""
        error = ConnectionDone()
        ending = Ending(error, 5.0, "", "")

        self.assertTrue(ending.caused(Failure(error)))
        self.assertFalse(ending.caused(Failure(ConnectionDone())))
        self.assertFalse(ending.caused(error))

    def test_forgets_frames(self) -> None:
        """The traceback an exception came with stays, what it collected since goes."""
        error = self.raised(ConnectionDone())
        before = error.__traceback__
        ending = Ending(error, 5.0, "", "")
        self.raised(error)
        self.assertIsNot(error.__traceback__, before)

        ending.forget_frames()

        self.assertIs(error.__traceback__, before)

    def raised(self, error: Exception) -> Exception:
        """*error*, with the traceback of having been raised here."""
        try:
            raise error
        except ConnectionDone:
            return error


class EndedTests(SynchronousTestCase):
    """`Ended` tells the time in the clock's place, and takes no calls."""

    def ended(self, *, drop: bool) -> Ended:
        """The end of a scope, two seconds ago."""
        clock = Clock()
        ended = Ended(clock, Ending("lost", 0.0, "login", ""), drop=drop)
        clock.advance(2)
        return ended

    def test_refuses(self) -> None:
        """A call is refused, with the time since the end."""
        ended = self.ended(drop=False)
        error = self.assertRaises(ScopeClosedError, ended.callLater, 1, ScopedCall())

        self.assertEqual((error.name, error.closed_ago), ("login", 2))
        self.assertIs(ended.state, ScopeState.CLOSING)
        self.assertEqual(ended.dropped, 0)

    def test_drops(self) -> None:
        """A dropped call is inert, and counted."""
        ended = self.ended(drop=True)
        call = ended.callLater(3, ScopedCall())

        self.assertFalse(call.active())
        self.assertEqual((call.getTime(), ended.dropped), (5, 1))
