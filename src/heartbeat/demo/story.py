"""The story of the stray call, told twice on a real TCP connection."""

from __future__ import annotations

import gc
import time
import weakref
from typing import TYPE_CHECKING, Any, Protocol

import attrs
from twisted.internet.defer import maybeDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.protocol import Factory

from heartbeat.demo.claims import Claim, until
from heartbeat.demo.clients import Server, by_hand, difference, scoped, source_of
from heartbeat.graph import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.protocols.basic import LineOnlyReceiver

    from heartbeat.clock import ScopedClock
    from heartbeat.graph import Snapshot

__all__ = [
    "Entry",
    "Notebook",
    "Stage",
    "claims_by_hand",
    "claims_scoped",
    "tell",
]

GONE = "connection lost"
PING = "sends PING"
TIMEOUT = "keepalive timeout: the peer does not answer!"

STRAY = "ClientAPI.postConnectionLostCall"

WATCH = 0.9
"""Seconds for which the story goes on after the connection is lost."""

LIMIT = 10.0
"""Seconds that anything may take before the story goes on without it."""


class Stage(Protocol):
    """Where the story is shown."""

    def say(self, text: str) -> None:
        """A paragraph."""

    def code(self, source: str) -> None:
        """Python source."""

    def changes(self, lines: list[str]) -> None:
        """Lines of source that begin with ``+`` or ``-``."""

    def event(self, at: float, text: str, remark: str = "") -> None:
        """Something happened, *at* seconds after the beginning."""

    def picture(self, seen: Snapshot) -> None:
        """What the reactor is doing."""

    def claims(self, claims: list[Claim]) -> None:
        """What has just been seen."""


@attrs.frozen
class Entry:
    """A line of the log.

    Attributes:
        at: Seconds since the notebook was opened.
        text: What the protocol logged.
    """

    at: float
    text: str


@attrs.define(eq=False)
class Notebook:
    """What is known of one telling.

    Attributes:
        show: Called with each entry as it is written.
        entries: The log of the client, oldest first.
        received: Lines the server received.
        pending: Calls of the reactor that will touch the client, right after it
            was connected, right after its connection was lost, and at the end.
        alive: Whether anything keeps the client's protocol object alive at the end.
        picture: What the reactor was doing right after the connection was lost.
    """

    show: Callable[[float, str, str], None]
    entries: list[Entry] = attrs.Factory(list)
    received: list[bytes] = attrs.Factory(list)
    pending: list[int] = attrs.Factory(list)
    alive: bool = True
    picture: Snapshot | None = None
    _opened_at: float = attrs.Factory(time.monotonic)

    def log(self, text: str) -> None:
        """Write down and show what the client says."""
        entry = Entry(time.monotonic() - self._opened_at, text)
        gone = self.at(GONE)
        remark = "" if gone is None else f"  {entry.at - gone:.2f} s after the loss"
        self.entries.append(entry)
        self.show(entry.at, text, remark)

    def at(self, text: str) -> float | None:
        """When *text* was last logged."""
        return next((e.at for e in reversed(self.entries) if e.text == text), None)

    def strays(self) -> list[str]:
        """The calls in the picture whose connection is gone."""
        return (
            [timer.function for timer in self.picture.strays()] if self.picture else []
        )

    def after_loss(self) -> dict[str, float]:
        """What was logged after the loss, with seconds since then."""
        gone = self.at(GONE)
        if gone is None:
            return {}
        later = [e for e in self.entries if e.at > gone]
        return {e.text: e.at - gone for e in later}


async def tell(reactor: Any, clock: ScopedClock, stage: Stage) -> list[Claim]:
    """The whole story; its claims."""
    stage.say("A client keeps its connection alive by hand:")
    stage.code(source_of(by_hand))
    stage.say(
        "The server answers one PING and closes the connection. The client's log:"
    )
    bare = await _perform(by_hand, reactor, clock, stage)
    first = claims_by_hand(bare)
    stage.claims(first)

    stage.say("The same class, its timers owned by the connection:")
    stage.changes(difference())
    stage.say("The same server:")
    owned = await _perform(scoped, reactor, clock, stage)
    second = claims_scoped(owned)
    stage.claims(second)
    return first + second


def claims_by_hand(seen: Notebook) -> list[Claim]:
    """What is wrong with the first telling."""
    late = seen.after_loss()
    fired, blamed = late.get(PING, 0.0), late.get(TIMEOUT, 0.0)
    return [
        Claim(
            f"The reactor shows it: {STRAY} is pending, and the one connection it "
            "reaches is gone.",
            seen.strays() == [STRAY],
            f"stray calls: {seen.strays()}",
        ),
        Claim(
            "The pending call outlived its connection: it fired "
            f"{fired:.1f} s after connectionLost.",
            PING in late,
            "it did not fire",
        ),
        Claim(
            "Its PING went nowhere: no error here, nothing received there.",
            TIMEOUT in late and seen.received == [b"PING"],
            f"the server received {seen.received}",
        ),
        Claim(
            "It reported a timeout of a connection that had been gone for "
            f"{blamed:.1f} s.",
            TIMEOUT in late,
            "it reported none",
        ),
    ]


def claims_scoped(seen: Notebook) -> list[Claim]:
    """What is right with the second one."""
    late = seen.after_loss()
    return [
        Claim(
            "The pending call was cancelled before connectionLost ran.",
            seen.at(GONE) is not None and seen.pending[1:] == [0, 0],
            f"pending when connected, lost, and at the end: {seen.pending}",
        ),
        Claim(
            "The reactor shows no call that hangs from a lost connection.",
            seen.picture is not None and not seen.strays(),
            f"stray calls: {seen.strays()}",
        ),
        Claim(
            f"Nothing fired in the {WATCH:.1f} s after it.",
            seen.at(GONE) is not None and not late,
            ", ".join(late),
        ),
        Claim(
            "Nothing is left: not even the protocol object is kept alive.",
            not seen.alive,
            "something keeps it alive",
        ),
    ]


async def _perform(
    telling: Callable[..., type[LineOnlyReceiver]],
    reactor: Any,
    clock: ScopedClock,
    stage: Stage,
) -> Notebook:
    seen = Notebook(stage.event)
    factory = Factory.forProtocol(lambda: Server(seen.received))
    listening = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
    port = await listening.listen(factory)
    try:
        client: Any = telling(reactor, seen.log)()
        client.reactor = reactor
        await _live_through(client, port.getHost().port, clock, seen, stage)
        watched = weakref.ref(client)
        del client
        gc.collect()
        seen.alive = watched() is not None
    finally:
        await maybeDeferred(port.stopListening)
    return seen


async def _live_through(
    client: Any,
    port: int,
    clock: ScopedClock,
    seen: Notebook,
    stage: Stage,
) -> None:
    reactor = client.reactor
    await clock.sleep(0)  # whoever began this sets timers as well
    others = set(reactor.getDelayedCalls())

    def pending() -> int:
        return sum(call not in others for call in reactor.getDelayedCalls())

    endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port)
    factory = Factory.forProtocol(lambda: client)
    # Twisted's log would keep the factory, and so the client, for a while.
    factory.noisy = False
    await endpoint.connect(factory)
    seen.pending.append(pending())
    await until(clock, lambda: seen.at(GONE) is not None, LIMIT)
    seen.pending.append(pending())
    seen.picture = snapshot(reactor)
    stage.picture(seen.picture)
    await clock.sleep(WATCH)
    # If the machine was busy, what was due meanwhile has led to calls that are due later.
    await until(clock, lambda: not pending(), LIMIT)
    seen.pending.append(pending())
