"""The way back: calls that lead nowhere, but which a protocol keeps.

``self.timer = reactor.callLater(30, check)`` with a function of the module: from the
call there is no way to the protocol, but the protocol keeps the call, or the Deferred,
the ``LoopingCall`` or the generator that the call leads to. What exactly one protocol
keeps is taken for that protocol's.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from heartbeat.graph.kinds import Strength
from heartbeat.graph.search.edges import LARGE
from heartbeat.graph.search.roles import Role, role_of
from heartbeat.graph.static import Memory, attribute, mro_of
from heartbeat.graph.timers import Link

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from heartbeat.graph.values import Endpoint

__all__ = ["NESTED", "Held", "name_in"]

_WORTH = {
    *(Role.CALL, Role.SCOPED_CALL, Role.LOOPING_CALL),
    *(Role.DEFERRED, Role.SUSPENDED),
}
"""Roles of what a protocol keeps that tell of a call."""

_INTO = {Role.MAPPING, Role.MEMBERS}
"""Roles of what is looked into for these."""

NESTED = 3
"""Containers in one another that are looked into.

An attribute may be a container of containers; and the first one may be the instance's
own dictionary, where it has one.
"""


class Held:
    """What protocols keep, by identity."""

    def __init__(self) -> None:
        self._holders: dict[int, list[tuple[object, Endpoint]]] = {}

    def add(self, protocol: object, endpoint: Endpoint) -> None:
        """Note what *protocol* keeps.

        Its attributes are not asked for by name: before Python 3.13 the collector sees
        them without a change of the object, and nothing else does.
        """
        for thing in _kept(protocol):
            holders = self._holders.setdefault(id(thing), [])
            if not any(holder is protocol for holder, _ in holders):
                holders.append((protocol, endpoint))

    def links(self, things: Iterable[object]) -> list[Link]:
        """A link to the one protocol that keeps one of *things*, if there is one."""
        for thing in things:
            holders = self._holders.get(id(thing), ())
            if len(holders) == 1:
                ((protocol, endpoint),) = holders
                path = (f"kept by {name_in(protocol, thing)}",)
                return [Link(target=endpoint.id, strength=Strength.HELD, path=path)]
        return []


def name_in(holder: object, thing: object) -> str:
    """What *holder* calls *thing*: the name of an attribute, or ``it``.

    Names that its own methods use are tried, for they are known without a look into
    the object.
    """
    for name in _names_used(type(holder)):
        value = attribute(holder, name)
        if value is thing or _is_in(thing, value):
            return f"self.{name}"
    return "it"


def _kept(protocol: object) -> Iterator[Any]:
    """What tells of calls, among its attributes and in containers of those."""
    return _worth(gc.get_referents(protocol), NESTED)


def _worth(values: Iterable[Any], levels: int) -> Iterator[Any]:
    for value in values:
        role = role_of(value)
        if role in _WORTH:
            yield value
        elif levels and role in _INTO:
            yield from _worth(_members(value), levels - 1)


def _members(container: Any) -> list[Any]:
    members = gc.get_referents(container)
    return members if len(members) <= 2 * LARGE else []


def _is_in(thing: object, container: Any) -> bool:
    if role_of(container) not in _INTO:
        return False
    return any(member is thing for member in _members(container))


_names = Memory()


def _names_used(cls: type) -> tuple[str, ...]:
    """The names that the methods of *cls* and its bases use."""
    known = _names.get(id(cls))
    used: tuple[str, ...] = known[1] if known else _names.note(id(cls), cls, _used(cls))
    return used


def _used(cls: type) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for base in mro_of(cls):
        for function in list(type.__dict__["__dict__"].__get__(base).values()):
            code = attribute(function, "__code__") if _is_function(function) else None
            names.update(dict.fromkeys(getattr(code, "co_names", ())))
    return tuple(names)


def _is_function(thing: object) -> bool:
    return role_of(thing) is Role.FUNCTION
