"""How the demo looks: rich in a terminal, plain text elsewhere.

The only module of the demo that imports rich.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from heartbeat.demo.rows import Mark, Row
from heartbeat.graph import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartbeat.demo.claims import Claim
    from heartbeat.graph import Snapshot

__all__ = [
    "LiveBoard",
    "PlainBoard",
    "Stage",
    "console_for",
    "overview_of",
    "table_of",
]

WIDTH = 100
"""Columns, at most."""

INDENT = 3
"""Columns before everything but titles."""

THEME = Theme(
    {
        "title": "bold",
        "number": "bold cyan",
        "time": "cyan",
        "who": "bold",
        "holds": "green",
        "failed": "bold red",
        "open": "dim",
        "-": "red",
        "+": "green",
        "evidence": "dim",
    }
)

MARKS = {Mark.OPEN: "", Mark.HOLDS: "ok", Mark.FAILED: "FAILED"}


def console_for(**options: Any) -> Console:
    """A console of at most `WIDTH` columns; of exactly that many if no terminal.

    Args:
        options: As for `rich.console.Console`.
    """
    console = Console(theme=THEME, highlight=False, **options)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console


class Stage:
    """Where both acts are shown.

    Args:
        console: Prints it.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def title(self, number: str, text: str) -> None:
        """An act begins."""
        self._console.print()
        _print(self._console, Text.assemble((number, "number"), "  ", (text, "title")))

    def say(self, text: str) -> None:
        """A paragraph."""
        self._console.print()
        _print(self._console, Text(text), INDENT)

    def code(self, source: str) -> None:
        """Python source."""
        highlighter = Syntax(
            "", "python", theme="ansi_dark", background_color="default"
        )
        self._console.print()
        _print(self._console, highlighter.highlight(source)[:-1], 2 * INDENT)

    def changes(self, lines: list[str]) -> None:
        """Lines of source that begin with ``+`` or ``-``."""
        self._console.print()
        for line in lines:
            _print(self._console, Text(line, style=line[0]), 2 * INDENT)

    def event(self, at: float, text: str, remark: str = "") -> None:
        """Something happened, *at* seconds after the beginning."""
        _print(self._console, _moment(at, text, (remark, "failed")), INDENT)

    def picture(self, seen: Snapshot) -> None:
        """What the reactor is doing: the tree that ``heartbeat ps`` prints."""
        tree = to_text(seen, color=True, width=self._console.width - 2 * INDENT)
        self._console.print()
        for line in Text.from_ansi(tree.rstrip()).split():
            _print(self._console, line, 2 * INDENT)
        self._console.print()

    def claims(self, claims: list[Claim]) -> None:
        """What has just been seen to be true, or not."""
        self._console.print()
        for claim in claims:
            _print(self._console, _claimed(claim), INDENT)

    def board(self) -> contextlib.AbstractContextManager[PlainBoard]:
        """Lines and a table; in a terminal, also how everybody stands meanwhile."""
        self._console.print()
        if self._console.is_terminal:
            return _live(self._console)
        return contextlib.nullcontext(PlainBoard(self._console))

    def conclusion(self, claims: list[Claim], seconds: float) -> None:
        """Whether all *claims* hold, and those that do not."""
        failed = [claim for claim in claims if not claim.holds]
        words = Text(f"All {len(claims)} claims hold", "holds")
        if failed:
            words = Text(f"{len(failed)} of {len(claims)} claims failed", "failed")
        self._console.print()
        _print(self._console, words + Text(f", after {seconds:.1f} s."), INDENT)
        for claim in failed:
            _print(self._console, _claimed(claim), INDENT)

    def interrupted(self) -> None:
        """Nothing can be said."""
        self._console.print()
        _print(self._console, Text("Interrupted.", "failed"), INDENT)


class PlainBoard:
    """A line for whatever happens, the table at the end.

    Args:
        console: Prints them.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def happened(self, at: float, name: str, text: str) -> None:
        """Something happened to *name*, *at* seconds after the deeds."""
        who = (f"{name:<11}", "who")
        _print(self._console, _moment(at, who, text), INDENT)

    def update(self, rows: list[Row]) -> None:
        """How everybody stands: not shown."""

    def conclude(self, rows: list[Row]) -> None:
        """How everybody ended."""
        self._console.print()
        self._console.print(Padding.indent(table_of(rows), INDENT))


class LiveBoard(PlainBoard):
    """The same, and below it how everybody stands, drawn anew at each update.

    Args:
        live: Draws it.
    """

    def __init__(self, live: Live) -> None:
        super().__init__(live.console)
        self._live = live

    def update(self, rows: list[Row]) -> None:
        """How everybody stands."""
        self._live.update(Padding(overview_of(rows), (1, INDENT)), refresh=True)

    def conclude(self, rows: list[Row]) -> None:
        """How everybody ended."""
        self._live.update(Text(""), refresh=True)
        super().conclude(rows)


@contextlib.contextmanager
def _live(console: Console) -> Iterator[LiveBoard]:
    # Not from a thread of its own: a blocked reactor shall look like one.
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield LiveBoard(live)


def table_of(rows: list[Row]) -> Table:
    """All that is known of every case."""
    look: Any = {"box": box.SIMPLE_HEAD, "show_edge": False, "leading": 1}
    table = Table(padding=(0, 2, 0, 0), header_style="", **look)
    table.add_column("", no_wrap=True)
    table.add_column("peer", width=24)
    table.add_column("outcome", width=17)
    table.add_column("verdict, and the evidence behind it")
    for row in rows:
        mark = Text(MARKS[row.mark], row.mark.value)
        peer = _lines([row.peer, "who"], [row.deed])
        outcome = _lines([row.outcome, "who"], [row.when])
        evidence = [[line, "evidence"] for line in row.evidence]
        reasons = _lines([row.verdict, "who"], [row.because], *evidence)
        table.add_row(mark, peer, outcome, reasons)
    return table


def overview_of(rows: list[Row]) -> Table:
    """One line for every case, cut where the terminal ends."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(style="who", no_wrap=True, min_width=9)
    table.add_column(no_wrap=True, min_width=8)
    table.add_column(style="evidence", no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(row.peer, row.outcome, ", ".join(row.evidence))
    return table


def _claimed(claim: Claim) -> Text:
    mark = Mark.HOLDS if claim.holds else Mark.FAILED
    but = f" (but: {claim.instead})" if claim.instead and not claim.holds else ""
    return Text.assemble((f"{MARKS[mark]}  ", mark.value), claim.text, but)


def _moment(at: float, *text: str | tuple[str, str]) -> Text:
    return Text.assemble((f"{at:.2f} s", "time"), "  ", *text)


def _lines(*lines: list[str]) -> Text:
    """Lines that are not empty, each a text and perhaps a style."""
    return Text("\n").join(Text(*line) for line in lines if line[0])


def _print(console: Console, text: Text, indent: int = 0) -> None:
    """Print it wrapped and indented, without spaces at the ends of lines."""
    for line in text.wrap(console, console.width - indent):
        line.rstrip()
        console.print(Text(" " * indent) + line if line else "")
