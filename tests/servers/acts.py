"""What is done to a server's clients, and what becomes of them.

A `Play` is all of it for one kind of server. Most of the time everybody waits for a
clock, so the plays of all modules that are loaded run at the same time on the global
reactor, when the first test asks for its outcome.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import attrs
from twisted.internet.defer import Deferred, DeferredList
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest

from tests.connections import global_reactor
from tests.live import play
from tests.servers.daemons import Daemon, why_not
from tests.servers.meeting import STARTING, after

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from heartbeat import Keepalive, Kind
    from tests.servers.clients.watched import Watched

__all__ = ["Case", "Company", "Play", "at_once", "down", "up"]

T = TypeVar("T")

LONGEST = 300.0
"""Seconds that all plays may take."""


@attrs.frozen(kw_only=True)
class Case:
    """One protocol on one kind of server.

    Attributes:
        name: Of the server and the protocol, as in the table.
        rule: The server's rule in words.
        sends: What our side sends.
        client: Makes a client for a server; with None as policy, one without us.
        policy: Of ours.
        answers: A policy that asks nothing, for a server that asks; None if there
            is no such server, or no such protocol.
        questions: How many of the server's a client that only answers has answered,
            at least.
        hears: Whether one client can send messages to another.
        server_rule: The rule as a profile makes it of the server's numbers.
        slowest: Seconds after which the server has certainly dropped who says nothing.
        span: Seconds that are many intervals.
        frozen: What we find when the server is frozen.
        port: Which of the server's ports.
    """

    name: str
    rule: str
    sends: str
    client: Callable[[Keepalive | None, Any], Watched]
    policy: Keepalive
    answers: Keepalive | None = None
    questions: int = 3
    hears: bool = True
    server_rule: Keepalive
    slowest: float
    span: float
    frozen: Kind
    port: int = 0


class Play:
    """All that happens to the clients of one kind of server.

    Args:
        daemon: The kind.
        cases: The protocols.
        acts: What is done, each with a server of its own if that is cheap, else one
            after the other; it returns the outcomes by name of case and scene.

    Attributes:
        begun: Whether it was, or is being, performed.
        outcomes: A failure, or what was returned, by name of case and scene.
    """

    every: ClassVar[list[Play]] = []
    """Those of all modules that are loaded."""

    def __init__(
        self,
        daemon: type[Daemon],
        cases: list[Case],
        acts: list[Callable[[Daemon, Case, Company], Coroutine[Any, Any, Any]]],
    ) -> None:
        self.daemon = daemon
        self.cases = cases
        self._acts = acts
        self.begun = False
        self._failure: Failure | None = None
        self.outcomes: dict[tuple[str, str], Any] = {}
        self.every.append(self)

    def outcome(self, case: Case, scene: str) -> Any:
        """What a scene returned, or raised.

        Raises:
            SkipTest: The server is not here.
        """
        if reason := why_not(self.daemon):
            raise SkipTest(reason)
        _perform_all()
        found = self.outcomes.get((case.name, scene), self._failure)
        assert found is not None, f"{case.name}: {scene} was never played"
        if isinstance(found, Failure):
            found.raiseException()
        return found

    def failed(self, failure: Failure) -> None:
        """Scenes that were not played were hindered by *failure*."""
        self._failure = failure

    async def perform(self) -> None:
        """Do everything; nothing is left of it."""
        if self.daemon.cheap:
            await at_once(self._perform([act]) for act in self._acts)
        else:
            await self._perform(self._acts)

    async def _perform(self, acts: list[Any]) -> None:
        server = self.daemon()
        try:
            server.configure()
            await up(server)
            for act in acts:
                company = Company(len(self.cases), self.outcomes)
                await at_once(act(server, case, company) for case in self.cases)
        finally:
            if not server.is_gone():
                server.kill()
                await down(server)
            server.close()


class Company:
    """The cases that share one server: what is done to it is done once, to all.

    Args:
        size: How many cases.
        outcomes: Where outcomes of scenes go.
    """

    def __init__(self, size: int, outcomes: dict[tuple[str, str], Any]) -> None:
        self._size = size
        self._outcomes = outcomes
        self._waiting: list[Deferred[None]] = []

    async def scene(
        self, case: Case, name: str, scene: Coroutine[Any, Any, T]
    ) -> T | None:
        """Play one; its failure is kept for the test that asks, and all goes on."""
        try:
            result = await scene
        except Exception:  # noqa: BLE001 - shown by the test
            self._outcomes[case.name, name] = Failure()
            return None
        self._outcomes[case.name, name] = result
        return result

    async def together(self, deed: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Wait until every case has come here; the last one does the *deed*."""
        arrived: Deferred[None] = Deferred()
        self._waiting.append(arrived)
        if len(self._waiting) == self._size:
            waiting, self._waiting = self._waiting, []
            try:
                await deed()
            finally:
                for other in waiting:
                    other.callback(None)
        await arrived


async def up(server: Daemon) -> None:
    """Start it, and wait until it is there."""
    server.start()
    deadline = time.monotonic() + STARTING
    while not server.is_up():
        assert time.monotonic() < deadline, f"{server.name} is not up: {server.log()}"
        await after(0.05)


async def down(server: Daemon) -> None:
    """Wait until nothing is left of one that was killed."""
    deadline = time.monotonic() + STARTING
    while not server.is_gone():
        assert time.monotonic() < deadline, f"{server.name} is still there"
        await after(0.05)


async def at_once(coroutines: Any) -> list[Any]:
    """Run them all to the end; then fail if one has."""
    begun = [Deferred.fromCoroutine(coroutine) for coroutine in coroutines]
    ended = await DeferredList(begun, consumeErrors=True)
    for good, result in ended:
        if not good:
            result.raiseException()
    return [result for _, result in ended]


def _perform_all() -> None:
    """Perform what was not yet: once, whether it goes well or not."""
    plays = [each for each in Play.every if not each.begun]
    for each in plays:
        each.begun = True
    able = [each for each in plays if each.daemon.where()]
    if able:
        try:
            play(global_reactor(), lambda: _all_of(able), LONGEST)
        finally:
            for daemon in list(Daemon.running):  # it took too long, or was interrupted
                daemon.close()


def _all_of(plays: list[Play]) -> Deferred[Any]:
    performed = (_guarded(each) for each in plays)
    return Deferred.fromCoroutine(at_once(performed))


async def _guarded(performed: Play) -> None:
    """Perform it; what hinders it is the outcome of all its scenes."""
    try:
        await performed.perform()
    except Exception:  # noqa: BLE001 - shown by its tests
        performed.failed(Failure())
