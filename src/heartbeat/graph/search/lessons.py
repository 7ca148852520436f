"""What one search learns that makes the next ones of a snapshot cheaper.

Thousands of calls lead through the same few objects. Where nothing was found once,
nothing is searched again; and what is shared by all that comes along, is known.

A lesson must not change what the next search finds. So what depends on the call, on the
keys that it carries, is not learnt; and where there was something other than
connections, an owner or something that is kept, others have to look for themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from heartbeat.graph.search.edges import LARGE
from heartbeat.graph.search.keys import is_comparable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from heartbeat.graph.search.steps import Step
    from heartbeat.graph.timers import Link

__all__ = ["Lessons", "Past"]


@attrs.define(eq=False)
class Past:
    """The way of one search, as far as it matters to others.

    Attributes:
        steps: All of them, those to what had been met before included.
        kept: Those to what somebody may keep.
        owned: Those to owners.
        mappings: Those to dictionaries that were looked into.
        skipped: Those to objects where an earlier search has met more than this one.
        chosen: Whether it took members by keys that the call carries.
    """

    steps: list[Step] = attrs.Factory(list)
    kept: list[Step] = attrs.Factory(list)
    owned: list[Step] = attrs.Factory(list)
    mappings: list[Step] = attrs.Factory(list)
    skipped: list[Step] = attrs.Factory(list)
    chosen: bool = False

    def remarkable(self) -> set[int]:
        """Ids of the objects from which something leads to what is no connection.

        A large dictionary counts as well: only some of its members were looked at.
        """
        large = (each for each in self.mappings if dict.__len__(each.thing) > LARGE)
        ends = [*self.kept, *self.owned, *self.skipped, *large]
        if not ends:
            return set()
        before: dict[int, list[int]] = {}
        for step in self.steps:
            if step.before is not None:
                befores = before.setdefault(id(step.thing), [])
                befores.append(id(step.before.thing))
        found: set[int] = set()
        waiting = [id(step.thing) for step in ends]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += before.get(each, ())
        return found

    def in_hubs(self) -> Iterator[Step]:
        """What makes what is beyond a container more than links."""
        return (step for step in (*self.owned, *self.skipped) if step.hub is not None)


class Lessons:
    """Known by identity; the objects are kept, for an id is only theirs while they are.

    To be thrown away with the snapshot.
    """

    def __init__(self) -> None:
        self._barren: dict[int, tuple[object, int]] = {}
        self._bare: dict[int, tuple[object, int]] = {}
        self._hubs: dict[int, tuple[object, int, list[Link], bool]] = {}
        self._comparable: dict[int, tuple[object, int, bool]] = {}

    def is_comparable(self, mapping: dict[Any, Any]) -> bool:
        """As in `heartbeat.graph.search.keys`, looked at anew when its size changes.

        To go through the thousands of keys of a registry takes longer than all else.
        """
        size = dict.__len__(mapping)
        known = self._comparable.get(id(mapping))
        if known is None or known[1] != size:
            known = mapping, size, is_comparable(mapping)
            self._comparable[id(mapping)] = known
        return known[2]

    def is_bare(self, thing: object, levels: int) -> bool:
        """Whether nothing at all is to be found from *thing* within so many levels."""
        known = self._bare.get(id(thing))
        return known is not None and known[1] >= levels

    def is_barren(self, thing: object, levels: int) -> bool:
        """Whether no endpoint is, unless by a key."""
        known = self._barren.get(id(thing))
        return known is not None and known[1] >= levels

    def nothing_from(self, things: Iterable[tuple[object, int]], past: Past) -> None:
        """Nothing was found from these, with so many levels below each looked at."""
        if past.chosen:
            return
        remarkable = past.remarkable()
        for thing, levels in things:
            known = self._barren if id(thing) in remarkable else self._bare
            known[id(thing)] = thing, levels

    def shared_through(
        self, thing: object, *, keyed: bool
    ) -> tuple[int, list[Link]] | None:
        """The links that all share who come through a container, and how deep.

        Args:
            thing: The container.
            keyed: Whether who comes carries keys.
        """
        known = self._hubs.get(id(thing))
        if known is None or (keyed and known[3]):
            return None
        return known[1], known[2]

    def is_shared(
        self, thing: object, levels: int, links: list[Link], past: Past
    ) -> None:
        """So many levels below *thing* are these, which nobody has alone."""
        if past.chosen or any(past.in_hubs()):
            return
        inner = any(step.hub is not None for step in past.mappings)
        self._hubs[id(thing)] = thing, levels, links, inner
