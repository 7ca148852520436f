"""The benchmarks' own plumbing; nothing is measured here."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SkipTest, SynchronousTestCase

ROOT = Path(__file__).resolve().parent.parent

# They are run from the root of the project; the tests may be run from anywhere.
sys.path.insert(0, str(ROOT))
try:
    from benchmarks import results, store, suite
except ImportError as error:
    # A copy of the tests, alone.
    raise SkipTest(f"the benchmarks cannot be imported: {error}") from error
finally:
    sys.path.remove(str(ROOT))

LONGEST = {results.Effort.QUICK: 120.0, results.Effort.FULL: 900.0}
"""Seconds that all questions together may take."""

words = st.text(max_size=8)
numbers = st.floats(allow_nan=False)
spreads = st.builds(results.Spread, numbers, numbers, numbers)
cells = st.none() | words | st.integers() | numbers | spreads


def some(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    """A few, as a tuple."""
    return st.lists(strategy, max_size=3).map(tuple)


pairs = st.tuples(numbers, numbers)
series = some(st.builds(results.Series, words, some(cells) | some(pairs)))
plots = st.one_of(
    st.builds(results.Bars, words, words, some(words), series, st.none() | numbers),
    st.builds(results.Growth, words, words, words, series),
    st.builds(
        results.Distribution, words, words, series, some(st.tuples(words, numbers))
    ),
)
answers = st.builds(
    results.Answer,
    sentence=words,
    tables=some(st.builds(results.Table, words, some(words), some(some(cells)))),
    plots=some(plots),
    bounds=some(
        st.builds(
            results.Bound,
            words,
            numbers | spreads,
            numbers,
            exact=st.booleans(),
            least=st.booleans(),
        )
    ),
    notes=some(words),
)
outcomes = st.builds(
    store.Outcome,
    name=words,
    text=words,
    command=words,
    seconds=numbers,
    answer=st.none() | answers,
    failure=st.none() | words,
)
reports = st.builds(
    store.Report,
    machine=st.dictionaries(words, words, max_size=3),
    effort=st.sampled_from(results.Effort),
    started=words,
    ended=words,
    outcomes=some(outcomes),
)


class StoreTests(SynchronousTestCase):
    """The file of results."""

    @settings(max_examples=40, deadline=None)
    @given(reports)
    def test_what_is_loaded_is_what_was_saved(self, report: store.Report) -> None:
        """Nothing of a report is lost in the file."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "new" / "results.json"
            store.dump(report, path)
            self.assertEqual(store.load(path), report)

    def test_a_file_of_another_schema_is_refused(self) -> None:
        """It is said what is wrong, instead of a KeyError."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "results.json"
            for text in ('{"schema": 0}', "[]"):
                path.write_text(text)
                self.assertRaisesRegex(ValueError, "measure again", store.load, path)

    def test_a_later_answer_replaces_an_earlier_one(self) -> None:
        """Of the same machine and effort, all other answers stay, in order."""
        earlier = _report("here", a="old", b="old", gone="old")
        later = _report("here", c="new", a="new")
        merged = store.merged(earlier, later, ["a", "b", "c"])
        self.assertEqual(
            [(each.name, each.text) for each in merged.outcomes],
            [("a", "new"), ("b", "old"), ("c", "new")],
        )

    def test_answers_of_another_machine_are_dropped(self) -> None:
        """Figures of two machines do not stand side by side."""
        later = _report("here", a="new")
        self.assertIs(store.merged(_report("there", b="old"), later, ["a", "b"]), later)


class SuiteTests(SynchronousTestCase):
    """The list of questions."""

    def setUp(self) -> None:
        """Import all of them."""
        try:
            self.questions = suite.questions()
        except ImportError as error:
            # Of the dependency group ``bench``, which no user needs.
            raise SkipTest(f"not all benchmarks can be imported: {error}") from error

    def test_each_question_has_a_name_of_its_own(self) -> None:
        """None is hidden by another one."""
        self.assertEqual(len(self.questions), len(suite.MODULES))

    def test_all_together_do_not_take_too_long(self) -> None:
        """What they say they take is within the bounds, with either effort."""
        for effort, longest in LONGEST.items():
            seconds = [each.seconds[effort] for each in self.questions.values()]
            self.assertLess(sum(seconds), longest)

    def test_a_question_that_raises_has_an_outcome(self) -> None:
        """The others are asked all the same."""

        def ask(_effort: object, _tell: object) -> results.Answer:
            raise RuntimeError("no valgrind")

        seconds = dict.fromkeys(results.Effort, 1.0)
        question = results.Question("q", "Why?", ask, seconds)
        outcome = suite.ask(question, results.Effort.QUICK, lambda _done, _what: None)
        self.assertIsNone(outcome.answer)
        self.assertIn("no valgrind", outcome.failure or "")

    def test_there_is_a_page(self) -> None:
        """The documentation has the results."""
        self.assertTrue((ROOT / "docs" / "benchmarks.md").exists())


def _report(machine: str, **texts: str) -> store.Report:
    found = tuple(
        store.Outcome(name, text, "", 1.0, failure="none")
        for name, text in texts.items()
    )
    return store.Report({"name": machine}, results.Effort.FULL, "", "", found)
