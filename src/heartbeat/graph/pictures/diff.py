"""What changed from one snapshot to the next, and what only grows: a leak.

In two snapshots of one process a thing has the same id, so each that came or went is
named. In snapshots of two processes ids say nothing, and only groups are compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import attrs

from heartbeat.graph.model import CallVerdict, Endpoint, Task, Timer
from heartbeat.graph.pictures import facts
from heartbeat.graph.pictures.grouping import Keys, end_key, owner_of
from heartbeat.graph.pictures.labels import Names, duration, number, plain
from heartbeat.graph.pictures.tree import Branch, lines_of, printed

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from heartbeat.graph.model import Snapshot
    from heartbeat.graph.pictures.tree import Span

__all__ = ["Change", "Difference", "Growth", "diff"]

_MOST = 20
"""Lines of a section of the text."""

_Thing = TypeVar("_Thing", Endpoint, Timer)


@attrs.frozen
class Growth:
    """How many equal calls, tasks or connections there were, and are.

    Attributes:
        what: The name of the function or protocol.
        about: The verdict or state, and what it belongs to.
        before: In the old snapshot.
        after: In the new one.
        is_stray: Whether they are stray calls.
    """

    what: str
    about: str
    before: int
    after: int
    is_stray: bool = False

    @property
    def by(self) -> int:
        """How many more there are; negative if fewer."""
        return self.after - self.before


@attrs.frozen
class Change:
    """Something that is in both snapshots, and not as it was.

    Attributes:
        id: Of what.
        what: Its name.
        before: State or verdict in the old snapshot.
        after: In the new one.
    """

    id: str
    what: str
    before: str
    after: str


@attrs.frozen(kw_only=True)
class Difference:
    """What changed between two snapshots.

    Attributes:
        same_process: Whether both are of one process; otherwise nothing is known of
            single things, and all but the groups is empty.
        seconds: From the one to the other by the wall clock.
        ends_appeared: Ports and connections that are new.
        ends_gone: Those that are in the old snapshot only.
        calls_appeared: Calls that are new, but for those that took the place of an
            equal one: a `LoopingCall` has a new call each time.
        calls_gone: Those that are in the old snapshot only, with the same exception.
        changes: Other states, other verdicts.
        grew: Groups of which there are more, strays first, then those that grew most.
        shrank: Groups of which there are fewer, likewise.
    """

    same_process: bool
    seconds: float
    ends_appeared: tuple[Endpoint, ...] = ()
    ends_gone: tuple[Endpoint, ...] = ()
    calls_appeared: tuple[Timer, ...] = ()
    calls_gone: tuple[Timer, ...] = ()
    changes: tuple[Change, ...] = ()
    grew: tuple[Growth, ...] = ()
    shrank: tuple[Growth, ...] = ()

    def to_text(self, *, color: bool = False, width: int | None = None) -> str:
        """As text, which ends with a newline: what grew first.

        Args:
            color: Whether to use the colours of a terminal.
            width: Columns to which lines are cut; None for no limit.
        """
        lines = printed(_text(self), color=color, width=width)
        return "".join(f"{line}\n" for line in lines)


def diff(old: Snapshot, new: Snapshot) -> Difference:
    """Compare two snapshots."""
    names = Names.of(old, new)
    grown = sorted(
        _growth(old, new, names), key=lambda each: (not each.is_stray, -abs(each.by))
    )
    difference = Difference(
        same_process=_process(old) == _process(new),
        seconds=new.taken_at - old.taken_at,
        grew=tuple(each for each in grown if each.by > 0),
        shrank=tuple(each for each in grown if each.by < 0),
    )
    if not difference.same_process:
        return difference
    appeared = _by_key(_only(new.timers, old.timers), new)
    gone = _by_key(_only(old.timers, new.timers), old)
    return attrs.evolve(
        difference,
        ends_appeared=tuple(_only(new.endpoints, old.endpoints)),
        ends_gone=tuple(_only(old.endpoints, new.endpoints)),
        calls_appeared=tuple(_beyond(appeared, gone)),
        calls_gone=tuple(_beyond(gone, appeared)),
        changes=tuple(_changes(old, new, names)),
    )


def _process(snapshot: Snapshot) -> tuple[int, str]:
    return (snapshot.process.pid, snapshot.process.program)


def _only(these: Iterable[_Thing], those: Iterable[_Thing]) -> list[_Thing]:
    """What is in *these* and not in *those*, by its id."""
    known = {each.id for each in those}
    return [each for each in these if each.id not in known]


def _by_key(timers: Iterable[Timer], snapshot: Snapshot) -> dict[Hashable, list[Timer]]:
    """Equal calls together."""
    key = Keys(snapshot, grouped=True).of_call
    found: dict[Hashable, list[Timer]] = {}
    for timer in timers:
        found.setdefault(key(timer), []).append(timer)
    return found


def _beyond(
    these: Mapping[Hashable, list[Timer]], those: Mapping[Hashable, list[Timer]]
) -> Iterator[Timer]:
    """Those of *these* that are more than there are equal ones in *those*."""
    for key, timers in these.items():
        yield from timers[len(those.get(key, ())) :]


def _changes(old: Snapshot, new: Snapshot, names: Names) -> Iterator[Change]:
    states = {end.id: end.state for end in old.endpoints}
    for end in new.endpoints:
        before = states.get(end.id, end.state)
        if before is not end.state:
            name = facts.name_of(end, names)
            yield Change(end.id, name, before.value, end.state.value)
    verdicts = {timer.id: timer.verdict for timer in old.timers}
    for timer in new.timers:
        said = verdicts.get(timer.id, timer.verdict)
        if said is not timer.verdict:
            name = names.short(timer.function)
            yield Change(timer.id, name, said.value, timer.verdict.value)


def _growth(old: Snapshot, new: Snapshot, names: Names) -> Iterator[Growth]:
    before, after = _grouped(old), _grouped(new)
    for key in dict.fromkeys([*before, *after]):
        numbers = len(before.get(key, ())), len(after.get(key, ()))
        if numbers[0] != numbers[1]:
            yield _grown((after.get(key) or before[key])[0], *numbers, names)


def _grouped(snapshot: Snapshot) -> dict[Hashable, list[Endpoint | Timer | Task]]:
    keys = Keys(snapshot, grouped=True)
    found: dict[Hashable, list[Endpoint | Timer | Task]] = {}
    for end in snapshot.endpoints:
        # Not the id of the port: that says nothing in another process.
        found.setdefault(("end", end_key(end)), []).append(end)
    for timer in snapshot.timers:
        found.setdefault(("call", keys.of_call(timer)), []).append(timer)
    for task in snapshot.tasks:
        found.setdefault(("task", keys.of_task(task)), []).append(task)
    return found


def _grown(
    one: Endpoint | Timer | Task, before: int, after: int, names: Names
) -> Growth:
    if isinstance(one, Endpoint):
        return Growth(facts.name_of(one, names), one.state.value, before, after)
    owner = names.phrase(owner_of(one) or "")
    if isinstance(one, Task):
        about = ", ".join(part for part in ("task", owner) if part)
        return Growth(names.short(one.coroutine), about, before, after)
    again = "" if one.repeat is None else f"every {duration(one.repeat)}"
    said = (one.verdict.value, owner, again)
    about = ", ".join(part for part in said if part)
    stray = one.verdict is CallVerdict.STRAY
    return Growth(names.short(one.function), about, before, after, stray)


def _text(difference: Difference) -> Iterator[Sequence[Span]]:
    later = "later" if difference.seconds >= 0 else "earlier"
    head = f"{duration(difference.seconds)} {later}"
    yield [("bold", head if difference.same_process else f"{head}, another process")]
    sections = [
        ("GREW", map(_growth_line, difference.grew)),
        ("SHRANK", map(_growth_line, difference.shrank)),
        ("CHANGED", map(_change_line, difference.changes)),
        ("NEW CALLS", map(_call_line, _strays_first(difference.calls_appeared))),
        ("CALLS THAT WENT", map(_call_line, difference.calls_gone)),
        ("NEW CONNECTIONS", map(_end_line, difference.ends_appeared)),
        ("CONNECTIONS THAT WENT", map(_end_line, difference.ends_gone)),
    ]
    nothing = True
    for title, branches in sections:
        lines = list(branches)
        if lines:
            nothing = False
            yield []
            yield [("bold", title)]
            yield from lines_of(_first(lines))
    if nothing:
        yield [("good", "Nothing changed.")]


def _strays_first(timers: Iterable[Timer]) -> list[Timer]:
    return sorted(timers, key=lambda timer: timer.verdict is not CallVerdict.STRAY)


def _first(lines: Sequence[Branch]) -> Iterator[Branch]:
    yield from lines[:_MOST]
    if len(lines) > _MOST:
        yield Branch([("dim", f"and {number(len(lines) - _MOST)} more")])


def _growth_line(growth: Growth) -> Branch:
    style = "stray" if growth.is_stray and growth.by > 0 else "bold"
    counts = f"{number(growth.before)} → {number(growth.after)}"
    by = f"{growth.by:+,}"
    return Branch(
        [(style, by), (style, growth.what), ("dim", growth.about), ("", counts)]
    )


def _change_line(change: Change) -> Branch:
    style = "stray" if change.after == CallVerdict.STRAY.value else ""
    return Branch(
        [
            ("id", plain(change.id)),
            ("bold", change.what),
            (style, f"{change.before} → {change.after}"),
        ]
    )


def _call_line(timer: Timer) -> Branch:
    style = "stray" if timer.verdict is CallVerdict.STRAY else ""
    name = Names([timer.function]).short(timer.function)
    said = [(style, timer.verdict.value), ("dim", ", ".join(facts.call_facts(timer)))]
    return Branch([("id", plain(timer.id)), (style or "bold", name), *said])


def _end_line(end: Endpoint) -> Branch:
    name = facts.name_of(end, Names([end.protocol or end.factory or ""]))
    said = [("", end.state.value), ("", facts.address(end)), ("gone", facts.lost(end))]
    return Branch([("id", plain(end.id)), ("bold", name), *said])
