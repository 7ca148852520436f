"""The page on the tests says what is true: what it names is there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests import test_edge_cases
from tests.twisted_own.differences import DIFFERENCES
from tests.twisted_own.table import RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = Path(__file__).parent.parent / "docs" / "tests.md"

CASES = 60
"""Edge cases."""

NAMED = re.compile(r"`tests/([\w/]+)\.py::(\w+)::(\w+)`")


class PageTests(SynchronousTestCase):
    def setUp(self) -> None:
        """The text of the page."""
        if not PAGE.exists():
            raise SkipTest("the documentation is not here")
        self.text = PAGE.read_text()

    def rows(self, heading: str) -> list[list[str]]:
        """The cells of the table under column titles that begin so."""
        _, _, rest = self.text.partition(f"| {heading} |")
        lines = rest.split("\n\n")[0].splitlines()[2:]
        return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]

    def test_all_cases(self) -> None:
        """Each case has its row, in order."""
        numbers = [row[0] for row in self.rows("| Case")]

        self.assertEqual(numbers, [str(n) for n in range(1, CASES + 1)])

    def test_covered(self) -> None:
        """Each case has a test, or a sentence."""
        bare = [
            number
            for number, _, covered in self.rows("| Case")
            if not NAMED.search(covered) and not covered.endswith(".")
        ]

        self.assertEqual(bare, [])

    def test_exist(self) -> None:
        """Every test that is named exists."""
        missing = [
            found.group()
            for found in NAMED.finditer(self.text)
            if not exists(*found.groups())
        ]

        self.assertEqual(missing, [])

    def test_no_other(self) -> None:
        """Every test of an edge case is of a case."""
        named = {found.group(2, 3) for found in NAMED.finditer(self.text)}
        tests = {
            (name, test)
            for name, case in vars(test_edge_cases).items()
            if name.endswith("Tests")
            for test in vars(case)
            if test.startswith("test_")
        }

        self.assertEqual(tests - named, set())

    def test_runs(self) -> None:
        """Every run of Twisted's own tests is there, with what stands in."""
        expected = [
            [
                name,
                ": ".join(filter(None, [f"`{run.module}`", codes(run.classes)])),
                codes(place.rpartition(".")[2] for place in run.places),
            ]
            for name, run in RUNS.items()
        ]

        self.assertEqual(self.rows("Run | Tests"), expected)

    def test_differences(self) -> None:
        """So is every difference, with its reason."""
        expected = [
            [name, f"`{test}`", reason]
            for name, of_run in DIFFERENCES.items()
            for test, reason in of_run.items()
        ]

        self.assertEqual(self.rows("Run | Test"), expected)

    def test_edits(self) -> None:
        """So is every edit of a test."""
        edits = [
            f"- {name}: {edit.why}." for name, run in RUNS.items() for edit in run.edits
        ]

        self.assertEqual(re.findall(r"^- .*", self.text, re.MULTILINE), edits)


class ReadmeTests(SynchronousTestCase):
    def test_bounds(self) -> None:
        """It tells how many bounds the page of benchmarks says are not kept."""
        root = PAGE.parent.parent
        if not (root / "docs").exists():
            raise SkipTest("the documentation is not here")
        page = (root / "docs" / "benchmarks.md").read_text()
        found = re.search(r"\*\*Not kept \((\d+)\):", page)

        said = f"the {found[1] if found else 0} bounds of ours that are not kept"

        self.assertIn(said, (root / "README.md").read_text())


def exists(path: str, case: str, test: str) -> bool:
    """Whether there is that test in the test module at *path*."""
    module = importlib.import_module(f"tests.{path.replace('/', '.')}")
    return hasattr(getattr(module, case, None), test)


def codes(names: Iterable[str]) -> str:
    """The names, each as code."""
    return ", ".join(f"`{name}`" for name in names)
