"""A step of a search, and what a search has found in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from heartbeat.graph.kinds import Strength
from heartbeat.graph.search.edges import edges_of
from heartbeat.graph.search.keys import Keys
from heartbeat.graph.search.linking import weaker
from heartbeat.graph.search.roles import Role, role_of

if TYPE_CHECKING:
    from heartbeat.graph.timers import Link

__all__ = ["Found", "Step", "opened"]


class Step:
    """An object on the way, and how the search came to it.

    Attributes:
        thing: The object.
        before: The step before, None for the first.
        name: What the step is called.
        way: How sure everything beyond is.
        hub: The container it came through first, if any.
    """

    __slots__ = ("before", "hub", "name", "thing", "way")

    def __init__(
        self,
        thing: Any,
        before: Step | None = None,
        name: str = "",
        way: Strength = Strength.OWNED,
        hub: object | None = None,
    ) -> None:
        self.thing = thing
        self.before = before
        self.name = name
        self.way = way
        self.hub = hub

    def path(self) -> tuple[str, ...]:
        """The names of the steps up to here, without those that have none."""
        names = []
        step: Step | None = self
        while step is not None:
            names.append(step.name)
            step = step.before
        return tuple(name for name in reversed(names) if name)


@attrs.define(eq=False)
class Found:
    """What a search found.

    Attributes:
        links: To endpoints, surest first.
        owners: What owns the call that is no endpoint, nearest first.
        kept: Deferreds, timers, generators on the way, for somebody may keep those.
        keys: What the call carries that may be a key.
        functions: Functions it will call first, whose globals may lead on.
        complete: Whether all there is was looked at.
    """

    links: list[Link] = attrs.Factory(list)
    owners: list[Link] = attrs.Factory(list)
    kept: list[Any] = attrs.Factory(list)
    keys: Keys = attrs.Factory(Keys)
    functions: list[Any] = attrs.Factory(list)
    complete: bool = True


_CONTAINERS = {Role.MAPPING, Role.MEMBERS, Role.COOPERATOR, Role.OPAQUE}


_REGISTRIES = {Role.MAPPING, Role.MEMBERS}


def opened(step: Step, role: Role) -> list[Step]:
    """The steps on from an object, and from a container to what hangs on it."""
    way, hub = step.way, step.hub
    if role in _CONTAINERS:
        hub = step.thing if hub is None else hub
        if _is_registry(step, role):
            way = weaker(way, Strength.POSSIBLE)
    return [
        Step(thing, step, name, way, hub) for name, thing in edges_of(step.thing, role)
    ]


def _is_registry(step: Step, role: Role) -> bool:
    """Whether a container is an attribute of something, and not the call's own."""
    before = step.before
    if before is None or role not in _REGISTRIES:
        return False
    return role_of(before.thing) is Role.INSTANCE
