"""``pytest --heartbeat``: what a test leaves on the reactor is named and fails it.

While the tests run, it is noted who makes which timed call of the global reactor. Then

- a pending call for a connection that is gone is an error of the test that left it;
- trial's "Reactor was unclean" names the line that made each call, and its connection;
- a test that failed shows what its reactor was doing, if there is anything to show.

A reactor is not installed for it: a test run without Twisted stays one.
"""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from heartbeat.graph.testing.asserting import complaint
from heartbeat.graph.tracking.tracker import Tracker, track, tracking

if TYPE_CHECKING:
    from collections.abc import Generator

    from heartbeat.graph.model import Snapshot, Timer

__all__ = ["Watcher"]


class Watcher:
    """The hooks, registered when they are asked for.

    Attributes:
        tracker: That of the reactor, once there is one and if it was not running.
    """

    def __init__(self) -> None:
        self.tracker: Tracker | None = None
        self._known: set[str] = set()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None]:
        """Watch the reactor before a test and its fixtures use it."""
        self._begin(item)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None]:
        """After its fixtures are gone, a test must not leave a stray call."""
        try:
            result = yield
        except BaseException:
            self._new()  # they are not the next test's
            raise
        self._begin(item)
        new, seen = self._new()
        if new:
            pytest.fail(complaint(new, seen), pytrace=False)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add to the report of a test that failed what the reactor is doing."""
        report = yield
        if report.failed and call.when == "call":
            report.sections += self._sections()
        return report

    def pytest_unconfigure(self) -> None:
        """Leave the reactor as it was."""
        if self.tracker is not None:
            self.tracker.stop()

    def _begin(self, item: pytest.Item) -> None:
        reactor = _reactor_of(item)
        if reactor is not None and tracking(reactor) is None:
            self.tracker = track(reactor)

    def _sections(self) -> list[tuple[str, str]]:
        """What to add to a report; an exception here would end the whole run."""
        from heartbeat.graph.pictures.text import to_text  # noqa: PLC0415 - seldom

        try:
            seen = self._look()
        except Exception:  # noqa: BLE001 - see above
            return [("Reactor", traceback.format_exc())]
        if seen is None or not (seen.timers or seen.endpoints):
            return []
        return [("Reactor", to_text(seen))]

    def _look(self) -> Snapshot | None:
        from heartbeat.graph.survey import snapshot  # noqa: PLC0415 - seldom

        reactor = sys.modules.get("twisted.internet.reactor")
        return None if reactor is None else snapshot(reactor)

    def _new(self) -> tuple[list[Timer], Any]:
        """The strays that no test was told of, and the snapshot they are in."""
        seen = self._look()
        strays = () if seen is None else seen.strays()
        new = [stray for stray in strays if stray.id not in self._known]
        self._known.update(stray.id for stray in new)
        return new, seen


def _reactor_of(item: pytest.Item) -> Any:
    """The global reactor if there is one, or if the test is about to install it."""
    trial = sys.modules.get("twisted.trial.unittest")
    if trial is not None and isinstance(
        getattr(item, "instance", None), trial.TestCase
    ):
        from twisted.internet import reactor  # noqa: PLC0415, TID251 - as trial will

        return reactor
    return sys.modules.get("twisted.internet.reactor")
