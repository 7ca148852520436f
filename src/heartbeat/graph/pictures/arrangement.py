"""The boxes of a drawing, and the lines between them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from heartbeat.graph.model import CallVerdict, State, Strength, Timer

if TYPE_CHECKING:
    from heartbeat.graph.model import Endpoint, Link, Service, Snapshot, Task

__all__ = ["Arrangement", "Edge", "Ends", "Work"]

_HINTS = {Strength.WEAK, Strength.CREATED, Strength.POSSIBLE, Strength.GLOBAL}


@attrs.frozen(eq=False)
class Ends:
    """One endpoint, or several that are equal.

    Attributes:
        number: From 0, in the order of drawing.
        members: One at least.
    """

    number: int
    members: tuple[Endpoint, ...]

    @property
    def first(self) -> Endpoint:
        """The one that speaks for all."""
        return self.members[0]

    @property
    def is_listening(self) -> bool:
        """Whether it waits for others."""
        return self.first.state is State.LISTENING

    @property
    def is_well(self) -> bool:
        """Whether it is neither gone nor on the way to or from that."""
        return self.first.state in {State.LISTENING, State.CONNECTED}


@attrs.frozen(eq=False)
class Work:
    """A pending call or a task, or several that are equal.

    Attributes:
        number: From 0, in the order of drawing, calls before tasks.
        members: One at least, the next one first.
    """

    number: int
    members: tuple[Timer, ...] | tuple[Task, ...]

    @property
    def first(self) -> Timer | Task:
        """The one that speaks for all."""
        return self.members[0]

    @property
    def call(self) -> Timer | None:
        """The first, if it is a call."""
        return self.first if isinstance(self.first, Timer) else None

    @property
    def verdict(self) -> CallVerdict | None:
        """Of all of them; None for tasks."""
        return None if self.call is None else self.call.verdict

    @property
    def is_stray(self) -> bool:
        """Whether it is what one looks for."""
        return self.verdict is CallVerdict.STRAY

    @property
    def function(self) -> str:
        """What it runs."""
        first = self.first
        return first.function if isinstance(first, Timer) else first.coroutine

    @property
    def owner(self) -> str | None:
        """What owns it that is no endpoint."""
        return next((link.owner for link in self.first.links if link.owner), None)


@attrs.frozen
class Edge:
    """Links from one `Work` to one `Ends`.

    Attributes:
        work: The number of the one.
        ends: The number of the other.
        link: The surest.
        count: How many links.
    """

    work: int
    ends: int
    link: Link
    count: int

    @property
    def style(self) -> str:
        """``solid`` where it decides, ``dashed`` for a hint, ``dotted`` if shared."""
        if self.link.strength is Strength.SHARED:
            return "dotted"
        return "dashed" if self.link.strength in _HINTS else "solid"


@attrs.frozen(eq=False, slots=False)
class Arrangement:
    """What to draw, in order.

    Attributes:
        snapshot: Of what.
        grouped: Whether equal ones are in one.
        ends: Listening ports first.
        work: Strays first.
        edges: In the order of the work.
        services: Those to draw.
        left_out_ends: Endpoints for which there was no room.
        left_out_work: Calls and tasks for which there was no room.
    """

    snapshot: Snapshot
    grouped: bool
    ends: tuple[Ends, ...]
    work: tuple[Work, ...]
    edges: tuple[Edge, ...]
    services: tuple[Service, ...] = ()
    left_out_ends: int = 0
    left_out_work: int = 0

    @cached_property
    def edges_of(self) -> dict[int, list[Edge]]:
        """By the number of the work, surest first."""
        found: dict[int, list[Edge]] = {work.number: [] for work in self.work}
        for edge in self.edges:
            found[edge.work].append(edge)
        return found

    @cached_property
    def edges_to(self) -> dict[int, list[Edge]]:
        """By the number of the ends."""
        found: dict[int, list[Edge]] = {ends.number: [] for ends in self.ends}
        for edge in self.edges:
            found[edge.ends].append(edge)
        return found

    @cached_property
    def number_of(self) -> dict[str, int]:
        """The number of the `Ends` that has an endpoint, by its id."""
        return {end.id: ends.number for ends in self.ends for end in ends.members}

    @cached_property
    def accepted(self) -> dict[int, list[Ends]]:
        """What a listening port accepted, by its number."""
        numbers = self.number_of
        found: dict[int, list[Ends]] = {}
        for ends in self.ends:
            parent = numbers.get(ends.first.parent or "")
            if parent is not None and parent != ends.number:
                found.setdefault(parent, []).append(ends)
        return found
