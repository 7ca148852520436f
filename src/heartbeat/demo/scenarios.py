"""Keepalive against real processes: all six at once, in one reactor."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, Protocol

import attrs
from twisted.internet.defer import maybeDeferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.task import deferLater
from twisted.logger import ILogObserver, globalLogPublisher
from zope.interface import provider

from heartbeat.demo.case import POLICY, Case, Fate, Watched
from heartbeat.demo.claims import Claim, until
from heartbeat.demo.dying import Deaf, Frozen, Killed
from heartbeat.demo.living import Answering, Busy, Unheard
from heartbeat.demo.rows import Row, row_after, row_during

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twisted.internet.interfaces import IListeningPort

    from heartbeat.clock import ScopedClock
    from heartbeat.demo.peers import Process, Processes

__all__ = ["Board", "Company", "Stage", "play", "stalls_told_to"]

INTRODUCTION = (
    "Six processes are connected to us over TCP. Our end of each connection has the "
    f"mixin, wire = Lines() and keepalive = Keepalive(interval={POLICY.interval:g}, "
    f"timeout={POLICY.timeout:g}): ask after {POLICY.interval:g} s of silence, wait "
    f"{POLICY.timeout:g} s for the answer."
)

MORAL = (
    "Busy and unheard were as silent as frozen and deaf, for longer than interval + "
    "timeout. Only the evidence tells them apart."
)

OTHERS: list[type[Case]] = [Answering, Busy, Frozen, Deaf, Killed]
"""All but the one that we do not hear, in order of appearance."""

REFRESH = 0.1
"""Seconds between two pictures of the table, where it is live."""

LIMIT = 20.0
"""Seconds that anything may take before we go on without it."""


class Board(Protocol):
    """Where the table is shown while things happen."""

    def happened(self, at: float, name: str, text: str) -> None:
        """Something happened to *name*, *at* seconds after the deeds."""

    def update(self, rows: list[Row]) -> None:
        """How everybody stands."""

    def conclude(self, rows: list[Row]) -> None:
        """How everybody ended."""


class Stage(Protocol):
    """Where the performance is shown."""

    def say(self, text: str) -> None:
        """A paragraph."""

    def board(self) -> contextlib.AbstractContextManager[Board]:
        """A board, for as long as things happen."""


async def play(
    reactor: Any, clock: ScopedClock, processes: Processes, stage: Stage
) -> list[Claim]:
    """All six cases; what is claimed of them."""
    stage.say(INTRODUCTION)
    with stage.board() as board:
        company = Company(reactor, clock, processes, board)
        refresh = clock.every(REFRESH, company.show, now=True)
        try:
            claims = await company.perform()
        finally:
            refresh.stop()
            await company.leave()
    if all(claim.holds for claim in claims):
        stage.say(MORAL)
    return claims


class Company:
    """Everybody who plays in the second act.

    Args:
        reactor: Runs.
        clock: Of the demo, on that reactor.
        processes: Starts the peers.
        board: Where to show what happens.
    """

    def __init__(
        self, reactor: Any, clock: ScopedClock, processes: Processes, board: Board
    ) -> None:
        self._reactor = reactor
        self._clock = clock
        self._processes = processes
        self._board = board
        self._began_at = time.monotonic()
        self._ports: list[IListeningPort] = []
        self.unheard = Unheard(self._happened)
        others = [kind(self._happened) for kind in OTHERS]
        self.cases: list[Case] = [*others, self.unheard]

    async def perform(self) -> list[Claim]:
        """Everything, from the first connection to the last claim."""
        peers = [await self._start(case) for case in self.cases]
        if not await self._until_each(lambda case: case.protocol is not None):
            return [_connected(case) for case in self.cases]
        for case in self.cases:
            case.ours.heartbeat.ping().addErrback(lambda _: None)
        await self._until_each(_answered_once)
        self._began_at = time.monotonic()
        for case, peer in zip(self.cases, peers, strict=True):
            case.begin(peer)
        await self._until_each(lambda case: case.settled and _at_rest(case))
        await self._block()
        await self._until_each(_at_rest)
        self._board.conclude([row_after(case) for case in self.cases])
        return [claim for case in self.cases for claim in _named(case)]

    async def leave(self) -> None:
        """Close all that is open; nobody hears of it any more."""
        self._board = _Dark()
        for port in self._ports:
            await maybeDeferred(port.stopListening)
        for case in self.cases:
            if case.protocol is not None:
                case.protocol.transport.abortConnection()
        # An abort is done in the reactor's next turn. Not by our clock: it may be
        # closed already.
        await deferLater(self._reactor, 0)

    def show(self) -> None:
        """Put everybody on the board."""
        self._board.update([row_during(case) for case in self.cases])

    async def _start(self, case: Case) -> Process:
        factory = Factory.forProtocol(lambda: Watched(case, self._reactor))
        endpoint = TCP4ServerEndpoint(self._reactor, 0, interface="127.0.0.1")
        port = await endpoint.listen(factory)
        self._ports.append(port)
        return self._processes.start(case.mode, port.getHost().port)

    async def _block(self) -> None:
        with stalls_told_to(self.unheard.stalled):
            self.unheard.block()
            await until(self._clock, self.unheard.heard_again, LIMIT)

    async def _until_each(self, condition: Callable[[Case], bool]) -> bool:
        return await until(self._clock, lambda: all(map(condition, self.cases)), LIMIT)

    def _happened(self, name: str, text: str) -> None:
        self._board.happened(time.monotonic() - self._began_at, name, text)


class _Dark:
    """A board that nobody sees."""

    def happened(self, at: float, name: str, text: str) -> None:
        """Nobody is told."""

    def update(self, rows: list[Row]) -> None:
        """Nobody is shown."""

    def conclude(self, rows: list[Row]) -> None:
        """Nobody is shown."""


@contextlib.contextmanager
def stalls_told_to(listener: Callable[[float], None]) -> Iterator[None]:
    """Within it, *listener* hears the seconds of each stall that is logged."""

    @provider(ILogObserver)
    def observe(event: dict[str, Any]) -> None:
        if event.get("event") == "reactor_stalled":
            listener(event["lateness_s"])

    globalLogPublisher.addObserver(observe)
    try:
        yield
    finally:
        globalLogPublisher.removeObserver(observe)


def _answered_once(case: Case) -> bool:
    return case.ours.heartbeat.counters.pongs > 0


def _at_rest(case: Case) -> bool:
    """Whether nothing is under way that would be counted half."""
    return case.answered_all or case.fate is not Fate.LIVES


def _connected(case: Case) -> Claim:
    return Claim(f"{case.name}: connects", case.protocol is not None)


def _named(case: Case) -> list[Claim]:
    return [
        attrs.evolve(claim, text=f"{case.name}: {claim.text}")
        for claim in case.claims()
    ]
