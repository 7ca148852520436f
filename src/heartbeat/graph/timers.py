"""The pending calls in a snapshot, and what they are linked to: frozen values.

Durations are in seconds.
"""

from __future__ import annotations

import attrs

from heartbeat.graph.kinds import CallVerdict, Source, Strength

__all__ = ["Link", "Site", "Task", "Timer"]


@attrs.frozen
class Site:
    """A place in the source.

    Attributes:
        file: Its path, as Python has it.
        line: From 1.
        function: The qualified name of the function.
    """

    file: str
    line: int
    function: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return f"{place} in {self.function}" if self.function else place


@attrs.frozen(kw_only=True)
class Link:
    """That a call will touch an endpoint, or that something else owns the call.

    Attributes:
        target: The id of the endpoint, None if *owner* says it all.
        owner: What owns it that is no endpoint: ``factory chat.Chat``.
        strength: How sure that is.
        depth: Objects of the program on the way.
        path: The way, from the call to the target, a step each.
        sharers: How many endpoints share it; 1 unless the strength is ``SHARED``.
    """

    target: str | None = None
    owner: str | None = None
    strength: Strength
    depth: int = 0
    path: tuple[str, ...] = ()
    sharers: int = 1


@attrs.frozen(kw_only=True)
class Timer:
    """A pending timed call.

    Attributes:
        id: ``t3``.
        due: Seconds from the snapshot until it runs; negative if it is late.
        function: The qualified name of what it calls, wrappers seen through.
        site: Where that is defined.
        arguments: The types of its arguments, never their values.
        repeat: The interval, if it calls again and again (``LoopingCall``).
        source: What will run it.
        verdict: In one word; `heartbeat.graph.pictures.words` has a sentence for each.
        links: Surest first.
        created: Where it was made, if a tracker saw it.
        origin: The id of the endpoint whose code made it, if a tracker saw it.
        expected: Why it is wanted, as told to `heartbeat.graph.expect`.
    """

    id: str
    due: float
    function: str
    site: Site | None = None
    arguments: tuple[str, ...] = ()
    repeat: float | None = None
    source: Source = Source.REACTOR
    verdict: CallVerdict = CallVerdict.UNATTACHED
    links: tuple[Link, ...] = ()
    created: Site | None = None
    origin: str | None = None
    expected: str | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """The ids of the endpoints it is linked to, surest first."""
        return tuple(link.target for link in self.links if link.target is not None)


@attrs.frozen(kw_only=True)
class Task:
    """A task of the asyncio event loop.

    Attributes:
        id: ``a2``.
        name: As asyncio has it.
        coroutine: The qualified name of what it runs.
        site: Where it stands.
        links: As those of a `Timer`.
    """

    id: str
    name: str
    coroutine: str
    site: Site | None = None
    links: tuple[Link, ...] = ()
