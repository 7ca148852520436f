"""A snapshot as JSON and back.

Which fields there are, and of what types, is read from the classes of
`heartbeat.graph.model`: nothing is listed here. A field that is missing has its
default, and one that is not known is passed over, so a reader takes what a newer
writer of the same schema made. Numbers that JSON does not have are the texts ``inf``,
``-inf`` and ``nan``. The output is ASCII.
"""

from __future__ import annotations

import enum
import json
import math
import types
import typing
from functools import cache
from typing import TYPE_CHECKING, Any

import attrs

from heartbeat.errors import HeartbeatError
from heartbeat.graph.model import SCHEMA, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SnapshotError", "from_json", "plain_data", "to_json"]

_SHOWN = 60
"""Characters of a wrong value that an error shows."""

_WAY_OUT = "use what heartbeat.graph.to_json wrote, unchanged"

_INFINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


class SnapshotError(HeartbeatError, ValueError):
    """What was read is no snapshot.

    Attributes:
        where: Of what in it: ``timers[3].due``; ``""`` if of all.
        value: What is there, cut if it is long.
        rule: What should be there.
        way_out: What to do.
    """

    def __init__(
        self, where: str, value: str, rule: str, way_out: str = _WAY_OUT
    ) -> None:
        super().__init__(where, value, rule, way_out)
        self.where = where
        self.value = value
        self.rule = rule
        self.way_out = way_out

    def __str__(self) -> str:
        """Where, the value, the rule, and the way out."""
        what = f"{self.where} is {self.value}" if self.where else self.value
        return f"{what}: {self.rule}; {self.way_out}"


def to_json(snapshot: Snapshot, *, indent: int | None = None) -> str:
    """The whole snapshot, as an object with a field for each of its attributes."""
    separators = (",", ":") if indent is None else None
    return json.dumps(
        plain_data(snapshot), indent=indent, separators=separators, allow_nan=False
    )


def plain_data(snapshot: Snapshot) -> dict[str, Any]:
    """What `to_json` writes, as dictionaries, lists, texts and numbers."""
    found: dict[str, Any] = _writer_of(Snapshot)(snapshot)
    return found


def from_json(text: str) -> Snapshot:
    """What was given to `to_json`.

    Raises:
        SnapshotError: It is no snapshot, or one of another schema.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SnapshotError("", _shown(text), f"must be JSON ({error})") from error
    if type(data) is not dict:
        raise SnapshotError("", _shown(data), "must be an object")
    schema = data.get("schema")
    if type(schema) is not int or schema != SCHEMA:
        rule = f"must be {SCHEMA}, which is what this version reads"
        raise SnapshotError(
            "schema", _shown(schema), rule, "read it with the version that wrote it"
        )
    snapshot: Snapshot = _reader_of(Snapshot)(data, "")
    return snapshot


@cache
def _hints(cls: Any) -> dict[str, Any]:
    """The fields that a class is made with, and their types."""
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in attrs.fields(cls)}


@cache
def _writer_of(hint: Any) -> Callable[[Any], Any]:
    """What turns a value of that type into what JSON has."""
    if attrs.has(hint):
        return _object_writer(hint)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _word
    if hint is float:
        return _number
    if typing.get_origin(hint) is tuple:
        return _list_writer(_writer_of(typing.get_args(hint)[0]))
    if isinstance(hint, types.UnionType):
        return _optional_writer(_writer_of(_inner(hint)))
    return _same


def _object_writer(cls: Any) -> Callable[[Any], Any]:
    writers = [(name, _writer_of(hint)) for name, hint in _hints(cls).items()]
    # Texts and whole numbers are most of it, and are what they are.
    plain = [name for name, write in writers if write is _same]
    others = [(name, write) for name, write in writers if write is not _same]
    order = [name for name, _ in writers]

    def write_object(value: Any) -> dict[str, Any]:
        found = dict.fromkeys(order)
        for name in plain:
            found[name] = getattr(value, name)
        for name, write in others:
            found[name] = write(getattr(value, name))
        return found

    return write_object


def _list_writer(write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: [write(each) for each in value]


def _optional_writer(write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    if write is _same:
        return _same
    return lambda value: None if value is None else write(value)


def _word(value: enum.Enum) -> Any:
    return value.value


def _same(value: Any) -> Any:
    return value


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


@cache
def _reader_of(hint: Any) -> Callable[[Any, str], Any]:
    """What makes a value of that type of what JSON has, or says what is wrong."""
    if attrs.has(hint):
        return _object_reader(hint)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _word_reader(hint)
    if hint is float:
        return _read_number
    if typing.get_origin(hint) is tuple:
        return _list_reader(_reader_of(typing.get_args(hint)[0]))
    if isinstance(hint, types.UnionType):
        return _optional_reader(_reader_of(_inner(hint)))
    return _plain_reader(hint)


def _object_reader(cls: Any) -> Callable[[Any, str], Any]:
    readers = {name: _reader_of(hint) for name, hint in _hints(cls).items()}
    needed = {f.name for f in attrs.fields(cls) if f.default is attrs.NOTHING}

    def read_object(data: Any, where: str) -> Any:
        if type(data) is not dict:
            raise SnapshotError(where, _shown(data), "must be an object")
        missing = sorted(needed - data.keys())
        if missing:
            rule = f"must have {', '.join(missing)}"
            raise SnapshotError(where, _shown(data), rule)
        prefix = f"{where}." if where else ""
        known = data.keys() & readers.keys()
        return cls(**{name: readers[name](data[name], prefix + name) for name in known})

    return read_object


def _list_reader(read: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def read_list(data: Any, where: str) -> tuple[Any, ...]:
        if type(data) is not list:
            raise SnapshotError(where, _shown(data), "must be a list")
        return tuple(read(each, f"{where}[{n}]") for n, each in enumerate(data))

    return read_list


def _optional_reader(read: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    return lambda data, where: None if data is None else read(data, where)


def _word_reader(kind: type[enum.Enum]) -> Callable[[Any, str], Any]:
    words = {member.value: member for member in kind}

    def read_word(data: Any, where: str) -> Any:
        if type(data) is not str or data not in words:
            rule = f"must be one of {', '.join(words)}"
            raise SnapshotError(where, _shown(data), rule)
        return words[data]

    return read_word


def _plain_reader(kind: type[Any]) -> Callable[[Any, str], Any]:
    def read_plain(data: Any, where: str) -> Any:
        # Not isinstance: true is an int to Python, and not to anybody else.
        if type(data) is not kind:
            raise SnapshotError(where, _shown(data), _RULES[kind])
        return data

    return read_plain


def _read_number(data: Any, where: str) -> float:
    try:
        # As texts there are only those that JSON does not have.
        if type(data) in {int, float}:
            return float(data)
        return _INFINITE[data]
    except (KeyError, TypeError, OverflowError):
        raise SnapshotError(where, _shown(data), "must be a number") from None


_SHORT: dict[type[Any], str] = {list: "a list", dict: "an object"}

_RULES = {str: "must be text", int: "must be a whole number", bool: "must be a boolean"}


def _inner(optional: Any) -> Any:
    """The type of which None is the alternative."""
    return next(a for a in typing.get_args(optional) if a is not type(None))


def _shown(value: Any) -> str:
    if type(value) in _SHORT:
        return _SHORT[type(value)]
    # What JSON calls it, but a text as Python shows it: without control characters.
    shown = ascii(value) if type(value) is str else json.dumps(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
