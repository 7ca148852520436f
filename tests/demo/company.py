"""Cases of the demo, connected in memory to a peer that answers, or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from twisted.internet.task import Clock
from twisted.protocols.basic import LineReceiver

from heartbeat.clock import ScopedClock
from heartbeat.demo.case import Case, Log, Watched
from heartbeat.demo.claims import Claim
from heartbeat.testing import Pair, connect
from tests.reactors import run

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from heartbeat.demo.peers import Process

__all__ = ["Answers", "Deeds", "Told", "acted", "begin", "failed", "staged"]

C = TypeVar("C", bound=Case)


class Told(list[tuple[str, str]]):
    """What cases tell."""

    def __call__(self, name: str, text: str) -> None:
        """Keep it."""
        self.append((name, text))


class Answers(LineReceiver):
    """A peer that answers our pings."""

    MAX_LENGTH = 10**6

    def lineReceived(self, line: bytes) -> None:
        """Answer, if it is one."""
        word, _, payload = line.partition(b" ")
        if word == b"PING":
            self.sendLine(b"PONG " + payload)


class Deeds:
    """A process that keeps what is done to it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def freeze(self) -> None:
        """Freeze it."""
        self.done.append("freeze")

    def kill(self) -> None:
        """Kill it."""
        self.done.append("kill")


def failed(case: Case) -> list[str]:
    """The claims of *case* that do not hold."""
    return [claim.text for claim in case.claims() if not claim.holds]


def begin(case: Case) -> list[str]:
    """What *case* does to its process."""
    deeds = Deeds()
    case.begin(cast("Process", deeds))
    return deeds.done


def staged(
    kind: Callable[[Log], C],
) -> tuple[C, Pair[Watched, Answers], Told]:
    """A case of that kind, connected; its first ping was answered."""
    told = Told()
    case = kind(told)
    clock = Clock()
    pair = connect(Watched(case, clock), Answers(), clock)
    case.ours.heartbeat.ping()
    pair.flush()
    return case, pair, told


def acted(
    reactor: Any, act: Callable[[ScopedClock], Coroutine[Any, Any, list[Claim]]]
) -> list[Claim]:
    """What is claimed at the end of *act*, for which *reactor* is run."""
    clock, claims = ScopedClock(reactor), list[Claim]()
    clock.run(act(clock)).addCallback(claims.extend).addBoth(lambda _: reactor.stop())
    run(reactor)
    return claims
