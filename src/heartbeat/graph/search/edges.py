"""What an object refers to that a call through it may touch: typed edges.

Not all that an object refers to: a function refers to its module's globals, and so to
everything. Each role has its own rule, and each reads in a way that runs nothing of the
program. An edge is the name of a step and the object at its end.
"""

from __future__ import annotations

import collections
import gc
import itertools
import sys
import types
import weakref
from typing import TYPE_CHECKING, Any

from heartbeat.graph.search import _waiting
from heartbeat.graph.search.roles import Role, role_of
from heartbeat.graph.static import MISSING, attribute, attributes, is_a, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Edge = tuple[str, Any]

__all__ = ["LARGE", "SAMPLE", "TRANSPARENT", "edges_of", "globals_of", "register_edges"]

LARGE = 64
"""Members of a container, above which it is a registry of many, and only sampled."""

SAMPLE = 8
"""Members looked at in a large container: enough to see that it is shared."""

TRANSPARENT = frozenset(
    {
        Role.METHOD,
        Role.FUNCTION,
        Role.BUILTIN,
        Role.PARTIAL,
        Role.CELL,
        Role.WEAK,
        Role.CALL,
        Role.SCOPED_CALL,
        Role.LOOPING_CALL,
        Role.STATUS,
    }
)
"""Roles that count for nothing in the depth of a link: no objects of the program."""


def edges_of(thing: Any, role: Role) -> Iterable[Edge]:
    """The names and ends of the steps that lead on from *thing*."""
    registered = _registered.get(id(type(thing)))
    if registered is not None:
        return registered[1](thing)
    return _RULES[role](thing)


def register_edges(cls: type, rule: Callable[[Any], Iterable[Edge]]) -> None:
    """Say what instances of exactly *cls* lead to, instead of all their attributes.

    Args:
        cls: The class.
        rule: Called with the instance; gives pairs of a name, like ``.session``, and
            an object. It must not change anything.
    """
    _registered[id(cls)] = cls, rule


def globals_of(function: Any) -> Iterator[Edge]:
    """The module's globals that a function names, but no modules and definitions."""
    names = function.__globals__
    for name in function.__code__.co_names:
        value = dict.get(names, name, MISSING)
        if value is not MISSING and role_of(value) not in _DEFINITIONS:
            yield f"global {name}", value


_DEFINITIONS = {Role.WALL, Role.VALUE, Role.FUNCTION, Role.BUILTIN}


def _method(thing: Any) -> Iterator[Edge]:
    yield "self", thing.__self__
    yield "", thing.__func__


def _function(thing: Any) -> Iterator[Edge]:
    cells, defaults, named = thing.__closure__, thing.__defaults__, thing.__kwdefaults__
    if cells is not None:
        names = thing.__code__.co_freevars
        for name, cell in zip(names, cells, strict=False):
            yield f"variable {name}", cell
    # The program may have put in a tuple and a dictionary of classes of its own.
    if defaults is not None:
        for value in tuple.__iter__(defaults):
            yield "default", value
    if named is not None:
        for name, value in list(dict.items(named)):
            yield f"default {text_of(name)}", value


def _builtin(thing: Any) -> Iterator[Edge]:
    yield "self", thing.__self__


def _partial(thing: Any) -> Iterator[Edge]:
    yield "", attribute(thing, "func")
    yield from _called_with(attribute(thing, "args"), attribute(thing, "keywords"))


def _cell(thing: Any) -> Iterator[Edge]:
    try:
        yield "", thing.cell_contents
    except ValueError:
        return  # it is empty


def _weak(thing: Any) -> Iterator[Edge]:
    # Not thing(): a class of the program may have made more of it.
    yield "weak reference", weakref.ref.__call__(thing)


def _mapping(thing: Any) -> Iterator[Edge]:
    size = dict.__len__(thing)
    items = dict.items(thing)
    chosen = list(itertools.islice(items, SAMPLE) if size > LARGE else items)
    for key, value in chosen:
        yield "[...]", value
        if role_of(key) is not Role.VALUE:
            yield "key", key


def _members(thing: Any) -> Iterator[Edge]:
    base = next(kind for kind in _CONTAINERS if is_a(thing, kind))
    size = base.__len__(thing)
    members = base.__iter__(thing)
    chosen = list(itertools.islice(members, SAMPLE) if size > LARGE else members)
    for value in chosen:
        yield "[...]", value


def _call(thing: Any) -> Iterator[Edge]:
    yield "", attribute(thing, "func")
    yield from _called_with(attribute(thing, "args"), attribute(thing, "kw"))


def _scoped_call(thing: Any) -> Iterator[Edge]:
    yield "scope", attribute(thing, "scope")
    work = attribute(thing, "_work")
    if type(work) is tuple:
        function, arguments, keywords = work
        yield "", function
        yield from _called_with(arguments, keywords)
    else:
        yield "", work


def _looping_call(thing: Any) -> Iterator[Edge]:
    yield "", attribute(thing, "f")
    yield from _called_with(attribute(thing, "a"), attribute(thing, "kw"))
    yield "deferred", _waiting.looping_deferred(thing)


def _deferred(thing: Any) -> Iterator[Edge]:
    for function, arguments, keywords in _waiting.callbacks_of(thing):
        yield "callback", function
        yield from _called_with(arguments, keywords)
    yield "chained to", _waiting.chained_to(thing)
    yield "canceller", _waiting.canceller_of(thing)


def _suspended(thing: Any) -> Iterator[Edge]:
    # Not gi_frame.f_locals: before Python 3.13 that makes a dictionary, which the frame
    # keeps, and which keeps alive what a local variable no longer refers to.
    found = gc.get_referents(thing)
    if sys.version_info < (3, 11):  # pragma: no cover - another Python
        found = [local for frame in found for local in _locals_of(frame)]
    for value in found:
        yield "local", value


def _locals_of(frame: Any) -> list[Any]:  # pragma: no cover - Python 3.10
    if type(frame) is not types.FrameType:
        return []
    others = {id(each) for each in (frame.f_globals, frame.f_builtins, frame.f_back)}
    return [each for each in gc.get_referents(frame) if id(each) not in others]


def _cooperator(thing: Any) -> Iterator[Edge]:
    for task in _waiting.tasks_of(thing):
        yield "task", _waiting.iterator_of(task)


def _instance(thing: Any) -> Iterator[Edge]:
    for name, value in attributes(thing):
        yield f".{name}", value


def _opaque(thing: Any) -> Iterator[Edge]:
    for value in gc.get_referents(thing):
        yield "reference", value


def _called_with(arguments: Any, keywords: Any) -> Iterator[Edge]:
    if type(arguments) is tuple or type(arguments) is list:
        for value in arguments:
            yield "argument", value
    if type(keywords) is dict:
        for name, value in list(keywords.items()):
            yield f"argument {text_of(name)}", value


_CONTAINERS: tuple[Any, ...] = (tuple, list, set, frozenset, collections.deque)

_RULES: dict[Role, Callable[[Any], Iterable[Edge]]] = {
    Role.METHOD: _method,
    Role.FUNCTION: _function,
    Role.BUILTIN: _builtin,
    Role.PARTIAL: _partial,
    Role.CELL: _cell,
    Role.WEAK: _weak,
    Role.MAPPING: _mapping,
    Role.MEMBERS: _members,
    Role.CALL: _call,
    Role.SCOPED_CALL: _scoped_call,
    Role.LOOPING_CALL: _looping_call,
    Role.DEFERRED: _deferred,
    Role.SUSPENDED: _suspended,
    Role.COOPERATOR: _cooperator,
    Role.INSTANCE: _instance,
    Role.OPAQUE: _opaque,
    Role.STATUS: _instance,
    # What stands for an endpoint, but is none that is known.
    Role.ENDPOINT: _instance,
}

_registered: dict[int, tuple[type, Callable[[Any], Iterable[Edge]]]] = {}
