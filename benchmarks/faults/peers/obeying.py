"""Commands of the bench, done by every connection of a peer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.faults.subjects.contract import emit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["obeying"]


def obeying(connections: Collection[Any]) -> Callable[[str], None]:
    """What obeys commands like ``send 1000``, by the methods of *connections*.

    What they cannot do is said: ``{"event": "unable", "command": …}``; otherwise
    ``obeyed``, when all have.
    """

    def obey(command: str) -> None:
        name, _, argument = command.strip().partition(" ")
        for each in list(connections):
            method = getattr(each, name, None)
            if method is None:
                emit("unable", command=name)
                return
            method(*([int(argument)] if argument else []))
        emit("obeyed", command=name)

    return obey
