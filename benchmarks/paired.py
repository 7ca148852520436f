"""Compare times: all variants in one run, interleaved, judged by their ratios.

The speed of a machine wanders, by its temperature and by what else it does. So each
round runs every variant once, in a new order, and what is compared is a variant with
the base of the same round. The statistics are pyperf's.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pyperf

from benchmarks.children import LIMIT, run_for_json
from benchmarks.results import Spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["compare", "ratios", "reports", "spread"]

SEED = 20
"""Of the orders: the same in every run."""

MANY = 20
"""Values from which on percentiles mean something."""


def nobody(_done: float, _what: str) -> None:
    """Be told, and do nothing."""


def compare(
    variants: Mapping[str, Sequence[str]],
    *,
    rounds: int,
    tell: Callable[[float, str], None] = nobody,
    limit: float = LIMIT,
) -> dict[str, list[float]]:
    """Measure the seconds of one item of each variant, in each round.

    Args:
        variants: By name, the command of a program that prints, as the last line, a
            JSON object with ``seconds`` and ``count``.
        rounds: How often each is run.
        tell: Told before each run the share that is done, and what comes.
        limit: Seconds after which a program is killed.

    Returns:
        By name, one value for each round, the rounds in order.
    """
    found = reports(variants, rounds=rounds, tell=tell, limit=limit)
    return {
        name: [float(each["seconds"]) / float(each["count"]) for each in reported]
        for name, reported in found.items()
    }


def reports(
    variants: Mapping[str, Sequence[str]],
    *,
    rounds: int,
    tell: Callable[[float, str], None] = nobody,
    limit: float = LIMIT,
) -> dict[str, list[dict[str, Any]]]:
    """Run the same way, and hand back all that the programs printed.

    For programs that measure several things each. Arguments as of `compare`.
    """
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in variants}
    total = rounds * len(variants)
    for done, name in enumerate(_order(list(variants), rounds)):
        tell(done / total, name)
        found[name].append(run_for_json(variants[name], limit=limit))
    return found


def ratios(samples: Mapping[str, Sequence[float]], base: str) -> dict[str, Spread]:
    """How many times the base's each variant is, the base itself left out.

    Args:
        samples: By name, one value for each round, as from `compare`.
        base: The name of what all others are divided by, round by round.
    """
    return {
        name: spread([x / b for x, b in zip(values, samples[base], strict=True)])
        for name, values in samples.items()
        if name != base
    }


def spread(values: Sequence[float]) -> Spread:
    """The median and, by pyperf, what 90 % of the values lie between.

    The least and the greatest, if they are fewer than `MANY`. All are above zero.
    """
    named = {"name": "rounds"}
    given = pyperf.Run([*map(float, values)], metadata=named, collect_metadata=False)
    benchmark = pyperf.Benchmark([given])
    outside = 5 if len(values) >= MANY else 0
    low, high = (float(benchmark.percentile(p)) for p in (outside, 100 - outside))
    return Spread(float(benchmark.median()), low, high)


def _order(names: Sequence[str], rounds: int) -> Iterator[str]:
    shuffled = random.Random(SEED)
    for _ in range(rounds):
        yield from shuffled.sample(names, len(names))
