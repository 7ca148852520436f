"""Write ``docs/faults.md`` and its plots, from the file of results alone."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.faults.candidates import CANDIDATES, OURS
from benchmarks.faults.cells import SIGNS, cell, kind_of, left_over, truth_of
from benchmarks.faults.faults import ALL, GRACE, SLACK
from benchmarks.faults.judging import Mark
from benchmarks.faults.plots import draw_overview, draw_times
from benchmarks.faults.store import load
from benchmarks.faults.table import FAULTS, GROUPS
from benchmarks.page import pipes
from benchmarks.wording import NOTHING, escaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.faults.faults import Fault
    from benchmarks.faults.judging import Result
    from benchmarks.faults.store import Report

__all__ = ["write"]

FOLDER = "faults"
"""Of the plots, beside the page."""

OTHERS = [name for name in CANDIDATES if name != OURS]

Known = dict[tuple[str, str, str], "Result"]

HOW = f"""\
Each row is one fault, played in hosts of its own: network namespaces with a cable
between them, or with a process that carries every packet, and delays or loses some.
Both programs are real processes. If nothing else is said, all are told to ask after
2 s of silence and to wait 2 s for the answer; {GRACE:g} s is the grace of ours for a
close. What is promised is computed from these numbers; up to {SLACK:g} s more count as
kept, for the steps of a shared timer and for a machine on which many scenes run at
once. What is alive must not be given up while somebody looks, for 9 s or longer; what
is dead is looked at for 15 s after its time. A second is one of the monotonic clock,
from the moment of the fault."""

LEFT_OVER = """\
Counted before a program connects, and again half a second after its connection is lost
or, if it was alive, closed: descriptors, timed calls (with asyncio tasks as well) and
memory of the process that was not there before, what the allocator keeps not
included. The first connection makes a program load what it needs for one. Of
thousands, memory that was in use by all stays in the interpreter's hands."""

HOW_TO_READ = """\
A time is how long it took to give up what was dead. *Late* is more than was promised;
*missed* means that it still stood when we ceased to look. *Lost* is a connection that
was alive, and was given up. *Left* is what was right and in time, but left a descriptor
or a timed call behind. *Cannot* means that the library has no such thing. All get the
same two numbers; [how](#how-each-is-set), and what follows for their time, is told
below."""


def write(results: Path, docs: Path) -> None:
    """Write the page and its plots.

    Args:
        results: The file of results; nothing else is known of the run.
        docs: The folder that gets ``faults.md``, and the plots in ``faults/``.
    """
    report = load(results)
    folder = docs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    draw_overview(report.results, folder / "overview.svg")
    draw_times(report.results, folder / "times.svg")
    text = "\n\n".join(_page(report))
    (docs / "faults.md").write_text(f"{text}\n", encoding="utf-8")


def _page(report: Report) -> Iterator[str]:
    known: Known = {each.key: each for each in sorted(report.results, key=_place)}
    yield "# Faults"
    yield (
        "What becomes of a connection when something goes wrong: with this package, and "
        "with what one would use instead. All that is shown here was measured, and is "
        "written by a program from one file of results."
    )
    yield _sum(report.results)
    yield _measured_on(report)
    yield _flat(HOW)
    yield f"![{_alt(report.results)}]({FOLDER}/overview.svg)"
    yield "## Ours"
    yield "Time and verdict, over each transport."
    yield from _ours(known)
    yield "## Beside others"
    yield _flat(HOW_TO_READ)
    yield from _beside(known)
    yield f"![Points. Time until each dead connection was given up.]({FOLDER}/times.svg)"
    yield "## What is left over"
    yield from _left_over(known)
    yield "## Why that is right"
    yield "\n".join(_whys())
    yield "## How each is set"
    yield _settings(report)
    yield "## Versions"
    yield pipes(
        ["", "found"],
        [[escaped(name), escaped(what)] for name, what in report.machine.items()],
        right=(),
    )


def _place(result: Result) -> tuple[int, int, int]:
    """Where it stands, whenever it was measured."""
    return (
        list(FAULTS).index(result.fault),
        list(CANDIDATES).index(result.candidate),
        ALL.index(result.transport),
    )


def _sum(results: Sequence[Result]) -> str:
    rows = []
    for name, candidate in CANDIDATES.items():
        marks = Counter(each.mark for each in results if each.candidate == name)
        rows.append(
            [candidate.title, str(marks.total())]
            + [str(marks[mark]) if marks[mark] else NOTHING for mark in Mark]
        )
    columns = ["", "scenes", *(SIGNS.get(mark, mark.value) for mark in Mark)]
    return pipes(columns, rows, right=range(1, len(columns)))


def _alt(results: Sequence[Result]) -> str:
    ours = [each for each in results if each.candidate == OURS]
    right = sum(each.mark is Mark.RIGHT for each in ours)
    return f"Squares. Of {len(ours)} scenes of ours {right} are right."


def _measured_on(report: Report) -> str:
    def told(name: str) -> str:
        return escaped(report.machine.get(name, "unknown"))

    started = dt.datetime.fromisoformat(report.started)
    took = ""
    if report.seconds is not None:
        took = f"; all scenes together took {report.seconds / 60:.1f} minutes"
    return (
        f"Measured on {started:%Y-%m-%d} from {started:%H:%M} UTC, on "
        f"{told('processor')} (processors: {told('processors')}), {told('kernel')}, "
        f"with Python {told('Python')}, Twisted {told('Twisted')} and "
        f"{told('OpenSSL')}{took}. To measure on a machine of yours, as root, run "
        "`python -m benchmarks.faults` in a checkout; `--only NAME` plays one fault."
    )


def _ours(known: Known) -> Iterator[str]:
    for heading, faults in GROUPS.items():
        rows = []
        for fault in faults:
            found = [known.get((fault.name, OURS, each)) for each in ALL]
            if any(found):
                rows.append(
                    [escaped(fault.title), truth_of(fault)]
                    + [_with_kind(fault, each) for each in found]
                )
        if rows:
            columns = [heading.lower(), "right is", "TCP", "TLS", "UNIX"]
            yield pipes(columns, rows, right=())


def _with_kind(fault: Fault, result: Result | None) -> str:
    kind = kind_of(fault, result) if result is not None else ""
    return f"{cell(result)} {kind}".rstrip()


def _beside(known: Known) -> Iterator[str]:
    titles = [CANDIDATES[name].heading for name in OTHERS]
    for heading, faults in GROUPS.items():
        rows = []
        for fault in faults:
            found = [known.get((fault.name, name, "tcp")) for name in (OURS, *OTHERS)]
            if any(found[1:]):
                what = f"{escaped(fault.title)}: *{truth_of(fault)}*"
                rows.append([what, *map(cell, found)])
        if rows:
            columns = [f"{heading.lower()}: *right is*", "ours", *titles]
            yield pipes(columns, rows, right=())


def _left_over(known: Known) -> Iterator[str]:
    yield _flat(LEFT_OVER)
    rows = [_remains(name, list(known.values())) for name in CANDIDATES]
    columns = ["one connection", "descriptors, timed calls", "memory, median"]
    yield pipes(columns, rows, right=(2,))
    rows = [_crowd(each) for each in known.values() if FAULTS[each.fault].count > 1]
    if rows:
        columns = ["many at once", "first given up", "last", "left over", "memory"]
        yield pipes(columns, rows, right=(1, 2, 4))


def _remains(candidate: str, results: Sequence[Result]) -> list[str]:
    """Of one candidate, in all scenes with one connection that came to an end."""
    seen = [
        each.seen
        for each in results
        if each.candidate == candidate
        and FAULTS[each.fault].count == 1
        and each.seen.memory is not None
    ]
    what = Counter(left_over(each) for each in seen)
    said = "; ".join(f"{each} in {count} scenes" for each, count in what.most_common())
    memory = statistics.median([each.memory or 0 for each in seen] or [0])
    return [CANDIDATES[candidate].title, said or NOTHING, f"{memory / 2**10:,.0f} KiB"]


def _crowd(result: Result) -> list[str]:
    seen = result.seen
    title = CANDIDATES[result.candidate].title
    where = f"{title} over {result.transport.upper()}"
    if seen.memory is None:
        return [where, NOTHING, cell(result), NOTHING, NOTHING]
    first, last = (
        NOTHING if each is None else f"{each:.1f} s"
        for each in (seen.first, seen.seconds)
    )
    return [where, first, last, left_over(seen), f"{seen.memory / 2**20:.0f} MiB"]


def _whys() -> Iterator[str]:
    for fault in FAULTS.values():
        if fault.why:
            yield f"- *{escaped(fault.title)}*: {fault.why}"


def _settings(report: Report) -> str:
    rows = [
        [each.title, each.how, escaped(report.machine.get(each.package, ""))]
        for each in CANDIDATES.values()
    ]
    return pipes(["", "told", "version"], rows, right=())


def _flat(text: str) -> str:
    return " ".join(text.split())
