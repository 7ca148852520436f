"""When connections were made and lost."""

from __future__ import annotations

import gc
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import ITransport
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import classImplements

from heartbeat.graph.tracking.history import UPWARDS, History

if TYPE_CHECKING:
    from types import FrameType


class Transport(FileDescriptor):
    """A transport that tells a history what it tells a reactor."""

    def __init__(self, history: History) -> None:
        super().__init__(Clock())  # type: ignore[arg-type]
        self.history = history

    def startReading(self) -> None:  # noqa: N802 - IReadDescriptor's
        self.history.added(self)

    def stopReading(self) -> None:  # noqa: N802
        self.history.removed(self, sys._getframe())

    def stopWriting(self) -> None:  # noqa: N802
        """It never writes."""


def bottom_of(frame: FrameType) -> FrameType:
    """The outermost frame of a stack."""
    while frame.f_back is not None:
        frame = frame.f_back
    return frame


class HistoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.history = History()
        self.transport = Transport(self.history)

    def test_opened(self) -> None:
        """It was opened when the reactor first heard of it, pauses or not."""
        before = time.monotonic()
        self.transport.startReading()
        opened = self.history.opened_at(self.transport)
        assert opened is not None
        self.assertTrue(before <= opened <= time.monotonic())
        self.transport.stopReading()
        self.transport.startReading()
        self.assertEqual(self.history.opened_at(self.transport), opened)
        self.assertIsNone(self.history.lost(self.transport))

    def test_lost(self) -> None:
        """It was lost when its end was, and that says why; the first time counts."""
        self.transport.startReading()
        self.transport.connectionLost(Failure(ConnectionLost()))
        self.transport.stopReading()
        lost = self.history.lost(self.transport)
        assert lost is not None
        self.assertGreaterEqual(lost[0], 0.0)
        self.assertEqual(lost[1], "ConnectionLost")

    def test_no_reason(self) -> None:
        """What is no failure says nothing."""
        self.transport.startReading()
        self.transport.connectionLost(None)
        self.assertEqual(self._reason(), "")

    def test_nobody_says(self) -> None:
        """Neither does a stack on which there is no reason."""
        self.transport.startReading()
        self.transport.disconnected = 1
        self._removed_below(UPWARDS)
        self.assertEqual(self._reason(), "")

    def test_short_stack(self) -> None:
        """Nor does one that ends before."""
        self.transport.startReading()
        self.transport.disconnected = 1
        history, transport = self.history, self.transport
        thread = threading.Thread(
            target=lambda: history.removed(transport, bottom_of(sys._getframe()))
        )
        thread.start()
        thread.join()
        self.assertEqual(self._reason(), "")

    def test_unknown(self) -> None:
        """Of one that was open before nothing is known."""
        self.transport.stopReading()
        self.assertIsNone(self.history.opened_at(self.transport))
        self.assertIsNone(self.history.lost(self.transport))

    def test_not_a_connection(self) -> None:
        """What else a reactor reads is no connection."""

        class Waker:
            pass

        waker = Waker()
        self.history.added(waker)
        self.history.removed(waker, sys._getframe())
        self.assertIsNone(self.history.opened_at(waker))

    def test_not_weak(self) -> None:
        """One that cannot be referred to weakly is left out."""
        cls: Any = type("Slots", (), {"__slots__": ()})
        classImplements(cls, ITransport)  # type: ignore[misc]
        self.history.added(cls())
        self.assertEqual(self.history.transports(), [])

    def test_keeps_nothing(self) -> None:
        """It knows those that live, and forgets those that do not."""
        self.transport.startReading()
        self.assertEqual(self.history.transports(), [self.transport])
        ref = weakref.ref(self.transport)
        del self.transport
        gc.collect()
        self.assertIsNone(ref())
        self.assertEqual(self.history.transports(), [])

    def _reason(self) -> str:
        lost = self.history.lost(self.transport)
        assert lost is not None
        return lost[1]

    def _removed_below(self, steps: int) -> None:
        if steps:
            self._removed_below(steps - 1)
        else:
            self.transport.stopReading()
