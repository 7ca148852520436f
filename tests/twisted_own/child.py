"""Run test modules of Twisted's, and write down how each test ended.

``python -m tests.twisted_own.child plain REPORT FOLDER`` runs the modules of the
table as they are, with ``ours`` they import what the table puts in the place.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import json
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from unittest import TestCase

import attrs
from twisted.trial.reporter import Reporter
from twisted.trial.runner import TestLoader, TrialRunner

from tests.twisted_own.table import RUNS, Run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec

__all__ = ["main"]


def main(kind: str, report: str, folder: str) -> None:
    """Run all; *report* gets the outcomes and the uses of stand-ins, by run."""
    runs = {name: run for name, run in RUNS.items() if run.possible}
    if kind == "plain":
        runs = {
            name: attrs.evolve(run, places={}, edits=()) for name, run in runs.items()
        }
    used: dict[str, Counter[str]] = {name: Counter() for name in runs}
    modules = {name: load(run, used[name]) for name, run in runs.items()}
    cases = [
        case
        for name, run in runs.items()
        for case in cases_of(name, run, modules[name])
    ]
    outcomes: dict[str, dict[str, str]] = {name: {} for name in runs}
    for test, outcome in run_all(cases, folder).items():
        name, _, of_run = test.partition(" ")
        outcomes[name][of_run] = outcome
    Path(report).write_text(json.dumps({"outcomes": outcomes, "used": used}))


def load(run: Run, used: Counter[str]) -> ModuleType:
    """A fresh test module that imports stand-ins; *used* counts their uses."""
    # All it needs is imported as it is, before anything is replaced.
    importlib.import_module(run.module)
    spec = importlib.util.find_spec(run.module)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    code = compile(edited(run, spec), str(spec.origin), "exec")
    with contextlib.ExitStack() as stack:
        for place in {place.rpartition(".")[0] for place in run.places}:
            stack.enter_context(seen_as(place, stand_ins(run, place, used)))
        sys.modules[run.module] = module
        exec(code, vars(module))  # noqa: S102 - as an import does
    return module


def edited(run: Run, spec: ModuleSpec) -> str:
    """The text of the test module with its edits."""
    text = Path(str(spec.origin)).read_text()
    for edit in run.edits:
        assert edit.old in text, f"{run.module} has no {edit.old!r} any more"
        text = text.replace(edit.old, edit.new)
    return text


def stand_ins(run: Run, module: str, used: Counter[str]) -> dict[str, Any]:
    """What *run* wants to be seen in *module* instead of what is there."""

    def note(place: str) -> None:
        used[place] += 1

    made = {}
    for place, make in run.places.items():
        where, _, name = place.rpartition(".")
        if where == module:
            original = getattr(importlib.import_module(module), name)
            made[name] = make(original, partial(note, place))
    return made


class View(ModuleType):
    """A module as it is, but for some names."""

    def __init__(self, module: ModuleType, instead: dict[str, Any]) -> None:
        super().__init__(module.__name__)
        vars(self).update(instead, module=module)

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["module"], name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(vars(self)["module"], name, value)


@contextlib.contextmanager
def seen_as(place: str, instead: dict[str, Any]) -> Iterator[None]:
    """Whoever imports the module *place* meanwhile sees *instead* there."""
    module = sys.modules[place]
    package, _, name = place.rpartition(".")
    view = View(module, instead)
    sys.modules[place] = view
    setattr(sys.modules[package], name, view)
    try:
        yield
    finally:
        sys.modules[place] = module
        setattr(sys.modules[package], name, module)


def cases_of(name: str, run: Run, module: ModuleType) -> list[type]:
    """The test cases of a run in its module; the ids of their tests begin with it."""

    def identify(test: TestCase) -> str:
        return f"{name} {TestCase.id(test).removeprefix(run.module)[1:]}"

    found = TestLoader().findTestClasses(module)
    cases = [case for case in found if not run.classes or case.__name__ in run.classes]
    for case in cases:
        case.id = identify
    return cases


def run_all(cases: list[type], folder: str) -> dict[str, str]:
    """How each test of the *cases* ends, by its id."""
    loader = TestLoader()
    suite = loader.suiteFactory(loader.loadClass(case) for case in cases)
    notes = Notes(stream=io.StringIO())
    TrialRunner(lambda *_: notes, workingDirectory=folder).run(suite)
    return notes.outcomes


class Notes(Reporter):
    """Keeps how each test ended; the first bad news of a test counts.

    Attributes:
        outcomes: By the id of the test, ``ok`` or what happened instead.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.outcomes: dict[str, str] = {}

    def addSuccess(self, test: Any) -> None:  # noqa: N802 - trial's
        super().addSuccess(test)
        self._note(test, "ok")

    def addError(self, test: Any, error: Any) -> None:  # noqa: N802 - trial's
        super().addError(test, error)
        self._note(test, f"error: {error!r}")

    def addFailure(self, test: Any, fail: Any) -> None:  # noqa: N802 - trial's
        super().addFailure(test, fail)
        self._note(test, f"failure: {fail!r}")

    def addSkip(self, test: Any, reason: Any) -> None:  # noqa: N802 - trial's
        super().addSkip(test, reason)
        self._note(test, "skipped")

    def _note(self, test: Any, outcome: str) -> None:
        self.outcomes.setdefault(test.id(), outcome)


if __name__ == "__main__":
    main(*sys.argv[1:])
