"""Write ``docs/soak.md``, from the results alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.soak.census import HELD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["write"]

COLUMNS = ("before", "soak, full", "soak, settled", "after")
"""The counts that are shown."""

INTRODUCTION = """\
# Soak

Many connections to other processes are kept alive while things are done to them at
random: long lines both ways, other numbers for the keepalive, closes of our own, pauses
in our reading, a reactor that is blocked, processes at the other end that are stopped
for a moment, stopped for good, killed and started again, connections whose peer falls
mute. Whatever happens, it is known of every connection whether its peer has to be given
up, for what, and by when. Each link has a loop, a pending call, an owned Deferred and
an `on_close` of its own.

*In time* is the policy's `within`, at most {margin:g} s later, with the time added for
which a peer may be stopped while it is told to be mute, and that by which our own
reactor was late. The soak measures the latter itself, and does not ask the library.
"""

HOLDING = """\
*Before* is after a first, short round, *after* when all connections were closed again;
in between all stood, and nothing was being done to them. Each count is after a full
collection. *Resident* is bytes: an interpreter that has once been large stays large.
"""

STANDING = """
While connections stand, they hold a little more than when they were made, {held:.1f}
objects each. These are the classes of which there are more:
"""

SPENT = """
A scope with more than one timed call keeps those that have run (`ScopedCall`, with a
`Fired` behind it) until they may be more than half of its list, as a reactor does: up
to ten for two that are pending, half of that on average. CPython gives an object a
`dict` of its own once it gets an attribute late; each connection that was configured
anew has a `Keepalive` of its own. None of that goes on: more than {most:g} objects for
each connection would be counted as growth. All that there was, while things were done:
"""


def write(found: Mapping[str, Any], path: Path) -> None:
    """Write the page, and what it was written from beside it."""
    path.write_text("\n".join(_lines(found)) + "\n")
    path.with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n")


def _lines(found: Mapping[str, Any]) -> Iterable[str]:
    yield INTRODUCTION.format(margin=found["margin"])
    yield "All figures are those of [the results](soak.json).\n"
    yield "## What came of it\n"
    yield _sentence(found)
    yield from _accounts(found["accounts"])
    took = found["verdict_after_s"]
    if took:
        yield (
            f"\nA verdict came {took['median']:.1f} s after the deed (the median; "
            f"{took['least']:.1f} to {took['greatest']:.1f})."
        )
    yield (
        f"\nOur reactor was late by {found['late_s']:.1f} s in all, as the soak "
        f"measured it; the library counted {found['stalled_s']:.1f} s."
    )
    yield from _wrong(found["wrong"])
    yield "\n## What was done\n\n| what | how often |\n| --- | ---: |"
    for what, many in sorted(found["deeds"].items()):
        yield f"| {what} | {many:,} |"
    yield from _growth(found)
    yield from _machine(found["machine"])


def _sentence(found: Mapping[str, Any]) -> str:
    policy = found["policy"]
    wrong = len(found["wrong"])
    return (
        f"{found['connections']:,} connections for {found['seconds']:.0f} seconds, "
        f"interval {policy['interval']:g} s, timeout {policy['timeout']:g} s; "
        f"{found['made']:,} connections were made in all. "
        f"**{wrong or 'No'} false, mistaken, late or missed verdicts, losses that "
        "nobody caused, or growth.**"
    )


def _accounts(accounts: Mapping[str, Mapping[str, int]]) -> Iterable[str]:
    """A connection to give up is in one column: the first is the sum of the others."""
    yield (
        "\n| had to be given up | connections | given up for what is true, in time "
        "| their process was killed before | wrong |\n"
        "| --- | ---: | ---: | ---: | ---: |"
    )
    for what, account in sorted(accounts.items()):
        columns = ("doomed", "right", "forestalled", "wrong")
        yield f"| {what} | {' | '.join(f'{account[name]:,}' for name in columns)} |"


def _wrong(sentences: list[str]) -> Iterable[str]:
    if sentences:
        yield "\nWhat was wrong:\n"
    yield from (f"- {sentence}" for sentence in sentences)


def _growth(found: Mapping[str, Any]) -> Iterable[str]:
    counts = found["counts"]
    columns = [counts[name] for name in COLUMNS]
    yield f"\n## What was left\n\n{HOLDING}"
    yield (
        f"| | before | all connected | {found['seconds']:.0f} s later | after "
        "| more after than before |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    )
    for name in columns[0]:
        cells = [f"{each[name]:,}" for each in columns]
        cells.append(f"{found['grown'][name]:+,}")
        yield f"| {name} | {' | '.join(cells)} |"
    yield STANDING.format(held=found["held"])
    yield (
        f"| class | all connected | {found['seconds']:.0f} s later |\n"
        "| --- | ---: | ---: |"
    )
    for name, (first, last) in found["gained"].items():
        yield f"| `{name}` | {first:,} | {last:,} |"
    yield SPENT.format(most=HELD)
    yield (
        "| after | connections | objects | resident |\n| ---: | ---: | ---: | ---: |"
    )
    for mark in found["marks"]:
        yield (
            f"| {mark['second']} s | {mark['connections']:,} | {mark['objects']:,} "
            f"| {mark['resident']:,} |"
        )


def _machine(machine: Mapping[str, str]) -> Iterable[str]:
    yield "\n## Where\n\n| | |\n| --- | --- |"
    yield from (f"| {what} | {which} |" for what, which in machine.items())
    yield "\n```console\n$ python -m benchmarks.soak\n```"
