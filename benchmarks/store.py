"""The file of results: one JSON object that holds all that is known of a run.

Sequences come back as tuples; else what is loaded equals what was saved.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs

from benchmarks.results import (
    Answer,
    Bars,
    Bound,
    Distribution,
    Effort,
    Growth,
    Plot,
    Series,
    Spread,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["SCHEMA", "Outcome", "Report", "dump", "load", "merged"]

SCHEMA = 1
"""Raised when a file of before cannot be read any more."""


@attrs.frozen
class Outcome:
    """What became of one question.

    Attributes:
        name: The question's.
        text: The question itself.
        command: Asks it again, alone.
        seconds: How long it took.
        answer: None if there is none.
        failure: Why there is none.
    """

    name: str
    text: str
    command: str
    seconds: float
    answer: Answer | None = None
    failure: str | None = None


@attrs.frozen
class Report:
    """A run of the suite, or several on the same machine put together.

    Attributes:
        machine: What it was measured on, by name.
        effort: How long it was allowed to take.
        started: Date and time, ISO 8601, UTC.
        ended: The same of the end.
        outcomes: One for each question that was asked.
    """

    machine: Mapping[str, str]
    effort: Effort
    started: str
    ended: str
    outcomes: Sequence[Outcome]


def merged(earlier: Report, later: Report, order: Sequence[str]) -> Report:
    """Both, if machine and effort are the same, else the later one alone.

    Args:
        earlier: Gives way where both have an outcome.
        later: Whose dates count.
        order: Names of the questions, as they shall stand; others are dropped.
    """
    if (earlier.machine, earlier.effort) != (later.machine, later.effort):
        return later
    known = {each.name: each for each in [*earlier.outcomes, *later.outcomes]}
    outcomes = tuple(known[name] for name in order if name in known)
    return attrs.evolve(later, started=earlier.started, outcomes=outcomes)


def dump(report: Report, path: Path) -> None:
    """Save a report; a reader sees the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_text(json.dumps(_plain(report), indent=1, ensure_ascii=False) + "\n")
    new.replace(path)


def load(path: Path) -> Report:
    """Read a report.

    Raises:
        ValueError: It is none, or one of another schema.
    """
    found = json.loads(path.read_text())
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema != SCHEMA:
        raise ValueError(f"{path} has schema {schema!r}, not {SCHEMA}: measure again")
    return Report(
        machine=found["machine"],
        effort=Effort(found["effort"]),
        started=found["started"],
        ended=found["ended"],
        outcomes=tuple(map(_outcome, found["outcomes"])),
    )


def _plain(report: Report) -> dict[str, Any]:
    found = attrs.asdict(report)
    return {"schema": SCHEMA, **found, "effort": report.effort.value}


def _outcome(found: dict[str, Any]) -> Outcome:
    answer = found.pop("answer")
    return Outcome(**found, answer=None if answer is None else _answer(answer))


def _answer(found: dict[str, Any]) -> Answer:
    return Answer(
        sentence=found["sentence"],
        tables=tuple(map(_table, found["tables"])),
        plots=tuple(map(_plot, found["plots"])),
        bounds=tuple(map(_bound, found["bounds"])),
        notes=tuple(found["notes"]),
    )


def _table(found: dict[str, Any]) -> Table:
    rows = tuple(tuple(map(_cell, row)) for row in found["rows"])
    return Table(found["title"], tuple(found["columns"]), rows)


def _bound(found: dict[str, Any]) -> Bound:
    return Bound(**{**found, "found": _cell(found["found"])})


def _plot(found: dict[str, Any]) -> Plot:
    kind = found.pop("kind")
    series = tuple(map(_series, found.pop("series")))
    if kind == "bars":
        return Bars(**{**found, "labels": tuple(found["labels"]), "series": series})
    if kind == "growth":
        return Growth(**found, series=series)
    if kind == "distribution":
        promised = tuple((what, value) for what, value in found.pop("promised"))
        return Distribution(**found, series=series, promised=promised)
    raise ValueError(f"there is no plot of kind {kind!r}")


def _series(found: dict[str, Any]) -> Series:
    return Series(found["name"], tuple(map(_cell, found["values"])))


def _cell(found: Any) -> Any:
    """A cell, or a pair of a line."""
    if isinstance(found, dict):
        return Spread(**found)
    return tuple(found) if isinstance(found, list) else found
