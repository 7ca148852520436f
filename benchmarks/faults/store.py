"""The file of results: one JSON object that holds all that is known of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs

from benchmarks.faults.judging import Mark, Result, Seen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

__all__ = ["SCHEMA", "Key", "Report", "dump", "load", "merged"]

Key = tuple[str, str, str]
"""Of a result: fault, candidate and transport."""

SCHEMA = 1
"""Raised when a file of before cannot be read any more."""


@attrs.frozen
class Report:
    """A run, or several on the same machine put together.

    Attributes:
        machine: What it was measured on, by name.
        started: Date and time, ISO 8601, UTC.
        ended: The same of the end.
        seconds: How long it took; of a run of all scenes, None before there is one.
        results: One for each scene.
    """

    machine: Mapping[str, str]
    started: str
    ended: str
    seconds: float | None
    results: Sequence[Result]

    def is_whole(self, keys: Collection[Key]) -> bool:
        """Whether there is a result of each scene, by its key."""
        return set(keys) <= {each.key for each in self.results}


def merged(earlier: Report, later: Report, keys: Collection[Key]) -> Report:
    """Both, if the machine is the same, else the later one alone.

    Args:
        earlier: Of it, what is not measured anew is kept.
        later: Of it, everything.
        keys: Scenes that there are: a result of another one is of no more use.
    """
    if earlier.machine != later.machine:
        return later
    both = [*(each for each in earlier.results if each.key in keys), *later.results]
    known = {each.key: each for each in both}
    return attrs.evolve(
        later,
        started=earlier.started,
        seconds=later.seconds or earlier.seconds,
        results=tuple(known.values()),
    )


def dump(report: Report, path: Path) -> None:
    """Save; a reader sees the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = attrs.asdict(report, value_serializer=_plain)
    new = path.with_name(f"{path.name}.new")
    text = json.dumps({"schema": SCHEMA, **plain}, indent=1, ensure_ascii=False)
    new.write_text(f"{text}\n", encoding="utf-8")
    new.replace(path)


def load(path: Path) -> Report:
    """Read.

    Raises:
        ValueError: It is no file of results, or one of another schema.
    """
    found = json.loads(path.read_text(encoding="utf-8"))
    schema = found.pop("schema", None) if isinstance(found, dict) else None
    if schema != SCHEMA:
        raise ValueError(f"{path} has schema {schema!r}, not {SCHEMA}: measure again")
    found["results"] = tuple(map(_result, found["results"]))
    return Report(**found)


def _plain(_instance: object, _field: object, value: Any) -> Any:
    return value.value if isinstance(value, Mark) else value


def _result(found: dict[str, Any]) -> Result:
    return Result(
        **{**found, "mark": Mark(found["mark"]), "seen": Seen(**found["seen"])}
    )
