"""The commands that look into a running program, or at what was seen before.

The exit status of all of them is 2 if there is nothing to look at, or nowhere to show
it: the process cannot be asked, the file cannot be read or written.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from heartbeat.cli import pictures, sources
from heartbeat.errors import HeartbeatError

if TYPE_CHECKING:
    from heartbeat.graph.model import Snapshot

__all__ = [
    "COMMANDS",
    "Look",
    "Unanswered",
    "Unwritable",
    "diff",
    "explain",
    "ps",
    "strays",
    "watch",
    "web",
]

LISTING = 2.0
"""Seconds that each process of a list may take to answer."""

FOUND = 1
"""The exit status of ``heartbeat strays`` when there are some."""


class Unanswered(click.ClickException):
    """Nothing to look at."""

    exit_code = 2


class Unwritable(click.ClickException):
    """Nowhere to write what was seen."""

    exit_code = 2


class Look(click.Command):
    """A command for which there may be nothing to look at."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; our errors are for who called."""
        try:
            return super().invoke(ctx)
        except HeartbeatError as error:
            raise Unanswered(str(error)) from error


_source = click.argument("source", metavar="PID|FILE")
_pid = click.argument("pid", type=click.IntRange(min=1))
_timeout = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Seconds that a process may take to answer.",
)
_group = click.option(
    "--group/--no-group",
    default=None,
    help="Equal calls and connections on one line; usual if there are many.",
)


@click.command(cls=Look)
@click.argument("source", metavar="[PID|FILE]", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(pictures.FORMS),
    help="Usually text, or what the name of the output file says.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Write there.",
)
@click.option("--only", metavar="VERDICT", help="Only such calls, as `--only stray`.")
@_group
@_timeout
def ps(  # noqa: PLR0917 - click passes them by name
    source: str | None,
    form: str | None,
    output: str | None,
    only: str | None,
    group: bool | None,
    timeout: float,
) -> None:
    """Show what the reactor of a process is doing, or a snapshot in a file of JSON.

    Without PID: the processes of this user that can be asked.
    """
    if source is None:
        _list(min(timeout, LISTING))
        return
    form = form or _form_of(output)
    how: dict[str, Any] = {"only": only, "group": group}
    if form == "json" and how != {"only": None, "group": None}:
        raise click.UsageError("JSON has everything: no --only, no --group")
    if form == "text" and output is None:
        how |= pictures.style()
    picture = pictures.drawn(sources.read(source, timeout), form, **how)
    if output is None:
        click.echo(picture, nl=not picture.endswith("\n"))
    else:
        _write(output, picture)


@click.command(cls=Look)
@_pid
@_group
@_timeout
@click.option(
    "--interval",
    type=click.FloatRange(min=0),
    default=2.0,
    show_default=True,
    help="Seconds between two looks.",
)
@click.option("--times", type=click.IntRange(min=1), help="End after so many looks.")
def watch(
    pid: int, group: bool | None, timeout: float, interval: float, times: int | None
) -> None:
    """Show it again and again, and what has grown since the first look."""
    first = now = sources.read(str(pid), timeout)
    looks = 1
    while True:
        click.clear()
        click.echo(pictures.drawn(now, "text", group=group, **pictures.style()))
        if looks > 1:
            click.echo(_difference(first, now), nl=False)
        if looks == times:
            return
        time.sleep(interval)
        now = sources.read(str(pid), timeout)
        looks += 1


@click.command(cls=Look)
@_source
@_timeout
def strays(source: str, timeout: float) -> None:
    """Show the calls whose connections are gone; the exit status is 1 if any are."""
    snapshot = sources.read(source, timeout)
    found = len(snapshot.strays())
    if found:
        how = pictures.style()
        click.echo(pictures.drawn(snapshot, "text", only="stray", **how), nl=False)
        sys.exit(FOUND)
    click.echo("No stray calls.")


@click.command(cls=Look)
@_pid
@_timeout
def web(pid: int, timeout: float) -> None:
    """Open the live page of a process, and print its address.

    Only this machine can reach it, and only who has the address: there is a secret in
    it. The page stays open until the process ends.
    """
    from heartbeat.graph.attach.asking import page_of  # noqa: PLC0415 - not for help

    click.echo(page_of(pid, timeout))


@click.command(cls=Look)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@_timeout
def diff(old: str, new: str, timeout: float) -> None:
    """Show what has appeared and what has grown, to find leaks.

    OLD and NEW are processes or files of JSON (`heartbeat ps PID -o FILE.json`). Of a
    process and a file, the file is the old one.
    """
    if sources.is_process(old) and not sources.is_process(new):
        old, new = new, old
    difference = _difference(sources.read(old, timeout), sources.read(new, timeout))
    click.echo(difference, nl=False)


@click.command(cls=Look)
@click.argument("words", metavar="WORD", nargs=-1, required=True)
def explain(words: tuple[str, ...]) -> None:
    """Say what a word of a picture means, as in `heartbeat explain maybe-stray`."""
    from heartbeat.graph.pictures.words import explain as meaning  # noqa: PLC0415

    click.echo(meaning(" ".join(words)))


def _form_of(output: str | None) -> str:
    """The form for *output*, or an error that says what is known."""
    form = pictures.form_of(output)
    if form is None:
        known = ", ".join(pictures.SUFFIXES)
        forms = ", ".join(pictures.FORMS)
        raise click.BadParameter(
            f"nobody knows the form of {output!r}: name a file that ends in one of "
            f"{known}, or say --format, one of {forms}",
            param_hint="'-o'",
        )
    return form


def _write(output: str, picture: str) -> None:
    try:
        with click.open_file(output, "w", encoding="utf-8", atomic=True) as file:
            file.write(picture)
    except OSError as error:
        raise Unwritable(f"{output} cannot be written: {error.strerror}") from error


def _list(timeout: float) -> None:
    """Print the processes that can be asked, a line each."""
    from heartbeat.graph.attach.announce import announced  # noqa: PLC0415

    rows = [_row(pid, timeout) for pid in announced()]
    if not rows:
        click.echo("No process of this user has announced itself.", err=True)
        return
    rows.insert(0, ("PID", "CONNECTIONS", "CALLS", "STRAYS", "REACTOR", "PROGRAM"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        *numbers, reactor, program = map(str.rjust, row, widths)
        line = [*numbers, reactor.strip().ljust(widths[-2]), program.strip()]
        click.echo("  ".join(line))


def _row(pid: int, timeout: float) -> tuple[str, ...]:
    from heartbeat.graph.attach.asking import AskingError, snapshot_of  # noqa: PLC0415
    from heartbeat.graph.model import State  # noqa: PLC0415

    try:
        snapshot = snapshot_of(pid, timeout)
    except AskingError as error:
        return (str(pid), "-", "-", "-", "-", error.problem)
    process = snapshot.process
    connections = [
        endpoint
        for endpoint in snapshot.endpoints
        if not endpoint.is_gone and endpoint.state is not State.LISTENING
    ]
    numbers = (
        pid,
        len(connections),
        len(snapshot.timers),
        len(snapshot.strays()),
    )
    return (*map(str, numbers), process.reactor, process.program)


def _difference(old: Snapshot, new: Snapshot) -> str:
    from heartbeat.graph.pictures.diff import diff as compared  # noqa: PLC0415 - not for help

    return compared(old, new).to_text(**pictures.style())


COMMANDS: list[click.Command] = [ps, watch, strays, web, diff, explain]
"""Of `heartbeat`."""
