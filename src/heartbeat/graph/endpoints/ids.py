"""Short names for objects: the same one for as long as the object lives.

The objects are told apart by identity, not by what they say of themselves, and are not
kept alive.
"""

from __future__ import annotations

import itertools
import weakref
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["id_of"]

_Key = tuple[int, str]


class _Named(weakref.ref[object]):
    """A weak reference to an object, and what the object is called."""

    __slots__ = ("key", "name")

    key: _Key
    name: str


_named: dict[_Key, _Named] = {}
_numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: itertools.count(1))


def id_of(thing: object, letter: str) -> str:
    """What *thing* is called: ``c7``.

    Args:
        thing: Any object. One that cannot be referred to weakly has a new name each
            time.
        letter: What kind of thing it is; of another kind, it has another name.
    """
    key = (id(thing), letter)
    known = _named.get(key)
    if known is None:
        name = f"{letter}{next(_numbers[letter])}"
        try:
            known = _Named(thing, _forget)
        except TypeError:
            return name
        known.key, known.name = key, name
        # Another thread may have been faster.
        known = _named.setdefault(key, known)
    return known.name


def _forget(named: _Named) -> None:
    """The object is gone; the next one in its place in memory is another one."""
    _named.pop(named.key, None)
