"""Which connection each pending call will touch: searched, searched back, and judged.

A call is judged as soon as something sure is known of it, and what was needed for that
is dropped: thousands of objects that live for the length of a snapshot would make the
collector go through the whole program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from heartbeat.graph.endpoints.ids import id_of
from heartbeat.graph.kinds import DECIDING, CallVerdict, Source, State, Strength
from heartbeat.graph.reading import flag
from heartbeat.graph.search.edges import globals_of
from heartbeat.graph.search.heap import endpoints_in_heap
from heartbeat.graph.search.held import Held
from heartbeat.graph.search.judging import verdict_of
from heartbeat.graph.search.naming import module_of, name_of, site_of, unwrapped
from heartbeat.graph.search.roles import Role, role_of
from heartbeat.graph.search.walk import MAX_STEPS, Walker
from heartbeat.graph.static import attribute
from heartbeat.graph.timers import Link, Timer
from heartbeat.graph.tracking.expecting import expected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartbeat.graph.endpoints.census import Census
    from heartbeat.graph.search.pending import Pending
    from heartbeat.graph.search.steps import Found
    from heartbeat.graph.timers import Site
    from heartbeat.graph.tracking.tracker import Tracker
    from heartbeat.graph.values import Endpoint

__all__ = ["CallSurvey", "is_ours"]

_OURS = "heartbeat.graph"
"""Calls and connections of this package are not shown: they come with the looking."""

_MACHINERY = ("twisted.internet.defer", "twisted.internet.task")
"""Modules of Twisted whose functions do the program's work."""


class _Unsure(NamedTuple):
    """A call from which nothing sure was found."""

    pending: Pending
    """The call."""

    found: Found
    """What was found all the same."""


class CallSurvey:
    """The calls of one snapshot.

    Args:
        census: Knows the connections.
        tracker: Knows where calls were made; None if nobody does.
        deep: Whether to search the heap for who keeps calls that lead nowhere.
    """

    def __init__(self, census: Census, tracker: Tracker | None, *, deep: bool) -> None:
        self._census = census
        self._tracker = tracker
        self._deep = deep
        self._ends: dict[str, Endpoint] = {}
        self._walker = Walker(self._meet, self._meet_scope, census.service_of)
        self._unsure: list[_Unsure] = []
        self._timers: list[Timer] = []
        self._cut_short = 0

    @property
    def notes(self) -> list[str]:
        """What was not looked at, a sentence each."""
        note = (
            f"From {self._cut_short} of the calls more than {MAX_STEPS} objects can be "
            "reached; the rest of those was not looked at."
        )
        return [note] if self._cut_short else []

    def add(self, pending: Pending) -> None:
        """Look where a call leads; judge it, unless that has to wait for the others."""
        if module_of(unwrapped(pending.function)).startswith(_OURS):
            return
        found = self._walker.search(pending.parts())
        self._cut_short += not found.complete
        if not found.links and not found.owners:
            found.links = self._through_globals(found)
        if _is_sure(found):
            self._judge(pending, [*found.links, *found.owners])
        else:
            self._unsure.append(_Unsure(pending, found))

    def links_from(self, thing: object) -> tuple[Link, ...]:
        """Where anything else leads."""
        found = self._walker.search([("", thing)])
        return tuple(self._theirs([*found.links, *found.owners]))

    def search_back(self) -> Iterator[None]:
        """Is there one protocol that keeps those which led nowhere sure?"""
        held = Held()
        if self._unsure:
            yield from self._learn(held)
        for pending, found in self._unsure:
            if _is_over(pending.call):
                continue
            kept = held.links([pending.call, *found.kept])
            self._judge(pending, [*(kept or found.links), *found.owners])
            yield
        self._unsure = []

    def timers(self) -> tuple[Timer, ...]:
        """All but our own, the next one first."""
        return tuple(sorted(self._timers, key=lambda timer: timer.due))

    def close(self) -> None:
        """Let go of everything of the program's."""
        self._unsure = []
        del self._walker

    def _meet(self, thing: object) -> Endpoint | None:
        endpoint = self._census.endpoint_of(thing)
        if endpoint is not None:
            self._ends[endpoint.id] = endpoint
        return endpoint

    def _meet_scope(self, scope: object) -> Endpoint | None:
        endpoint = self._census.scope_owner(scope)
        if endpoint is not None:
            self._ends[endpoint.id] = endpoint
        return endpoint

    def _through_globals(self, found: Found) -> list[Link]:
        """What globals lead to that its functions name; a hint, unless by a key."""
        roots = [edge for each in found.functions for edge in globals_of(each)]
        if not roots:
            return []
        return self._walker.search(roots, Strength.GLOBAL, found.keys).links

    def _learn(self, held: Held) -> Iterator[None]:
        if self._deep:
            for thing in endpoints_in_heap():
                self._census.endpoint_of(thing)
                yield
        for protocol, endpoint in list(self._census.protocols()):
            held.add(protocol, endpoint)
            self._ends[endpoint.id] = endpoint
            yield

    def _judge(self, pending: Pending, links: Sequence[Link]) -> None:
        theirs = self._theirs(links)
        if len(theirs) < len(links) and not any(link.target for link in theirs):
            return
        links = theirs
        origin = self._origin(pending)
        if not links and origin is not None:
            made = ("made by its code",)
            links = [Link(target=origin, strength=Strength.CREATED, path=made)]
        function = unwrapped(pending.function)
        verdict = self._verdict(links, function)
        wanted = expected(pending.call)
        self._timers.append(
            Timer(
                id=id_of(pending.call, "t"),
                due=pending.due,
                function=name_of(function),
                site=site_of(function),
                arguments=pending.argument_types(),
                repeat=pending.repeat(),
                source=_source(pending, function),
                verdict=verdict if wanted is None else CallVerdict.EXPECTED,
                links=tuple(links),
                created=self._created(pending),
                origin=origin,
                expected=wanted,
            )
        )

    def _theirs(self, links: Sequence[Link]) -> list[Link]:
        """Without those to what is ours, which is not in the snapshot."""
        return [
            link
            for link in links
            if link.target is None or not is_ours(self._ends[link.target])
        ]

    def _verdict(self, links: Sequence[Link], function: Any) -> CallVerdict:
        verdict = verdict_of(links, self._state_of)
        if verdict is CallVerdict.UNATTACHED and not links and _is_machinery(function):
            return CallVerdict.INTERNAL
        return verdict

    def _state_of(self, id: str) -> State:  # noqa: A002 - as the field is called
        return self._ends[id].state

    def _created(self, pending: Pending) -> Site | None:
        return None if self._tracker is None else self._tracker.created(pending.call)

    def _origin(self, pending: Pending) -> str | None:
        if self._tracker is None:
            return None
        origin = self._tracker.origin(pending.call)
        endpoint = None if origin is None else self._meet(origin)
        return None if endpoint is None or is_ours(endpoint) else endpoint.id


def is_ours(endpoint: Endpoint) -> bool:
    """Whether it is there only because somebody looks."""
    names = (endpoint.protocol, endpoint.factory or "", *endpoint.layers)
    return any(name.startswith(_OURS) for name in names)


def _is_over(call: object) -> bool:
    """Whether it was cancelled, or has run, since it was taken apart."""
    ends = ("called", "cancelled", "_cancelled")
    over = any(flag(attribute(call, name)) for name in ends)
    return over or attribute(call, "_scheduled") is False


def _is_sure(found: Found) -> bool:
    """Whether something is known of a call that decides its verdict."""
    return bool(found.owners) or any(link.strength in DECIDING for link in found.links)


def _is_machinery(function: Any) -> bool:
    """Whether it is Twisted's or ours, and does not do the work of the program."""
    if role_of(function) is Role.METHOD and role_of(function.__self__) is Role.WALL:
        return False  # reactor.stop is as the program wants it
    module = module_of(function)
    if module in _MACHINERY:
        return False
    return module.startswith(("twisted.", "heartbeat."))


def _source(pending: Pending, function: Any) -> Source:
    if module_of(function) in {"heartbeat._driver", "heartbeat.wheel"}:
        return Source.WHEEL
    return pending.source
