"""What stands on the nodes of drawings that others lay out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartbeat.graph.pictures import facts
from heartbeat.graph.pictures.labels import counted, fit, place, plain, times

if TYPE_CHECKING:
    from heartbeat.graph.pictures.arrangement import Arrangement, Ends, Work
    from heartbeat.graph.pictures.labels import Names

__all__ = ["LIMIT", "ends_label", "missing", "work_label"]

LIMIT = 120
"""The most nodes of a kind: what draws them knows bounds, and so do people."""

WIDTH = 56
"""Columns of a line."""


def ends_label(ends: Ends, names: Names) -> list[str]:
    """What a port, a connection or several are, and how they are."""
    first, many = ends.first, len(ends.members)
    name = facts.name_of(first, names)
    words = [first.state.value, facts.kind(first)]
    if many > 1:
        said = [times(many, name), facts.of_many(ends.members)]
    else:
        said = [f"{plain(first.id)} {name}", facts.lost(first)]
        words.append(facts.address(first))
    state = ", ".join(word for word in words if word)
    return [fit(line, WIDTH) for line in (said[0], state, said[1]) if line]


def work_label(work: Work, names: Names) -> list[str]:
    """What a call, a task or several run, when, and what is said of it."""
    many, call, site = len(work.members), work.call, work.first.site
    name = names.short(work.function)
    head = times(many, name) if many > 1 else f"{plain(work.first.id)} {name}"
    when = "task" if call is None else "first " * (many > 1) + facts.when(call)
    where = "" if site is None else place(site)
    owner = names.phrase(work.owner or "")
    verdict = "" if call is None else facts.judged(call, owner)
    said = ", ".join(word for word in (verdict, owner) if word)
    return [fit(line, WIDTH) for line in (head, when, where, said) if line]


def missing(arrangement: Arrangement) -> list[str]:
    """What had no room, in a sentence; nothing if all had."""
    left_out = [
        (arrangement.left_out_ends, "connection"),
        (arrangement.left_out_work, "call"),
    ]
    found = [counted(n, thing) for n, thing in left_out if n]
    if not found:
        return []
    return [f"No room for {' and '.join(found)}: the text has them all."]
