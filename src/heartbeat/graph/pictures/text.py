"""A snapshot as text: strays first, then what listens, with all that hangs from it.

.. code-block:: text

    STRAY CALLS: every connection they reach is gone
    t3  ClientAPI.postConnectionLostCall  in 2.3 s
    └─ direct: self →  c2  ClientAPI  disconnected  to 127.0.0.1:8000

Each thing has one line; where else it belongs, its id follows an arrow: ``→ t7``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartbeat.graph.model import CallVerdict, State
from heartbeat.graph.pictures import facts
from heartbeat.graph.pictures.grouping import arrange
from heartbeat.graph.pictures.labels import Names, number, place, plain, times
from heartbeat.graph.pictures.tree import Branch, lines_of, printed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from heartbeat.graph.model import Snapshot
    from heartbeat.graph.pictures.arrangement import Arrangement, Edge, Ends, Work
    from heartbeat.graph.pictures.tree import Span

__all__ = ["to_text"]

_WHY_STRAY = "every connection they reach is gone"

_EXAMPLES = 3
"""Ids that stand for a group."""

_STATES = {
    State.DISCONNECTED: "gone",
    State.FAILED: "gone",
    State.CONNECTED: "good",
    State.LISTENING: "good",
}
"""Styles; what is neither good nor gone is a warning."""

_VERDICTS = {
    CallVerdict.STRAY: "stray",
    CallVerdict.MAYBE_STRAY: "warning",
    CallVerdict.MIXED: "warning",
}
"""Styles of verdicts; others are dim."""


def to_text(
    snapshot: Snapshot,
    *,
    color: bool = False,
    group: bool | None = None,
    only: str | None = None,
    width: int | None = None,
) -> str:
    """Draw a snapshot as a tree of text, which ends with a newline.

    Args:
        snapshot: What to draw.
        color: Whether to use the colours of a terminal.
        group: Whether equal calls and connections share a line; None for: if there
            are more than 50.
        only: A verdict: nothing but these calls and what they reach.
        width: Columns to which lines are cut; None for no limit.

    Raises:
        UnknownWordError: *only* is no verdict.
    """
    writer = _Writer(arrange(snapshot, group=group, only=only))
    lines = writer.lines() if only is None else writer.filtered(only)
    return "".join(f"{line}\n" for line in printed(lines, color=color, width=width))


class _Writer:
    """What has been said, so that it is said once."""

    def __init__(self, arrangement: Arrangement) -> None:
        self._all = arrangement
        self._snapshot = arrangement.snapshot
        self._names = Names.of(arrangement.snapshot)
        self._said_ends: set[int] = set()
        self._said_work: set[int] = set()

    def lines(self) -> Iterator[Sequence[Span]]:
        """Everything."""
        yield from self._header()
        strays = [work for work in self._all.work if work.is_stray]
        ports = [ends for ends in self._all.ends if ends.is_listening]
        yield from _section("STRAY CALLS", self._strays(strays), _WHY_STRAY)
        yield from _section("LISTENING", map(self._ends, ports))
        yield from _section("CONNECTIONS", self._rest_of_ends())
        yield from _section("CALLS WITHOUT A CONNECTION", self._rest(tasks=False))
        yield from _section("ASYNCIO TASKS", self._rest(tasks=True))
        yield from _section("SERVICES", self._services())
        notes = facts.surroundings(self._snapshot)
        yield from _section("NOTES", (Branch([("dim", note)]) for note in notes))

    def filtered(self, only: str) -> Iterator[Sequence[Span]]:
        """The calls of one verdict."""
        yield from self._header()
        if not self._all.work:
            yield []
            yield [("", f"No {only} calls.")]
        why = _WHY_STRAY if only == CallVerdict.STRAY.value else ""
        title = f"{only.upper()} CALLS"
        yield from _section(title, self._strays(self._all.work), why)

    def _header(self) -> Iterator[Sequence[Span]]:
        process = self._snapshot.process
        head = facts.heading(process, self._names)
        yield [("bold", head), ("dim", facts.versions(process))]
        strays, *others = facts.counts(self._snapshot)
        style = "stray" if self._snapshot.strays() else "good"
        yield [(style, strays), ("", ", ".join(others))]

    def _strays(self, work: Iterable[Work]) -> Iterator[Branch]:
        """With what they reach below them: the other way round than elsewhere."""
        for each in work:
            self._said_work.add(each.number)
            reached = [self._reached(edge) for edge in self._all.edges_of[each.number]]
            yield Branch(self._work_spans(each, bare=True), _details(each), reached)

    def _reached(self, edge: Edge) -> Branch:
        ends = self._all.ends[edge.ends]
        way = f"{facts.way(edge.link, self._names)} →"
        if ends.number in self._said_ends or not ends.first.is_gone:
            return Branch([("", way), ("id", _ids(ends))])
        self._said_ends.add(ends.number)
        others = [
            self._work(other)
            for other in self._all.edges_to[ends.number]
            if not self._all.work[other.work].is_stray
        ]
        return Branch([("", way), *self._end_spans(ends)], (), others)

    def _ends(self, ends: Ends) -> Branch:
        """With those that it accepted, then its calls."""
        self._said_ends.add(ends.number)
        accepted = [
            self._ends(each)
            for each in self._all.accepted.get(ends.number, ())
            if each.number not in self._said_ends
        ]
        calls = [self._work(edge) for edge in self._all.edges_to[ends.number]]
        return Branch(self._end_spans(ends), (), [*accepted, *calls])

    def _work(self, edge: Edge) -> Branch:
        work = self._all.work[edge.work]
        if work.number in self._said_work:
            return Branch([("id", f"→ {_ids(work)}")])
        self._said_work.add(work.number)
        return Branch(
            [*self._work_spans(work), self._how(edge), self._also(work, edge)]
        )

    def _how(self, edge: Edge) -> Span:
        return ("dim", facts.way(edge.link, self._names))

    def _also(self, work: Work, edge: Edge) -> Span:
        """Where else it leads: to things whose lines come later, or came before."""
        edges = self._all.edges_of[work.number]
        others = [_ids(self._all.ends[e.ends]) for e in edges if e is not edge]
        if len(others) > _EXAMPLES:
            others[_EXAMPLES:] = [f"{number(len(others) - _EXAMPLES)} more"]
        return ("id", f"also → {', '.join(others)}" if others else "")

    def _rest_of_ends(self) -> Iterator[Branch]:
        for ends in self._all.ends:
            if ends.number not in self._said_ends:
                yield self._ends(ends)

    def _rest(self, *, tasks: bool) -> Iterator[Branch]:
        for work in self._all.work:
            if work.number not in self._said_work and (work.call is None) is tasks:
                self._said_work.add(work.number)
                yield Branch(self._work_spans(work))

    def _services(self) -> Iterator[Branch]:
        for service in self._all.services:
            leads = [link for link in (service.connection, service.timer) if link]
            yield Branch(
                [
                    ("id", plain(service.id)),
                    ("bold", self._names.short(service.factory) or "ClientService"),
                    ("", ", ".join(facts.service_facts(service, self._names))),
                    ("id", plain("→ " + ", ".join(leads)) if leads else ""),
                ]
            )

    def _end_spans(self, ends: Ends) -> list[Span]:
        first = ends.first
        spans = [_identity(ends), ("bold", facts.name_of(first, self._names))]
        state = "" if ends.is_listening else first.state.value
        spans.append((_STATES.get(first.state, "warning"), state))
        spans.append(("dim", facts.kind(first)))
        if len(ends.members) > 1:
            return [*spans, ("", facts.of_many(ends.members)), ("id", _some_ids(ends))]
        said = ", ".join(facts.connection_facts(first, self._names))
        style = "warning" if first.paused or first.buffered else "dim"
        lost = facts.lost(first)
        return [*spans, ("", facts.address(first)), ("gone", lost), (style, said)]

    def _work_spans(self, work: Work, *, bare: bool = False) -> list[Span]:
        """What it is and when; unless *bare*, where it stands and whose it is."""
        call = work.call
        name = self._names.short(work.function)
        style = "stray" if work.is_stray else "bold"
        spans = [_identity(work), (style, name), ("", _when(work))]
        if len(work.members) > 1:
            spans.append(("id", _some_ids(work)))
        if bare:
            return spans
        if work.first.site is not None:
            spans.append(("dim", place(work.first.site)))
        owner = self._names.phrase(work.owner or "")
        if call is not None:
            style = _VERDICTS.get(call.verdict, "dim")
            spans.append((style, facts.judged(call, owner)))
        return [*spans, ("", owner)]


def _section(
    title: str, branches: Iterable[Branch], why: str = ""
) -> Iterator[Sequence[Span]]:
    """A title and what is below it; nothing if there is nothing."""
    lines = list(lines_of(branches))
    if lines:
        yield []
        style = "stray" if title.startswith("STRAY") else "bold"
        yield [(style, title), ("", why)]
        yield from lines


def _details(work: Work) -> list[list[Span]]:
    call = work.call
    said = [] if call is None else facts.call_facts(call)
    return [[("dim", ", ".join(said))]] if said else []


def _identity(things: Ends | Work) -> Span:
    many = len(things.members)
    return (
        ("id", plain(things.first.id)) if many == 1 else ("", times(many, "").rstrip())
    )


def _ids(things: Ends | Work) -> str:
    """How a line that is elsewhere is called."""
    more = len(things.members) - 1
    first = plain(things.first.id)
    return f"{first} and {number(more)} more" if more else first


def _some_ids(things: Ends | Work) -> str:
    some = [plain(each.id) for each in things.members[:_EXAMPLES]]
    more = ["…"] * (len(things.members) > _EXAMPLES)
    return ", ".join(some + more)


def _when(work: Work) -> str:
    if work.call is None:
        return ""
    first = "first " if len(work.members) > 1 else ""
    return first + facts.when(work.call)
