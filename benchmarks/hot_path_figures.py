"""Measure the hot path: the instructions and the seconds of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from benchmarks import instructions, paired
from benchmarks.candidates import BASE
from benchmarks.children import python

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.results import Spread
    from benchmarks.workloads.hot_path_plan import Plan
    from benchmarks.workloads.messages import Case

__all__ = ["Key", "Times", "counts", "times"]

Key = tuple[str, "Case", str]
"""Transport, case and candidate."""


def counts(plan: Plan) -> dict[Key, float]:
    """The instructions of one message."""
    found = instructions.phases("benchmarks.workloads.hot_path_count", plan.text)
    return {
        (transport, case, candidate): counted / (plan.batches_of(case) * case.batch)
        for child, transport, candidate in found.told["children"]
        for case, counted in zip(
            plan.fitting(candidate), found.counts[child], strict=True
        )
    }


@attrs.frozen
class Times:
    """What was timed.

    Attributes:
        seconds: Of one message, with nothing at all.
        ratios: How many times that, with each other candidate.
    """

    seconds: dict[tuple[str, Case], Spread]
    ratios: dict[Key, Spread]


def times(plan: Plan, rounds: int, tell: Callable[[float, str], None]) -> Times:
    """Take the time, each candidate in a process of its own together with the base."""
    others = [each for each in plan.candidates if each != BASE]
    found = paired.reports(
        {each: _timing(attrs.evolve(plan, candidates=[BASE, each])) for each in others},
        rounds=rounds,
        tell=tell,
    )
    base: dict[tuple[str, Case], list[float]] = {}
    ratios: dict[Key, list[float]] = {}
    for candidate, reported in found.items():
        for report in reported:
            for transport, timed in report["seconds"].items():
                for case, took in zip(plan.cases, timed, strict=True):
                    base.setdefault((transport, case), []).extend(took[BASE])
                    if candidate in took:
                        ratios.setdefault((transport, case, candidate), []).extend(
                            _each_by(took[candidate], took[BASE])
                        )
    return Times(
        {key: paired.spread(values) for key, values in base.items()},
        {key: paired.spread(values) for key, values in ratios.items()},
    )


def _timing(plan: Plan) -> list[str]:
    return python("benchmarks.workloads.hot_path_time", plan.text)


def _each_by(values: Sequence[float], base: Sequence[float]) -> list[float]:
    return [value / other for value, other in zip(values, base, strict=True)]
