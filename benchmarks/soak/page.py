"""Write ``docs/soak.md``, from the results alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["write"]

INTRODUCTION = """\
# Soak

Many connections to other processes are kept alive while things are done to them at
random: long lines both ways, other numbers for the keepalive, closes of our own, pauses
in our reading, a reactor that is blocked, processes at the other end that are stopped
for a moment, stopped for good, killed and started again, connections whose peer falls
mute. Whatever happens, it is known of every connection whether its peer has to be given
up, for what, and by when. Each link has a loop, a pending call, an owned Deferred and
an `on_close` of its own.

*In time* is the policy's `within`, at most 1.5 s later, with the time added by which our
own reactor was late, and that for which a peer may be stopped while it is told to be
mute. A peer that was mute and whose process was then killed is lost without a verdict.
"""


def write(found: Mapping[str, Any], path: Path) -> None:
    """Write the page."""
    path.write_text("\n".join(_lines(found)) + "\n")


def _lines(found: Mapping[str, Any]) -> Iterable[str]:
    yield INTRODUCTION
    yield "## What came of it\n"
    yield _sentence(found)
    yield "\n| given up for | verdicts, all true and in time |\n| --- | ---: |"
    for what, many in sorted(found["right"].items()):
        yield f"| {what} | {many:,} |"
    took = found["verdict_after_s"]
    if took:
        yield (
            f"\nA verdict came {took['median']:.1f} s after the deed (the median; "
            f"{took['least']:.1f} to {took['greatest']:.1f})."
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


def _wrong(sentences: list[str]) -> Iterable[str]:
    if sentences:
        yield "\nWhat was wrong:\n"
    yield from (f"- {sentence}" for sentence in sentences)


def _growth(found: Mapping[str, Any]) -> Iterable[str]:
    before, after = found["counts"]["before"], found["counts"]["after"]
    full = found["counts"]["soak, settled"]
    yield (
        "\n## What was left\n\n*Before* is after a first, short round, *after* when "
        "all connections were closed again; both after a full collection. *Resident* "
        "is bytes: an interpreter that has once been large stays large.\n\n"
        "| | before | in the end, all connected | after | more |\n"
        "| --- | ---: | ---: | ---: | ---: |"
    )
    for name in before:
        more = after[name] - before[name]
        yield (
            f"| {name} | {before[name]:,} | {full[name]:,} | {after[name]:,} "
            f"| {more:+,} |"
        )


def _machine(machine: Mapping[str, str]) -> Iterable[str]:
    yield "\n## Where\n\n| | |\n| --- | --- |"
    yield from (f"| {what} | {which} |" for what, which in machine.items())
    yield "\n```console\n$ python -m benchmarks.soak\n```"
