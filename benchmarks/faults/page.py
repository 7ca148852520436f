"""Write ``docs/faults.md`` and its plots, from the file of results alone."""

from __future__ import annotations

import datetime as dt
import shutil
import statistics
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.faults.candidates import CANDIDATES, OURS
from benchmarks.faults.cells import SIGNS, cell, kind_of, left_over, truth_of
from benchmarks.faults.faults import ALL, INTERVAL, SLACK, TIMEOUT, Limit
from benchmarks.faults.judging import Mark
from benchmarks.faults.plots import draw_overview, draw_times
from benchmarks.faults.store import load
from benchmarks.faults.table import FAULTS, GROUPS
from benchmarks.faults.words import HOW, HOW_TO_READ, LEFT_OVER, WITHOUT
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
"""Of the plots and the results, beside the page."""

RESULTS = "results.json"

OTHERS = [name for name in CANDIDATES if name != OURS]

Known = dict[tuple[str, str, str], "Result"]


def write(results: Path, docs: Path) -> None:
    """Write the page and its plots.

    Args:
        results: The file of results; nothing else is known of the run.
        docs: The folder that gets ``faults.md``, and in ``faults/`` the plots and a copy
            of the results.
    """
    report = load(results)
    folder = docs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    draw_overview(report.results, folder / "overview.svg")
    draw_times(report.results, folder / "times.svg")
    shutil.copyfile(results, folder / RESULTS)
    text = "\n\n".join(_page(report))
    (docs / "faults.md").write_text(f"{text}\n", encoding="utf-8")


def _page(report: Report) -> Iterator[str]:
    known: Known = {each.key: each for each in sorted(report.results, key=_place)}
    yield "# Faults"
    yield (
        "What becomes of a connection when something goes wrong: with this package, and "
        "with what one would use instead. All that is shown here was measured, and is "
        f"written by a program from [one file of results]({FOLDER}/{RESULTS})."
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
    yield "## What the others cannot"
    yield "\n".join(_cannot(known))
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
            found = [
                known.get((fault.name, name, fault.beside)) for name in (OURS, *OTHERS)
            ]
            if any(found[1:]):
                own = fault.limit is Limit.WITHIN and fault.promised is not None
                right = f"{fault.truth.value}, in time" if own else truth_of(fault)
                what = f"{escaped(fault.title)}: *{right}*"
                rows.append([what, *map(cell, found)])
        if rows:
            columns = [f"{heading.lower()}: *right is*", "ours", *titles]
            yield pipes(columns, rows, right=())


def _left_over(known: Known) -> Iterator[str]:
    yield _flat(LEFT_OVER)
    rows = [_remains(name, list(known.values())) for name in CANDIDATES]
    columns = [
        "one to three connections",
        "descriptors, timed calls",
        "memory of one, median",
    ]
    yield pipes(columns, rows, right=(2,))
    rows = [_crowd(each) for each in known.values() if FAULTS[each.fault].count > 1]
    if rows:
        columns = ["many at once", "first given up", "last", "left over", "memory"]
        yield pipes(columns, rows, right=(1, 2, 4))


def _remains(candidate: str, results: Sequence[Result]) -> list[str]:
    """Of one candidate, in all scenes that came to an end, but for the crowds."""
    seen = [
        each.seen
        for each in results
        if each.candidate == candidate
        and FAULTS[each.fault].count == 1
        and each.seen.memory is not None
    ]
    what = Counter(left_over(each) for each in seen)
    said = "; ".join(f"{each} in {count} scenes" for each, count in what.most_common())
    alone = [each.memory or 0 for each in seen if each.connections == 1]
    memory = statistics.median(alone or [0])
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
        said = " ".join(filter(None, [fault.why, _other_numbers(fault)]))
        if said:
            yield f"- *{escaped(fault.title)}*: {said}"


def _other_numbers(fault: Fault) -> str:
    """What this row is told, or allowed, unlike most."""
    said = []
    if (fault.interval, fault.timeout) != (INTERVAL, TIMEOUT):
        said.append(
            f"All are told to ask after {fault.interval:g} s and to wait "
            f"{fault.timeout:g} s."
        )
    if fault.slack != SLACK:
        said.append(
            f"Up to {fault.slack:g} s more than promised count as kept: so many "
            "connections share two processors with their peers."
        )
    return " ".join(said)


def _cannot(known: Known) -> Iterator[str]:
    """Who, and why, by fault."""
    for fault in FAULTS.values():
        whys: dict[str, list[str]] = {}
        for name in OTHERS:
            result = known.get((fault.name, name, fault.beside))
            if result is not None and result.mark is Mark.UNABLE:
                why = WITHOUT.get(result.seen.unable or "", result.seen.unable or "")
                whys.setdefault(why, []).append(CANDIDATES[name].title)
        if whys:
            said = "; ".join(f"{', '.join(who)}: {why}" for why, who in whys.items())
            yield f"- *{escaped(fault.title)}*. {said}."


def _settings(report: Report) -> str:
    rows = [
        [
            each.title,
            each.how,
            f"{each.promised(INTERVAL, TIMEOUT):g} s",
            escaped(report.machine.get(each.package, "")),
        ]
        for each in CANDIDATES.values()
    ]
    promise = f"promises, with {INTERVAL:g} s and {TIMEOUT:g} s"
    return pipes(["", "told", promise, "version"], rows, right=(2,))


def _flat(text: str) -> str:
    return " ".join(text.split())
