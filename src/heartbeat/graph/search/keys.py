"""What a call carries that may be the key of something in a registry.

A registry leads to all its members. But ``lambda: sessions[peer].ping()`` carries the
key of one of them, so it will touch that one.

To find a key in a dictionary, Python compares, and a key of the program's own class may
answer with code. So only dictionaries are looked into whose keys are all plain strings,
bytes and numbers, or tuples of such.
"""

from __future__ import annotations

import sys
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["MAX_KEYS", "Keys", "is_comparable"]

MAX_KEYS = 8
"""Keys that a call may carry, at most; one that carries more has other business."""

MOST_MEMBERS = 20_000
"""Members of a dictionary whose keys are looked at."""

# By id: to find a class in a set runs the __hash__ and __eq__ of a metaclass.
_PLAIN = frozenset(map(id, (str, bytes, int)))
_SINGLE = _PLAIN | frozenset(map(id, (type(None), float, bool)))
_SINGLE_OR_TUPLE = _SINGLE | {id(tuple)}

_BYTES_WARNINGS = sys.flags.bytes_warning
"""Whether Python was told, by ``-b``, to warn when bytes are compared with text."""


class Keys:
    """Keys that a call carries."""

    __slots__ = ("_carried",)

    def __init__(self) -> None:
        self._carried: list[Any] = []

    def add(self, value: object) -> None:
        """Take *value* for a key, if it can be one."""
        if _is_plain(value) and len(self._carried) < MAX_KEYS:
            self._carried.append(value)

    def add_all(self, keys: Iterable[object]) -> None:
        """Take all of *keys*."""
        for key in keys:
            self.add(key)

    def __iter__(self) -> Iterator[Any]:
        """Those that it has."""
        return iter(self._carried)

    def choose(
        self,
        mapping: dict[Any, Any],
        comparable: Callable[[dict[Any, Any]], bool] | None = None,
    ) -> list[Any]:
        """The values in *mapping* of those keys that are in it.

        Args:
            mapping: To look in.
            comparable: Remembers for a mapping what `is_comparable` says.
        """
        if not self._carried or not (comparable or is_comparable)(mapping):
            return []
        missing = object()
        keys = [key for key in self._carried if _is_silent(key, mapping)]
        found = (dict.get(mapping, key, missing) for key in keys)
        return [value for value in found if value is not missing]


def _is_plain(value: object) -> bool:
    if type(value) is tuple:
        return bool(value) and _all_in(_PLAIN, value)
    return id(type(value)) in _PLAIN


def is_comparable(mapping: dict[Any, Any]) -> bool:
    """Whether nothing of the program runs when a key is compared with those in it."""
    if dict.__len__(mapping) > MOST_MEMBERS:
        return False
    keys = list(dict.keys(mapping))
    if _all_in(_SINGLE, keys):
        return True
    tuples = [key for key in keys if type(key) is tuple]
    parts = chain.from_iterable(tuples)
    return _all_in(_SINGLE_OR_TUPLE, keys) and _all_in(_PLAIN, parts)


def _all_in(kinds: frozenset[int], values: Iterable[object]) -> bool:
    # Registries have thousands of keys, and this goes through them without a step of
    # Python: measured, three times as fast.
    return all(map(kinds.__contains__, map(id, map(type, values))))


def _is_silent(key: object, mapping: dict[Any, Any]) -> bool:
    """Whether Python does not warn when *key* is looked for."""
    if not _BYTES_WARNINGS:
        return True
    return all(_shape(each) == _shape(key) for each in dict.keys(mapping))


def _shape(key: Any) -> tuple[type, ...]:
    return tuple(map(type, key)) if type(key) is tuple else (type(key),)
