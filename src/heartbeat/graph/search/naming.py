"""What a call calls, and where that stands: wrappers are seen through."""

from __future__ import annotations

import re
import types
from typing import Any

from heartbeat.graph.search import _waiting
from heartbeat.graph.search.edges import edges_of
from heartbeat.graph.search.roles import Role, role_of
from heartbeat.graph.static import (
    MISSING,
    Memory,
    attribute,
    class_attribute,
    class_name,
    is_a,
    plain_name,
    text_of,
    type_name,
)
from heartbeat.graph.timers import Site

__all__ = [
    "code_of_suspended",
    "module_of",
    "name_of",
    "passes_on",
    "place_of",
    "site_of",
    "unwrapped",
]

_ADDRESS = re.compile(" at 0x[0-9a-f]+>*")

MAX_WRAPPERS = 8
"""Wrappers seen through, at most."""


def unwrapped(function: Any) -> Any:
    """What a timed call calls in the end.

    Through calls of a scope, ``LoopingCall``, partials, and a method of one of those
    (``LoopingCall.__call__`` is what the reactor calls).
    """
    for _ in range(MAX_WRAPPERS):
        inner = _inner(function)
        if inner is MISSING or inner is None:
            break
        function = inner
    return function


def name_of(function: Any) -> str:
    """The name for people: ``Chat.ping``, with the class of a method's instance."""
    if type(function) is types.MethodType:
        bound = _class_of(function.__self__)
        return f"{_short(bound)}.{_last_name(function.__func__)}"
    if type(function) is types.FunctionType:
        return _plain(function.__qualname__)
    role = role_of(function)
    if role is Role.BUILTIN:
        return _builtin_name(function)
    if role is Role.SUSPENDED:
        return _plain(text_of(attribute(function, "__qualname__")))
    if is_a(function, type):
        return _short(function)
    return f"{_short(type(function))}()"


def passes_on(method: Any) -> bool:
    """Whether a bound method is how a repeated call, or a scope's, is made.

    ``LoopingCall.stop`` is not: that does what it says.
    """
    owner, name = method.__self__, _last_name(method.__func__)
    if role_of(owner) in _CALLABLE:
        return name == "__call__"
    return type_name(owner) == _REPETITION and name == "_tick"


def site_of(function: Any) -> Site | None:
    """Where it is defined; None if that is not in Python."""
    code = _code_of(function)
    return None if code is None else place_of(code)


def place_of(code: types.CodeType) -> Site:
    """Where *code* begins, and the name of its function."""
    known = _sites.get(id(code))
    site: Site = known[1] if known else _sites.note(id(code), code, _place_of(code))
    return site


def module_of(function: Any) -> str:
    """The module it is defined in, ``""`` if that is not in Python."""
    if type(function) is types.MethodType:
        function = function.__func__
    if type(function) is types.FunctionType:
        name = dict.get(function.__globals__, "__name__", "")
        return text_of(name)
    return class_name(type(function)).rpartition(".")[0]


def code_of_suspended(coroutine: Any) -> types.CodeType | None:
    """The code of a generator or a coroutine; None if it is none."""
    codes = (attribute(coroutine, name) for name in ("cr_code", "gi_code", "ag_code"))
    return next((code for code in codes if type(code) is types.CodeType), None)


# Code objects, not classes; but one for all the calls of a function.
_sites = Memory()


def _place_of(code: types.CodeType) -> Site:
    qualified = getattr(code, "co_qualname", code.co_name)
    return Site(code.co_filename, code.co_firstlineno, plain_name(qualified))


def _inner(function: Any) -> Any:
    role = role_of(function)
    if role is Role.METHOD:
        return _behind(function)
    if role is Role.SCOPED_CALL:
        work = attribute(function, "_work")
        return work[0] if type(work) is tuple else work
    if role is Role.LOOPING_CALL:
        return attribute(function, "f")
    if role is Role.PARTIAL:
        return attribute(function, "func")
    return MISSING


def _behind(method: Any) -> Any:
    owner = method.__self__
    if role_of(owner) is Role.DEFERRED and _last_name(method.__func__) in _FIRES:
        return _waiting_for(owner)
    if not passes_on(method):
        return MISSING
    return owner if role_of(owner) in _CALLABLE else attribute(owner, "_function")


def _waiting_for(deferred: Any) -> Any:
    """What a Deferred goes on with: the first of it that is the program's."""
    for function, arguments, _ in _waiting.callbacks_of(deferred):
        for part in (function, *arguments, *_variables(function)):
            if role_of(part) in _WAITERS and not module_of(part).startswith(_PLUMBING):
                return part
    return MISSING


def _variables(function: Any) -> list[Any]:
    """What a function of Twisted's calls in its turn: ``deferLater`` has such a one."""
    cells = function.__closure__ if type(function) is types.FunctionType else None
    return [end for cell in cells or () for _, end in edges_of(cell, Role.CELL)]


_FIRES = {"callback", "errback"}
_WAITERS = {Role.METHOD, Role.FUNCTION, Role.SUSPENDED, Role.PARTIAL}
_PLUMBING = ("twisted.internet.defer", "twisted.internet.task")
_CALLABLE = {Role.LOOPING_CALL, Role.SCOPED_CALL}
_REPETITION = "heartbeat.repetition.Repetition"


def _code_of(function: Any) -> types.CodeType | None:
    if role_of(function) is Role.SUSPENDED:
        return code_of_suspended(function)
    if type(function) is types.MethodType:
        function = function.__func__
    elif type(function) is not types.FunctionType:
        function = class_attribute(type(function), "__call__")
    code = function.__code__ if type(function) is types.FunctionType else None
    return code if type(code) is types.CodeType else None


def _builtin_name(function: Any) -> str:
    bound = function.__self__
    if bound is None or type(bound) is types.ModuleType:
        return str(function.__qualname__)
    return f"{_short(_class_of(bound))}.{function.__name__}"


def _class_of(bound: Any) -> Any:
    """The class that a method bound to *bound* belongs to, for people."""
    return bound if is_a(bound, type) else type(bound)


def _plain(qualname: str) -> str:
    # What libraries make up may have an address in it.
    return _ADDRESS.sub("", plain_name(qualname))


def _short(cls: type) -> str:
    return class_name(cls).rpartition(".")[2]


def _last_name(function: Any) -> str:
    if type(function) is types.FunctionType:
        return _plain(function.__qualname__).rpartition(".")[2]
    return f"{_short(type(function))}()"
