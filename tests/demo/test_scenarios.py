"""The second act without its peers; with them it is run by tests/test_cli.py."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, cast

from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.demo import scenarios
from heartbeat.demo.scenarios import INTRODUCTION, play, stalls_told_to
from tests.demo.company import acted
from tests.reactors import fresh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartbeat.demo.peer import Mode
    from heartbeat.demo.peers import Process, Processes
    from heartbeat.demo.rows import Row
    from heartbeat.demo.scenarios import Board


class NoProcesses:
    """Starts nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def start(self, mode: Mode, port: int) -> Process | None:
        """Only keep that it was asked for."""
        del port
        self.asked.append(mode.value)
        return None


class Dark:
    """A stage on which rows are kept."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.rows: list[Row] = []

    def say(self, text: str) -> None:
        """Keep it."""
        self.said.append(text)

    @contextlib.contextmanager
    def board(self) -> Iterator[Board]:
        """The stage itself."""
        yield self

    def happened(self, at: float, name: str, text: str) -> None:
        """Nothing does."""

    def update(self, rows: list[Row]) -> None:
        """Keep them."""
        self.rows = rows

    def conclude(self, rows: list[Row]) -> None:
        """It does not come to this."""


class PlayTests(SynchronousTestCase):
    """Nobody comes."""

    def test_nobody_connects(self) -> None:
        """Peers that do not connect in time are claims that fail; nothing is left."""
        self.patch(scenarios, "LIMIT", 0.1)
        stage, processes = Dark(), NoProcesses()
        with fresh("select") as reactor:
            claims = acted(
                reactor,
                lambda clock: play(reactor, clock, cast("Processes", processes), stage),
            )
            left = reactor.getDelayedCalls()

        self.assertEqual(
            [(claim.text, claim.holds) for claim in claims],
            [(f"{row.peer}: connects", False) for row in stage.rows],
        )
        self.assertEqual(len(claims), 6)
        self.assertEqual({row.outcome for row in stage.rows}, {"starting"})
        self.assertEqual(processes.asked.count("deaf"), 1)
        self.assertEqual(stage.said, [INTRODUCTION])
        self.assertEqual(left, [])


class StallTests(SynchronousTestCase):
    """Reported stalls."""

    def test_told(self) -> None:
        """Stalls reported within it are told, other events and other times not."""
        log, told = Logger("heartbeat"), list[float]()

        with stalls_told_to(told.append):
            log.info("{event}", event="reactor_stalled", lateness_s=2.5)
            log.info("{event}", event="something_else")
            log.info("no event")
        log.info("{event}", event="reactor_stalled", lateness_s=3.5)

        self.assertEqual(told, [2.5])
