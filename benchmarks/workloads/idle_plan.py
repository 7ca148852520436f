"""Who is measured with how many connections, how long, and what was found."""

from __future__ import annotations

import resource
from importlib.util import find_spec
from typing import TYPE_CHECKING

import attrs

from benchmarks.paired import ratios, spread
from benchmarks.results import Effort, Spread
from benchmarks.workloads.idle_field import Field, Subject, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["LINES", "NOTHING", "OTHERS", "OURS", "PLANS", "WEBSOCKET", "Found", "Plan"]

NOTHING, OURS = "nothing", "ours"

MICRO = 1e6

OTHER_FILES = 50
"""Open files of a process besides its connections, at most."""


@attrs.frozen
class Stack:
    """Candidates that share all but what keeps their connections alive.

    Attributes:
        title: What they share.
        module: Of the workloads, their program.
        candidates: Their titles, by name.
        dialects: What the peers speak, by name; the one of "" where none is given.
    """

    title: str
    module: str
    candidates: dict[str, str]
    dialects: dict[str, str]

    def subject(self, candidate: str, count: int) -> Subject:
        """One candidate with so many connections."""
        dialect = self.dialects.get(candidate, self.dialects[""])
        return Subject(self.module, dialect, candidate, count)

    @property
    def peers(self) -> list[str]:
        """The candidates besides us and nothing at all."""
        return [name for name in self.candidates if name not in {NOTHING, OURS}]


LINES = Stack(
    "Twisted, lines",
    "idle_lines",
    {
        NOTHING: "no keepalive",
        OURS: "heartbeat",
        "two-loops": "two LoopingCalls",
        "timeout-mixin": "TimeoutMixin, callLater",
    },
    {"": "line"},
)
WEBSOCKET = Stack(
    "Autobahn on Twisted",
    "idle_websocket",
    {NOTHING: "no keepalive", OURS: "heartbeat", "auto-ping": "its auto-ping"},
    {"": "websocket"},
)
_PACKAGES = {
    "websockets": "websockets, asyncio",
    "aiohttp": "aiohttp, asyncio",
    "foolscap": "foolscap, Twisted",
}
OTHERS = Stack(
    "other stacks",
    "idle_others",
    {name: title for name, title in _PACKAGES.items() if find_spec(name)},
    {"": "websocket", "foolscap": "banana"},
)


@attrs.frozen
class Plan:
    """How much effort is made.

    Attributes:
        interval: Seconds of silence after which a server asks.
        counts: Of connections, the least first.
        together: The stacks that are up at the same time.
        windows: While nobody talks, and the seconds of each.
        busy_windows: The same while all peers do.
    """

    interval: float
    counts: Sequence[int]
    together: Sequence[Sequence[Stack]]
    windows: tuple[int, float]
    busy_windows: tuple[int, float]

    def possible(self) -> Plan:
        """The same without counts for which the system allows too few open files."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        counts = [count for count in self.counts if count + OTHER_FILES <= most]
        return attrs.evolve(self, counts=counts)

    @property
    def every(self) -> float:
        """Seconds between two messages of a peer that talks."""
        return self.interval / 3

    def subjects(self, stacks: Sequence[Stack]) -> list[Subject]:
        """The servers that are up at the same time; other stacks are so once."""
        return [
            stack.subject(candidate, count)
            for stack in stacks
            for count in (self.counts[:1] if stack is OTHERS else self.counts)
            for candidate in stack.candidates
        ]

    def measure(self, tell: Callable[[float, str], None]) -> Found:
        """Do all of it."""
        found = Found()
        for number, stacks in enumerate(self.together):
            title = " and ".join(stack.title for stack in stacks)

            def step(done: float, what: str, number: int = number) -> None:
                share = (number + done) / len(self.together)
                tell(share, f"{title}: {what}")  # noqa: B023 - called at once

            self._measure(stacks, found, step)
        return found

    def _measure(
        self, stacks: Sequence[Stack], found: Found, tell: Callable[[float, str], None]
    ) -> None:
        tell(0.0, "starting servers and peers")
        with Field(self.subjects(stacks), self.interval) as field:
            tell(0.1, "connecting")
            found.memory.update(field.connect())
            tell(0.45, "idle")
            found.add(found.idle, field, self.windows)
            tell(0.8, "busy")
            field.talk(self.every)
            field.window(self.every)
            found.add(found.busy, field, self.busy_windows)


PLANS = {
    Effort.FULL: Plan(
        interval=30.0,
        counts=(1_000, 3_000, 10_000),
        together=((LINES,), (WEBSOCKET, OTHERS)),
        windows=(3, 10.0),
        busy_windows=(2, 5.0),
    ),
    Effort.QUICK: Plan(
        interval=3.0,
        counts=(100, 300),
        together=((LINES, WEBSOCKET, OTHERS),),
        windows=(3, 1.0),
        busy_windows=(2, 1.0),
    ),
}


@attrs.frozen
class Found:
    """All windows of all servers, and the bytes that their connections took."""

    idle: dict[Subject, list[Window]] = attrs.field(factory=dict)
    busy: dict[Subject, list[Window]] = attrs.field(factory=dict)
    memory: dict[Subject, float] = attrs.field(factory=dict)

    def add(
        self,
        to: dict[Subject, list[Window]],
        field: Field,
        windows: tuple[int, float],
    ) -> None:
        """Measure so many windows of so many seconds."""
        count, seconds = windows
        for _ in range(count):
            for subject, window in field.window(seconds).items():
                to.setdefault(subject, []).append(window)

    def growth(self, less: Subject, more: Subject) -> float:
        """Bytes of memory for each connection that *more* has besides *less*.

        What a process needs only once, when it is first connected, is not in it.
        """
        grown = self.memory[more] - self.memory[less]
        return grown / (more.count - less.count)

    def cost(self, subject: Subject) -> Spread:
        """Microseconds of CPU for each idle connection and second."""
        return spread(_costs(subject, self.idle[subject]))

    def ping_cost(self, subject: Subject) -> Spread | None:
        """Microseconds of CPU for each ping of idle connections, or None."""
        windows = self.idle[subject]
        if not all(window.pings for window in windows):
            return None
        return spread([MICRO * window.cpu / window.pings for window in windows])

    def checks(self, subject: Subject) -> Spread | None:
        """Microseconds in our timer for each busy connection and second, or None."""
        values = [
            MICRO * window.checks / window.seconds / subject.count
            for window in self.busy[subject]
        ]
        return spread(values) if all(values) else None

    def idle_ratio(self, subject: Subject, base: Subject) -> Spread:
        """CPU for each connection, idle, as a multiple of another's."""
        return _ratio(self.idle, subject, base)

    def busy_ratio(self, subject: Subject, base: Subject) -> Spread:
        """The same while all peers talk."""
        return _ratio(self.busy, subject, base)


def _costs(subject: Subject, windows: Sequence[Window]) -> list[float]:
    return [MICRO * w.cpu / w.seconds / subject.count for w in windows]


def _ratio(
    found: dict[Subject, list[Window]], subject: Subject, base: Subject
) -> Spread:
    samples = {
        "subject": _costs(subject, found[subject]),
        "base": _costs(base, found[base]),
    }
    return ratios(samples, "base")["subject"]
