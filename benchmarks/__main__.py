"""Ask all questions, or some: ``python -m benchmarks [NAME ...] [--quick]``."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from benchmarks.children import ROOT
from benchmarks.machine import machine
from benchmarks.results import Effort, Spread
from benchmarks.store import Outcome, Report, dump, load, merged
from benchmarks.suite import ask, questions

if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.results import Bound, Question

BUILD = ROOT / "build"
OUTPUTS = {
    Effort.FULL: BUILD / "benchmarks.json",
    Effort.QUICK: BUILD / "benchmarks-quick.json",
}
PAGES = {Effort.FULL: ROOT / "docs", Effort.QUICK: BUILD / "benchmarks-quick"}
"""What was measured in a hurry is not for the documentation."""


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--quick", is_flag=True, help="Fewer sizes, fewer rounds.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of results; by default one in build/.",
)
@click.option("--page/--no-page", default=True, help="Write the page and its plots.")
@click.option(
    "--docs",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the page goes: docs/; with --quick build/benchmarks-quick/.",
)
@click.option("--list", "listing", is_flag=True, help="Say what questions there are.")
def main(  # noqa: PLR0917 - by name, from click
    names: tuple[str, ...],
    quick: bool,
    output: Path | None,
    page: bool,
    docs: Path | None,
    listing: bool,
) -> None:
    """Measure, write the file of results and, from it, the page.

    Without NAME all questions are asked; with some, their answers replace those in
    the file, if that is of the same machine. The exit status is 1 if a question could
    not be answered or an exact bound is broken.
    """
    effort = Effort.QUICK if quick else Effort.FULL
    known = questions()
    if listing:
        _list(known, effort)
        return
    if unknown := set(names) - set(known):
        raise click.UsageError(f"no question {', '.join(sorted(unknown))}: try --list")
    wanted = [each for each in known.values() if each.name in names or not names]
    path = output or OUTPUTS[effort]
    earlier = load(path) if names and path.exists() else None
    report = _measure(wanted, effort, path, earlier, list(known))
    if page:
        _write_page(path, docs or PAGES[effort])
    click.echo(f"{path}: {len(report.outcomes)} of {len(known)} questions")
    asked = {each.name for each in wanted}
    failed = [each for each in report.outcomes if each.name in asked and _bad(each)]
    sys.exit(1 if failed else 0)


def _measure(
    wanted: list[Question],
    effort: Effort,
    path: Path,
    earlier: Report | None,
    order: list[str],
) -> Report:
    """Ask the questions; the file is up to date after each of them."""
    report = Report(machine(), effort, started=_now(), ended=_now(), outcomes=())
    if earlier is not None:
        report = merged(earlier, report, order)
    with _progress() as progress:
        total = sum(each.seconds[effort] for each in wanted)
        task = progress.add_task("", total=total)
        before = 0.0
        for question in wanted:
            outcome = _ask(question, effort, progress, task, before)
            before += question.seconds[effort]
            _say(outcome, progress.console)
            new = Report(report.machine, effort, report.started, _now(), (outcome,))
            report = merged(report, new, order)
            dump(report, path)
        progress.update(task, completed=total, description="done")
    return report


def _ask(
    question: Question, effort: Effort, progress: Progress, task: TaskID, before: float
) -> Outcome:
    """Ask one question, and have the bar advance by its share."""

    def tell(done: float, what: str) -> None:
        completed = before + question.seconds[effort] * min(1.0, done)
        description = escape(f"{question.name}: {what}"[:40])
        progress.update(task, completed=completed, description=description)

    tell(0.0, "")
    return ask(question, effort, tell)


def _say(outcome: Outcome, console: Console) -> None:
    """Print what came out."""
    console.print(f"\n[bold]{escape(outcome.text)}[/]  ({outcome.seconds:.0f} s)")
    if outcome.failure is not None:
        console.print(f"[red]FAILED[/]\n{escape(outcome.failure)}")
    if outcome.answer is not None:
        console.print(escape(outcome.answer.sentence))
        for bound in outcome.answer.bounds:
            console.print(escape(_judged(bound)))


def _judged(bound: Bound) -> str:
    word = "kept" if bound.kept else "BROKEN"
    side = "at least" if bound.least else "at most"
    return f"  {word:6}  {bound.figure}: {_figure(bound.found)}, {side} {bound.bound:g}"


def _figure(found: float | Spread) -> str:
    if isinstance(found, Spread):
        return f"{found.median:.5g} ({found.low:.5g} to {found.high:.5g})"
    return f"{found:.6g}"


def _bad(outcome: Outcome) -> bool:
    """Whether there is no answer, or it breaks a bound that is not subject to noise."""
    if outcome.answer is None:
        return True
    return any(each.exact and not each.kept for each in outcome.answer.bounds)


def _write_page(path: Path, docs: Path) -> None:
    from benchmarks import page  # noqa: PLC0415 - needs a plotting library

    docs.mkdir(parents=True, exist_ok=True)
    page.write(path, docs)


def _list(known: dict[str, Question], effort: Effort) -> None:
    for question in known.values():
        click.echo(
            f"{question.name:12} {question.seconds[effort]:4.0f} s  {question.text}"
        )


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )


def _now() -> str:
    return dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds")


if __name__ == "__main__":
    main()
