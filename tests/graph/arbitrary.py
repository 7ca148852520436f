"""Snapshots of any content at all, for Hypothesis."""

from __future__ import annotations

import enum
import types
import typing
from functools import cache
from typing import Any

import attrs
from hypothesis import strategies as st

from heartbeat.graph.model import SCHEMA, Process, Snapshot, Timer

__all__ = ["named", "names", "snapshots", "texts"]

texts = st.text(max_size=8)
"""Lone surrogates and control characters included."""

names = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.text(
            alphabet="\"'`<>&#;[](){}|\\\n\r\t%:-=.@\x1b\u202e\u2028e1 ", max_size=12
        ),
        st.sampled_from(["end", "call", "graph", "1. one", "- a", "</script>", "]]>"]),
    ),
    min_size=1,
    max_size=4,
)
"""Names of functions that no language is fond of."""

_ids = st.sampled_from(
    ["c1", "c2", "c10", "l1", "t1", "", "<", "c99999999999999999999"]
)


def named(texts_: list[str]) -> Snapshot:
    """A snapshot in which a call and a connection have each of these names."""
    from tests.graph import scenes  # noqa: PLC0415 - here only

    seed = scenes.seed()
    timers, ends = [], []
    for n, name in enumerate(texts_):
        ends.append(attrs.evolve(seed.endpoints[2], id=f"c{n}", protocol=name))
        link = attrs.evolve(seed.timers[1].links[0], target=f"c{n}", path=(name,))
        timers.append(
            attrs.evolve(seed.timers[1], id=f"t{n}", function=name, links=(link,))
        )
    process = attrs.evolve(seed.process, program="".join(texts_))
    return Snapshot(
        taken_at=0.0, process=process, endpoints=tuple(ends), timers=tuple(timers)
    )


def snapshots() -> st.SearchStrategy[Snapshot]:
    """Of any content that the types allow, but for numbers equal to nothing."""
    return _of(Snapshot)


@cache
def _of(hint: Any) -> st.SearchStrategy[Any]:
    if attrs.has(hint):
        return _built(hint)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return st.sampled_from(hint)
    if typing.get_origin(hint) is tuple:
        return st.lists(_of(typing.get_args(hint)[0]), max_size=3).map(tuple)
    if isinstance(hint, types.UnionType):
        inner = next(a for a in typing.get_args(hint) if a is not type(None))
        return st.none() | _of(inner)
    return _PLAIN[hint]


def _built(cls: Any) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(cls)
    fields = {field.name: _of(hints[field.name]) for field in attrs.fields(cls)}
    for name in ("id", "target", "parent", "origin"):
        if name in fields and cls is not Process:
            fields[name] = _ids if name == "id" or cls is Timer else st.none() | _ids
    if "schema" in fields:
        fields["schema"] = st.just(SCHEMA)
    return st.builds(cls, **fields)


_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(),
    bool: st.booleans(),
    float: st.floats(allow_nan=False),
}
