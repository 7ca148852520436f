"""From endpoints that a search has reached to links: how sure, shared by how many."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

from heartbeat.graph.kinds import Strength
from heartbeat.graph.search.edges import LARGE
from heartbeat.graph.static import is_a
from heartbeat.graph.timers import Link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartbeat.graph.search.steps import Step
    from heartbeat.graph.values import Endpoint

__all__ = ["MAX_LINKS", "links_of", "own", "strength_at", "surer", "weaker"]

MAX_LINKS = 16
"""Links shown of one call; `Link.sharers` has the true number."""

_RANK = {strength: rank for rank, strength in enumerate(Strength)}


def links_of(
    reached: Sequence[tuple[Endpoint, Step]],
    depth: int,
    again: Sequence[tuple[Endpoint, Step]] = (),
) -> list[Link]:
    """A link to each endpoint that was reached at one level, surest first.

    What is reached through one container together with others is shared by all. A
    scope knows its connection, so beside it nothing counts.

    Args:
        reached: The endpoints, and the first way to each.
        depth: The level.
        again: Other ways to these: they count only for who shares a container.
    """
    if len(reached) == 1:
        ((endpoint, step),) = reached
        return [_link(endpoint, step, depth, _members(step.hub))]
    sharers = _sharers([*reached, *again])
    best: dict[str, Link] = {}
    for endpoint, step in reached:
        link = _link(endpoint, step, depth, sharers.get(id(step.hub), 1))
        known = best.get(endpoint.id)
        if known is None or surer(link.strength, known.strength):
            best[endpoint.id] = link
    links = sorted(best.values(), key=lambda link: _RANK[link.strength])
    if links[0].strength is Strength.SCOPED:
        return links[:1]
    return links[:MAX_LINKS]


def own(kept: Sequence[Step], *, shared: bool) -> list[Any]:
    """What is kept for the call alone, of all that was met on its way.

    What hangs on a container together with others, is not for this call: whoever keeps
    it, keeps it for one of many.

    Args:
        kept: How the search came to each.
        shared: Whether the call leads to what is shared, through some container.
    """
    members: dict[int, set[int]] = {}
    for step in kept:
        if step.hub is not None:
            members.setdefault(id(step.hub), set()).add(_member(step))
    fewest = 0 if shared else 1
    return [
        step.thing
        for step in kept
        if step.hub is None or len(members[id(step.hub)]) <= fewest
    ]


def strength_at(way: Strength, depth: int) -> Strength:
    """How sure a link is: nothing of the program in between makes it direct."""
    return Strength.DIRECT if way is Strength.OWNED and not depth else way


def surer(one: Strength, other: Strength) -> bool:
    """Whether *one* is the surer of two."""
    return _RANK[one] < _RANK[other]


def weaker(one: Strength, other: Strength) -> Strength:
    """The one of two that is less sure."""
    return other if surer(one, other) else one


def _link(endpoint: Endpoint, step: Step, depth: int, sharers: int) -> Link:
    shared = sharers > 1
    return Link(
        target=endpoint.id,
        strength=Strength.SHARED if shared else strength_at(step.way, depth),
        depth=depth,
        path=step.path(),
        sharers=sharers,
    )


def _sharers(reached: Sequence[tuple[Endpoint, Step]]) -> dict[int, int]:
    """How many endpoints share each container, by its id."""
    through: dict[int, set[str]] = {}
    members: dict[int, int] = {}
    for endpoint, step in reached:
        if step.hub is not None:
            through.setdefault(id(step.hub), set()).add(endpoint.id)
            members[id(step.hub)] = _members(step.hub)
    return {hub: max(len(ids), members[hub]) for hub, ids in through.items()}


def _member(step: Step) -> int:
    """Which member of the container that it came through, by its id."""
    hub = step.hub
    while step.before is not None and step.before.thing is not hub:
        step = step.before
    return id(step.thing)


def _members(hub: Any) -> int:
    """Members of a container that is too large to be looked at whole, else 1."""
    for kind in _CONTAINERS:
        if is_a(hub, kind):
            size: int = kind.__len__(hub)
            return size if size > LARGE else 1
    return 1


_CONTAINERS: tuple[Any, ...] = (
    *(dict, list, tuple, set, frozenset, collections.deque),
)
