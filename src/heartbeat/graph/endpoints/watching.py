"""What a reactor watches: taken at once, and asked afterwards in constant time.

Of the answer no code of the program is part: descriptors are compared as numbers, and
objects by identity.
"""

from __future__ import annotations

from typing import Any

from heartbeat.graph import static
from heartbeat.graph.endpoints import _names, _twisted, ends
from heartbeat.graph.reading import is_named

__all__ = ["Watching"]


class Watching:
    """What *reactor* watches now.

    Attributes:
        things: All of it, each once; without what the reactor and this package watch
            for themselves.
        notes: What could not be learnt.
    """

    def __init__(self, reactor: object) -> None:
        self.notes: list[str] = []
        self._reads = _Direction(reactor, "reads", self._listed(reactor, "getReaders"))
        self._writes = _Direction(
            reactor, "writes", self._listed(reactor, "getWriters")
        )
        self._selectables = _twisted.selectables(reactor)
        internal = {id(each) for each in _twisted.internal_readers(reactor)}
        listed = {id(each): each for each in self._reads.listed + self._writes.listed}
        self.things = [
            each
            for identity, each in listed.items()
            if identity not in internal and not is_named(type(each), *_names.WAKERS)
        ]
        self._wakers = _twisted.wakers(reactor)
        self._fds = dict(self._numbered())

    def reads(self, thing: object, fd: int | None) -> bool:
        """Whether it waits for bytes from *thing*.

        Args:
            thing: What it may watch.
            fd: Its descriptor, if that is known.
        """
        return self._reads.has(thing, fd)

    def writes(self, thing: object, fd: int | None) -> bool:
        """Whether it waits until *thing* can be written to; as `reads`."""
        return self._writes.has(thing, fd)

    def fd(self, thing: object) -> int | None:
        """The descriptor of *thing*, as far as the reactor knows it."""
        return self._fds.get(id(thing))

    def descriptors(self) -> set[int]:
        """All descriptors that it watches by now, those for itself included."""
        return set(self._selectables or ())

    def own_sockets(self) -> set[int]:
        """Descriptors of the sockets by which threads and signals wake the reactor."""
        found = (ends.fd_of(ends.socket_of(each)) for each in self._wakers)
        return {fd for fd in found if fd is not None}

    def _listed(self, reactor: Any, method: str) -> list[object]:
        if static.class_attribute(type(reactor), method) is static.MISSING:
            return []
        try:
            return list(getattr(reactor, method)())
        except Exception as error:  # noqa: BLE001 - a reactor of anybody's
            kind = static.type_name(error)
            self.notes.append(f"{method}() of the reactor raised {kind}.")
            return []

    def _numbered(self) -> list[tuple[int, int]]:
        known = list((self._selectables or {}).items())
        return [(id(thing), fd) for fd, thing in known]


class _Direction:
    """One of the two things that a reactor watches for."""

    def __init__(self, reactor: object, what: str, listed: list[object]) -> None:
        self.listed = listed
        self._ids = set(map(id, listed))
        self._polled = set(map(id, _twisted.polled(reactor, what)))
        self._now: Any = _twisted.watched(reactor, what)
        self._by_number = _twisted.selectables(reactor) is not None

    def has(self, thing: object, fd: int | None) -> bool:
        if self._now is None:
            return id(thing) in self._ids
        if self._by_number:
            if fd is None:
                return id(thing) in self._ids
            return fd in self._now or id(thing) in self._polled
        if id(thing) in self._polled:
            return True
        if static.class_attribute(type(thing), "__hash__") is not object.__hash__:
            return id(thing) in self._ids
        return thing in self._now
