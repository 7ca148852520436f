"""Objects that tell when any code of theirs is run, for what must only look.

Outside of `watched` they behave as what they are derived from, so that a test can make
them, and put them where it likes.
"""

from __future__ import annotations

import contextlib
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TRAP", "armed", "watched"]

_ran: list[str] = []
_watching: list[bool] = []

_METHODS: dict[str, Any] = {
    **dict.fromkeys(("__eq__", "__ne__", "__lt__", "__gt__"), NotImplemented),
    **dict.fromkeys(("__repr__", "__str__", "__format__", "__fspath__"), "trap"),
    **dict.fromkeys(("__len__", "__int__", "__index__", "__hash__"), 1),
    **dict.fromkeys(("__bool__", "__contains__"), True),
    **dict.fromkeys(("__float__", "__add__", "__radd__", "__sub__", "__rsub__"), 1.0),
    **dict.fromkeys(("__iter__", "__call__", "__getitem__", "__get__"), None),
    **dict.fromkeys(("items", "keys", "values", "get", "copy", "fget"), None),
    **dict.fromkeys(("split", "rpartition", "startswith", "partition"), None),
    **dict.fromkeys(("__getattribute__", "__dir__", "__reduce_ex__"), None),
}
"""What a trap overrides, and what that returns if the class it is derived from has none."""

_OF_CLASSES = (
    "__eq__",
    "__hash__",
    "__repr__",
    "__getattribute__",
    "__instancecheck__",
)


@contextlib.contextmanager
def watched() -> Iterator[list[str]]:
    """The names of what was run meanwhile."""
    _watching.append(True)
    _ran.clear()
    try:
        yield _ran
    finally:
        _watching.pop()


def armed(base: type = object, /, *without: str, **namespace: Any) -> Any:
    """A class derived from *base* all of whose methods tell.

    Args:
        base: The class.
        without: Methods that it does not override.
        namespace: What else is in the class.
    """
    names = [name for name in _METHODS if name not in without]
    methods = {name: _trap(name, base, _METHODS[name]) for name in names}
    methods["__class__"] = property(_lie)
    if "__getattr__" not in without:
        methods["__getattr__"] = _missing
    return _meta(type(base))("Armed", (base,), {**methods, **namespace})


def _note(name: str) -> None:
    if _watching:
        _ran.append(name)


def _trap(name: str, base: type, otherwise: Any) -> Any:
    def run(self: Any, *args: Any, **keywords: Any) -> Any:
        _note(name)
        method = getattr(base, name, None)
        return otherwise if method is None else method(self, *args, **keywords)

    return run


def _lie(_: object) -> type:
    _note("__class__")
    return int


def _missing(_: object, name: str) -> Any:
    _note("__getattr__")
    raise AttributeError(name)


@cache
def _meta(kind: type) -> Any:
    """A class of classes that tell, too."""
    return type(
        "Meta", (kind,), {name: _trap(name, kind, None) for name in _OF_CLASSES}
    )


TRAP: Any = armed(object, "__get__")
"""A class with nothing but traps."""
