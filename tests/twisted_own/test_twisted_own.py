"""Twisted's own tests pass on our classes, but for differences that are explained."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import attrs
from twisted.protocols import tls
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.twisted_own.differences import DIFFERENCES
from tests.twisted_own.table import RUNS

ROOT = Path(__file__).parent.parent.parent

LONGEST = 300.0
"""Seconds after which a child hangs."""

POSSIBLE = {name: run for name, run in RUNS.items() if run.possible}
"""The runs for which everything is there."""


@attrs.frozen
class Report:
    """What a child wrote down.

    Attributes:
        outcomes: By run and test: ``ok``, or what happened instead.
        used: By run and place: how often what is in the place was used.
    """

    outcomes: dict[str, dict[str, str]]
    used: dict[str, dict[str, int]]


class TwistedOwnTests(SynchronousTestCase):
    """What passes with Twisted's classes passes with ours."""

    def test_same_tests(self) -> None:
        """Each run runs the tests of its module, and not none."""
        plain, ours = (report.outcomes for report in reports())

        self.assertEqual(names(ours), names(plain))
        self.assertEqual([name for name in POSSIBLE if not plain[name]], [])

    def test_differences(self) -> None:
        """Exactly the tests whose difference is explained end differently."""
        explained = {name: DIFFERENCES.get(name, {}) for name in POSSIBLE}

        self.assertEqual(names(differences()), names(explained), differences())

    def test_used(self) -> None:
        """What is put in a place is used there."""
        _, ours = reports()
        unused = [
            (name, place)
            for name, run in POSSIBLE.items()
            for place in run.places
            if not ours.used[name].get(place)
        ]

        # TLS has had timers, for which its tests need a clock, since Twisted 23.10.
        timeless = not hasattr(tls, "BufferingTLSTransport")
        self.assertEqual(
            unused, [("tls", "twisted.internet.task.Clock")] if timeless else []
        )

    def test_explained(self) -> None:
        """Differences are those of a run, and the reason is a sentence."""
        reasons = [reason for run in DIFFERENCES.values() for reason in run.values()]

        self.assertEqual(DIFFERENCES.keys() - RUNS.keys(), set())
        self.assertEqual([text for text in reasons if not text.endswith(".")], [])

    def test_possible(self) -> None:
        """Nothing is missing that a run needs."""
        missing = {run.needs for run in RUNS.values() if not run.possible}
        if missing:
            raise SkipTest(f"not installed: {', '.join(sorted(missing))}")


def names(tests: dict[str, dict[str, str]]) -> dict[str, set[str]]:
    """The names of tests, by run."""
    return {name: set(of_run) for name, of_run in tests.items()}


def differences() -> dict[str, dict[str, str]]:
    """How the tests end on our classes that pass on Twisted's, and not on ours."""
    plain, ours = reports()
    return {
        name: {
            test: outcome
            for test, outcome in of_run.items()
            if outcome != "ok" and plain.outcomes[name].get(test) == "ok"
        }
        for name, of_run in ours.outcomes.items()
    }


@cache
def reports() -> tuple[Report, Report]:
    """How Twisted's tests end on Twisted's classes, and on ours."""
    with ThreadPoolExecutor() as pool:
        plain, ours = pool.map(report_of, ["plain", "ours"])
    return plain, ours


def report_of(kind: str) -> Report:
    """Run a child and read what it wrote."""
    # What Twisted's tests reach of our modules is not covered by our tests.
    environment = {k: v for k, v in os.environ.items() if "COVERAGE" not in k}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [sys.executable, "-m", "tests.twisted_own.child", kind]
        done = subprocess.run(
            [*command, str(report), str(Path(folder, "trial"))],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return Report(**json.loads(report.read_text()))
