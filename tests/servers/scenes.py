"""The scenes, the same for every protocol, and the tests of their outcomes."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.error import ConnectionDone, ConnectionLost

from tests.servers.acts import Case, Company, Play, at_once, down, up
from tests.servers.meeting import ALLOWANCE, Returning, after, connected, in_time
from tests.servers.observed import record

if TYPE_CHECKING:
    from tests.servers.clients.watched import Watched
    from tests.servers.daemons import Daemon

__all__ = ["AskingTests", "ListeningTests", "ServerTests", "faults", "steady"]

PAUSE = 0.05
"""Seconds between two messages of a busy client."""

COARSE = 1.0
"""Seconds by which servers that count whole ones may be early."""


async def steady(server: Daemon, case: Case, company: Company) -> None:
    """Clients that nothing is done to, but one of them is not ours."""
    alone = await connected(case, server, None)
    idle = await connected(case, server, case.policy)
    busy = await connected(case, server, case.policy)
    scenes = [
        company.scene(case, "alone", _dropped(case, alone)),
        company.scene(case, "idle", _stays(case, idle, alone)),
        company.scene(case, "busy", _talks(case, busy)),
    ]
    if case.answers is not None:
        quiet = await connected(case, server, case.answers)
        answering = _stays(case, quiet, alone, case.questions)
        scenes.append(company.scene(case, "answers", answering))
    if case.hears:
        scenes.append(company.scene(case, "listens", _listens(server, case)))
    await at_once(scenes)


async def _dropped(case: Case, alone: Watched) -> str:
    """The server ends it, neither before its rule says so nor much later."""
    await in_time(alone.over, case.slowest + ALLOWANCE)
    assert alone.kind is None
    within = case.server_rule.within
    assert within is not None
    assert within - COARSE <= alone.lived, (alone.lived, within)
    words = f" ({alone.last_words})" if alone.last_words else ""
    return f"dropped after {alone.lasted:.1f} s{words}"


async def _stays(
    case: Case, client: Watched, alone: Watched, questions: int = 0
) -> str:
    """It outlives the one that says nothing, and many intervals.

    It stays until it has answered that many *questions*.
    """
    began = time.monotonic()
    latest = began + case.span + case.slowest + ALLOWANCE
    await after(case.span)
    while client.reason is None and (
        alone.reason is None or client.heartbeat.counters.pings_answered < questions
    ):
        assert time.monotonic() < latest, (alone.reason, client.heartbeat.counters)
        await after(PAUSE)
    seconds = time.monotonic() - began
    await _works(client)
    said = _said(client)
    assert said, client.heartbeat.counters
    await _leaves(client)
    return f"connected for {seconds:.1f} s{said}"


async def _talks(case: Case, client: Watched) -> str:
    """Messages flow both ways for many intervals."""
    until = time.monotonic() + case.span
    sent = 0
    for number in itertools.count():
        if time.monotonic() > until:
            break
        assert client.reason is None, client.reason
        await in_time(client.ask(b"message %d" % number), ALLOWANCE)
        sent += 1
        await after(PAUSE)
    assert sent > case.span
    said = _said(client)
    await _leaves(client)
    return f"{sent} messages both ways{said}"


async def _listens(server: Daemon, case: Case) -> str:
    """Who is told a lot and says nothing stays, and without us is dropped."""
    deaf = await connected(case, server, None)
    listener = await connected(case, server, case.policy)
    teller = await connected(case, server, case.policy)
    until = time.monotonic() + max(case.span, case.slowest + ALLOWANCE)
    least = time.monotonic() + case.span
    while time.monotonic() < until:
        heard_more = listener.messages > deaf.messages
        if deaf.reason is not None and heard_more and time.monotonic() > least:
            break
        for other in (deaf, listener):
            teller.tell(other.address, b"tick")
        await after(PAUSE)
    assert deaf.reason is not None, "the server has not dropped it"
    assert deaf.kind is None
    assert deaf.messages > 1
    assert listener.messages > deaf.messages
    heard = f"{listener.messages} messages heard, connected"
    for client in (listener, teller):
        await _leaves(client)
    dropped = f"dropped after {deaf.lasted:.1f} s, {deaf.messages} heard"
    return f"{heard}; a silent client was {dropped}"


def _said(client: Watched) -> str:
    """What the keepalives of both sides have said; it must have been answered."""
    done = client.heartbeat.counters
    assert done.pongs >= done.pings_sent - 1, done
    counts = {
        "asked": done.pings_sent,
        "answered us": done.pongs,
        "beats": done.beats_sent,
        "answered it": done.pings_answered,
    }
    said = ", ".join(f"{word} {count}" for word, count in counts.items() if count)
    return f" ({said})" if said else ""


async def _works(client: Watched) -> None:
    assert client.reason is None, client.reason
    await in_time(client.ask(b"still there"), ALLOWANCE)


async def _leaves(client: Watched) -> None:
    """It was never suspected, and goes of its own will."""
    assert client.reason is None, client.reason
    assert not client.suspicions, client.suspicions
    assert not client.verdicts, client.verdicts
    client.transport.abortConnection()
    await in_time(client.over, ALLOWANCE)


async def faults(server: Daemon, case: Case, company: Company) -> None:
    """One client, and a server that is frozen, goes on, is killed and comes again."""
    service = Returning(case, server)
    service.start()
    try:
        await _faults(server, case, company, service)
    finally:
        await service.stop()


async def _faults(
    server: Daemon, case: Case, company: Company, service: Returning
) -> None:
    first = await company.scene(case, "enters", _enters(service))
    await company.together(_deed(server.freeze))
    await company.scene(case, "frozen", _judged(case, first))
    await company.together(_deed(server.thaw))
    second = await company.scene(case, "thaws", _returned(service, first))
    await company.together(_deed(server.kill))
    await company.scene(case, "killed", _lost(second))
    await company.together(lambda: _again(server))
    await company.scene(case, "returns", _returned(service, second))


def _deed(method: Any) -> Any:
    async def deed() -> None:
        method()

    return deed


async def _again(server: Daemon) -> None:
    await down(server)
    await up(server)


async def _enters(service: Returning) -> Watched:
    client = await service.present()
    await _works(client)
    return client


async def _judged(case: Case, client: Watched | None) -> str:
    """The right verdict, in the promised time."""
    assert client is not None, "it was never connected"
    began = time.monotonic()
    within = client.heartbeat.policy.within
    assert within is not None
    await in_time(client.over, within + ALLOWANCE)
    lasted = time.monotonic() - began
    assert client.kind is case.frozen, client.reason
    assert client.verdicts
    return f"{case.frozen.name} after {lasted:.1f} s, {within:g} s promised"


async def _lost(client: Watched | None) -> str:
    """What happened was the server's end, not our verdict."""
    assert client is not None, "it was never connected"
    began = time.monotonic()
    await in_time(client.over, ALLOWANCE)
    lasted = time.monotonic() - began
    assert client.reason is not None
    assert client.kind is None, client.reason
    assert client.reason.check(ConnectionDone, ConnectionLost), client.reason
    return f"{type(client.reason.value).__name__} after {lasted:.1f} s"


async def _returned(service: Returning, before: Watched | None) -> Watched:
    """Another client of the service is let in, and everything works again."""
    client = await service.present()
    assert client is not before
    await _works(client)
    pinged = client.heartbeat.policy.asks
    if pinged:
        await in_time(client.heartbeat.ping(), ALLOWANCE)
    return client


class ServerTests:
    """Mixed into a test case for one protocol on one kind of server.

    Attributes:
        play: What happens.
        case: The protocol.
    """

    play: ClassVar[Play]
    case: ClassVar[Case]

    def test_idle(self) -> None:
        """A client that says nothing stays for many intervals, without a suspicion."""
        kept = self.play.outcome(self.case, "idle")
        dropped = self.play.outcome(self.case, "alone")

        self._record(self.case.rule, f"{kept}; a silent client was {dropped}")

    def test_alone(self) -> None:
        """A client that keeps silent is dropped by the server, as its rule says."""
        self.play.outcome(self.case, "alone")

    def test_busy(self) -> None:
        """With messages both ways it stays, without a suspicion."""
        talked = self.play.outcome(self.case, "busy")

        self._record("busy", f"connected for {self.case.span:g} s, {talked}")

    def test_frozen(self) -> None:
        """A server that does not go on is found out in time, for what it is."""
        self._record("peer frozen (SIGSTOP)", self.play.outcome(self.case, "frozen"))

    def test_thaws(self) -> None:
        """When it goes on, the next connection works."""
        self.play.outcome(self.case, "thaws")

    def test_killed(self) -> None:
        """A server that ends is a connection lost, and no verdict of ours."""
        self._record("peer killed (SIGKILL)", self.play.outcome(self.case, "killed"))

    def test_returns(self) -> None:
        """When it is back, the service connects again, or it does, and all works."""
        self.play.outcome(self.case, "returns")

        who = "it" if self.play.daemon.calls else "ClientService"
        self._record("peer back", f"{who} reconnected; all works")

    def _record(self, rule: str, observed: str, sends: str = "") -> None:
        record(
            server=self.case.name,
            version=self.play.daemon.version(),
            rule=rule,
            sends=sends or self.case.sends,
            observed=observed,
        )


class AskingTests(ServerTests):
    """Those for a protocol in which the server asks as well."""

    def test_answers(self) -> None:
        """Answering is enough to stay."""
        self._record("answers only", self.play.outcome(self.case, "answers"))


class ListeningTests(ServerTests):
    """Those for a protocol in which a client may only listen."""

    def test_listens(self) -> None:
        """Who is told a lot and says nothing stays; without us the server drops it."""
        self._record("listening only", self.play.outcome(self.case, "listens"))
