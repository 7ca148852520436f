"""How attributes of a type are read: quickly where that is known to be safe.

`static.attribute` is safe for every object. For objects of Twisted's own classes, none
of which the program has derived from, a plain ``getattr`` is as safe, and five times as
fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from heartbeat.graph import static

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "NOTHING",
    "Read",
    "flag",
    "is_named",
    "number",
    "read",
    "reader_for",
    "size",
]

NOTHING: Final = static.MISSING
"""There is no such attribute, or it cannot be read safely."""

if TYPE_CHECKING:
    Read = Callable[[object, str, Any], Any]
else:
    Read = object
"""Called with an object, a name, and what to return if it has no such attribute."""

_TRUSTED = ("twisted.", "abc", "typing")
_BYTES = (bytes, bytearray)

_readers = static.Memory()
_bases = static.Memory()


def read(thing: object, name: str, default: Any = None) -> Any:
    """What ``thing.name`` is, if it can be read without running any code."""
    value = static.attribute(thing, name)
    return default if value is NOTHING else value


def reader_for(cls: type) -> Read:
    """The fastest safe way to read attributes of instances of *cls* itself."""
    reader: Read = _readers.of(cls, _reader_for)
    return reader


def is_named(cls: type, *names: str) -> bool:
    """Whether *cls* or a base of it has one of these full names.

    By name, so that what the program has not imported need not be imported here.
    """
    known = _bases.get(id(cls))
    bases: frozenset[str] = known[1] if known else _bases.of(cls, _names_of)
    return not bases.isdisjoint(names)


def flag(value: object) -> bool:
    """Whether *value* is a true bool or number; of anything else nobody asks."""
    return value is True or (type(value) is int and value != 0)


def number(value: object) -> int:
    """*value*, if it is a whole number; else 0."""
    return value if type(value) is int else 0


def size(value: object) -> int:
    """The length of *value*, if it is bytes; of a list, that of all bytes in it."""
    if type(value) is list:
        return sum(len(each) for each in value if type(each) is bytes)
    return len(value) if type(value) in _BYTES else 0  # type: ignore[arg-type]


def _reader_for(cls: type) -> Read:
    return getattr if _is_twisteds(cls) else read


def _names_of(cls: type) -> frozenset[str]:
    return frozenset(map(static.class_name, static.mro_of(cls)))


def _is_twisteds(cls: type) -> bool:
    """Whether all of its code is Twisted's, and reading attributes runs none of it."""
    bases = (base for base in static.mro_of(cls) if base is not object)
    modules = (static.class_attribute(base, "__module__") for base in bases)
    if not all(type(m) is str and m.startswith(_TRUSTED) for m in modules):
        return False
    getattribute = static.class_attribute(cls, "__getattribute__")
    custom = static.class_attribute(cls, "__getattr__") is not NOTHING
    return getattribute is object.__getattribute__ and not custom
