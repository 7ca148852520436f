"""Each module is covered by its own test file, completely: not by luck, from afar.

Reads the data of a run with ``--cov --cov-context=test``, where every line knows the
tests that reached it, and prints the modules that are not covered by their own tests:
``python -m tests.own_coverage``. Lines that run at import count for every file, and so
does what runs in other processes.
"""
# ruff: noqa: T201 - a command

from __future__ import annotations

import io
import re
import sys

import coverage

from tests.layout import MODULES, TESTS, path_of, suite_of

__all__ = ["main", "own_coverage"]

COMPLETE = 100.0
"""Per cent."""


def main() -> int:
    """Report; the exit status."""
    measured = coverage.Coverage()
    measured.load()
    poor = {module: own_coverage(measured, module) for module in MODULES}
    poor = {module: part for module, part in poor.items() if part < COMPLETE}
    for module, part in poor.items():
        print(f"{module}: {part:.1f} % from {_suite(module)}")
    print(f"{len(MODULES) - len(poor)} of {len(MODULES)} modules covered by themselves")
    return 1 if poor else 0


def own_coverage(measured: coverage.Coverage, module: str) -> float:
    """Per cent of a module's lines and branches that its own tests reach."""
    return measured.report(
        [str(path_of(module))],
        # The empty context is what no test ran: what happens at import.
        contexts=["^$", f"^{re.escape(_suite(module))}::"],
        skip_covered=False,
        file=io.StringIO(),
    )


def _suite(module: str) -> str:
    return suite_of(module).relative_to(TESTS.parent).as_posix()


if __name__ == "__main__":
    sys.exit(main())
