"""`explain_dirty_reactor`: trial's report names the connection and the line.

.. code-block:: python

    from heartbeat.testing import explain_dirty_reactor
    from twisted.trial.unittest import TestCase

    class ChatTests(TestCase):
        def setUp(self):
            explain_dirty_reactor(self)

For a whole run, ``trial --reactor=heartbeat`` does the same, and no test is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartbeat.graph.tracking.tracker import Tracker, track, tracking

if TYPE_CHECKING:
    from unittest import TestCase

__all__ = ["explain_dirty_reactor"]


def explain_dirty_reactor(case: TestCase, reactor: Any = None) -> Tracker:
    """Until *case* is over, note who makes which call.

    If it leaves one pending, ``DirtyReactorAggregateError`` shows for each the line
    that made it and the connection that it is for.

    Args:
        case: A test case of trial.
        reactor: Whose calls; None means the global reactor.

    Returns:
        The tracker, which may have been running already; then it is left running.
    """
    if reactor is None:
        from twisted.internet import reactor  # noqa: PLC0415, TID251 - installs it
    running = tracking(reactor)
    if running is not None:
        return running
    tracker = track(reactor)
    case.addCleanup(tracker.stop)
    return tracker
