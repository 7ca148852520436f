"""All that is known of one thing, for the page that shows it."""

from __future__ import annotations

import enum
import json
import math
from typing import TYPE_CHECKING, Any

import attrs

from heartbeat.graph.live.rows import LONGEST, things
from heartbeat.graph.model import Task, Timer

if TYPE_CHECKING:
    from heartbeat.graph.live.history import History
    from heartbeat.graph.model import Snapshot

__all__ = ["MOST", "details", "sentences"]

MOST = 50
"""Links, steps or whatever there are several of."""


def details(snapshot: Snapshot, history: History, id: str) -> bytes | None:  # noqa: A002 - as the field is called
    """What there is to know of the thing with that id, and what happened to it.

    Returns:
        JSON; None if the snapshot has no such thing and nothing is known of it.
    """
    events = history.of(id)
    thing = next((thing for thing in things(snapshot) if thing.id == id), None)
    if thing is None and not events:
        return None
    known = {
        "id": id,
        "taken_at": snapshot.taken_at,
        "thing": None if thing is None else _plain(_shortened(thing)),
        "history": [attrs.astuple(event) for event in events],
    }
    return json.dumps(known, separators=(",", ":"), allow_nan=False).encode()


def sentences() -> dict[str, dict[str, str]]:
    """What each word means, by what it is a word for: ``strength``, ``state``, ..."""
    from heartbeat.graph.pictures.words import SENTENCES  # noqa: PLC0415 - not for each import

    found: dict[str, dict[str, str]] = {}
    for word, sentence in SENTENCES.items():
        found.setdefault(type(word).__name__.lower(), {})[word.value] = sentence
    return found


def _shortened(thing: Any) -> Any:
    """It, with not too many links: a call may be shared by thousands."""
    if isinstance(thing, Timer | Task):
        return attrs.evolve(thing, links=thing.links[:MOST])
    return thing


def _plain(value: Any) -> Any:
    """*value* as JSON has it, long texts and lists cut off."""
    if attrs.has(type(value)):
        names = [field.name for field in attrs.fields(type(value))]
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, tuple):
        return [_plain(part) for part in value[:MOST]]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str):
        return value[:LONGEST]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
