"""A snapshot in pieces, so that nobody has to write or send a large one at once.

Each piece is a snapshot of its own, with some of the endpoints, timers, tasks or
services. The first has what there is only once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from heartbeat.graph.model import Snapshot

__all__ = ["count_of", "joined", "pieces_of"]

SIZE: Final = 25
"""Things in a piece: about 2 ms of work to encode."""

LISTS: Final = ("endpoints", "timers", "tasks", "services")
"""The fields of a snapshot that get long."""


def count_of(snapshot: Snapshot) -> int:
    """How many pieces `pieces_of` yields."""
    return 1 + sum(-(-len(getattr(snapshot, name)) // SIZE) for name in LISTS)


def pieces_of(snapshot: Snapshot) -> Iterator[Snapshot]:
    """The pieces of *snapshot*, made one by one."""
    nothing: dict[str, Any] = dict.fromkeys(LISTS, ())
    head = attrs.evolve(snapshot, **nothing)
    yield head
    bare = attrs.evolve(head, notes=())
    for name in LISTS:
        things = getattr(snapshot, name)
        for start in range(0, len(things), SIZE):
            part: dict[str, Any] = {name: things[start : start + SIZE]}
            yield attrs.evolve(bare, **part)


def joined(pieces: Iterable[Snapshot]) -> Snapshot:
    """The snapshot of which these are all pieces, in their order."""
    head, *rest = pieces
    lists: dict[str, list[Any]] = {name: [] for name in LISTS}
    for piece in rest:
        for name, things in lists.items():
            things.extend(getattr(piece, name))
    whole: dict[str, Any] = {name: tuple(things) for name, things in lists.items()}
    return attrs.evolve(head, **whole)
