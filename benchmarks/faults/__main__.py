"""Play all faults, or some: ``python -m benchmarks.faults [--only NAME] [--quick]``."""

from __future__ import annotations

import datetime as dt
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from benchmarks.children import ROOT
from benchmarks.faults.candidates import CANDIDATES, OURS
from benchmarks.faults.cells import cell
from benchmarks.faults.hosts import sweep, why_no_hosts
from benchmarks.faults.judging import Mark
from benchmarks.faults.running import play_all, scenes_of
from benchmarks.faults.stage import faketime_library
from benchmarks.faults.store import Report, dump, load, merged
from benchmarks.faults.table import FAULTS
from benchmarks.machine import machine

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from benchmarks.faults.judging import Result
    from benchmarks.faults.scene import Scene
    from benchmarks.faults.store import Key

BUILD = ROOT / "build"

PUBLISHED = Path("faults", "results.json")
"""The results of the page, in its folder."""

NEEDED = 11_000
"""Descriptors that one program needs."""


@click.command()
@click.option("--only", multiple=True, metavar="NAME", help="This fault; repeatable.")
@click.option(
    "--candidates",
    default=",".join(CANDIDATES),
    metavar="NAME,...",
    help="These columns; by default all.",
)
@click.option("--quick", is_flag=True, help="Ours over TCP alone, without the crowds.")
@click.option("--list", "listing", is_flag=True, help="Say what faults there are.")
@click.option("--page/--no-page", default=True, help="Write the page and its plots.")
@click.option(
    "--docs",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the page goes: docs/; with --quick build/faults-quick/.",
)
def main(  # noqa: PLR0917 - by name, from click
    only: tuple[str, ...],
    candidates: str,
    quick: bool,
    listing: bool,
    page: bool,
    docs: Path | None,
) -> None:
    """Inject each fault, see what becomes of each candidate, and write the page.

    Needs root, for network namespaces, and ip, nft and libfaketime. With --only or
    --candidates the new results replace those of build/faults.json, or else of the page;
    what is not whole then, or not of one machine, is no page of docs/. The exit status
    is 1 if a row of ours is not right.
    """
    if listing:
        _list()
        return
    scenes = _scenes(only, candidates.split(","), quick=quick)
    _check_machine(scenes)
    output = BUILD / ("faults-quick.json" if quick else "faults.json")
    played = {each.key for each in scenes}
    every = {each.key for each in scenes_of(list(FAULTS.values()), list(CANDIDATES))}
    report = _play(scenes, whole=played == every)
    earlier = output if quick or output.exists() else ROOT / "docs" / PUBLISHED
    if earlier.exists() and played != every:
        report = merged(load(earlier), report, every)
    dump(report, output)
    if page:
        from benchmarks.faults import page as pages  # noqa: PLC0415 - plots

        target = docs or page_folder(report, every, quick=quick)
        target.mkdir(parents=True, exist_ok=True)
        pages.write(output, target)
    bad = [
        each
        for each in report.results
        if each.key in played and each.candidate == OURS and each.mark is not Mark.RIGHT
    ]
    click.echo(f"{output}: {len(report.results)} scenes, {len(bad)} of ours not right")
    sys.exit(1 if bad else 0)


def _list() -> None:
    """Say what there is."""
    for fault in FAULTS.values():
        click.echo(f"{fault.name:20} {fault.title}")
    click.echo("\ncandidates:")
    for name, candidate in CANDIDATES.items():
        click.echo(f"{name:20} {candidate.title}")


def page_folder(report: Report, every: Collection[Key], *, quick: bool) -> Path:
    """Where a page goes that nobody has a place for."""
    if quick:
        return BUILD / "faults-quick"
    if report.is_whole(every):
        return ROOT / "docs"
    found = BUILD / "faults-partial"
    known = {each.key for each in report.results}
    missing = len(set(every) - known)
    click.echo(
        f"{missing} of {len(every)} scenes have no result of this machine: "
        f"the page is in {found}, and docs/ stays as it is"
    )
    return found


def _scenes(
    only: Sequence[str], candidates: Sequence[str], *, quick: bool
) -> list[Scene]:
    for what, names, known in (
        ("fault", only, list(FAULTS)),
        ("candidate", candidates, list(CANDIDATES)),
    ):
        if unknown := set(names) - set(known):
            told = ", ".join(map(repr, sorted(unknown)))
            raise click.UsageError(f"no {what} {told}: there are {', '.join(known)}")
    faults = [each for each in FAULTS.values() if each.name in only or not only]
    scenes = scenes_of(faults, candidates)
    if quick:
        scenes = [
            each
            for each in scenes
            if each.candidate == OURS
            and each.transport == each.fault.transports[0]
            and (each.fault.count == 1 or only)
        ]
    if not scenes:
        raise click.UsageError(
            "nothing to play: none of these faults is played with these candidates"
        )
    return scenes


def _check_machine(scenes: Sequence[Scene]) -> None:
    """Say what is missing before anything is begun."""
    if any(each.transport != "unix" for each in scenes) and (why := why_no_hosts()):
        raise click.ClickException(why)
    if any(each.fault.faketime for each in scenes) and faketime_library() is None:
        raise click.ClickException(
            "libfaketime is not installed (apt-get install libfaketime)"
        )
    if any(each.fault.count > 1 for each in scenes):
        _raise_limit()
    sweep()


def _raise_limit() -> None:
    """As many descriptors as are allowed, for the programs as well."""
    import resource  # noqa: PLC0415 - not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < NEEDED:
        raise click.ClickException(f"ulimit -n is {hard}: {NEEDED} are needed")
    if soft < NEEDED:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _play(scenes: Sequence[Scene], *, whole: bool) -> Report:
    started, begun = _now(), time.monotonic()
    with _progress() as progress:
        task = progress.add_task("", total=len(scenes))

        def tell(scene: Scene, result: Result) -> None:
            progress.advance(task)
            progress.update(task, description=escape(scene.name[:44]))
            if result.mark is Mark.FAILED or _bad(result):
                said = result.seen.failure or result.seen.reason
                progress.console.print(
                    escape(f"{scene.name}: {cell(result)} {said}"), highlight=False
                )

        results = play_all(scenes, tell)
    seconds = time.monotonic() - begun
    order = {name: number for number, name in enumerate(FAULTS)}
    results.sort(key=lambda each: order[each.fault])
    return Report(
        machine=machine(),
        started=started,
        ended=_now(),
        seconds=seconds if whole else None,
        results=tuple(results),
    )


def _bad(result: Result) -> bool:
    return result.candidate == OURS and result.mark is not Mark.RIGHT


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )


def _now() -> str:
    return dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds")


if __name__ == "__main__":
    main()
