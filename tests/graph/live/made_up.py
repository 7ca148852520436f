"""Snapshots of programs that do not exist, but change as if they did."""

from __future__ import annotations

import random
from typing import Any

import attrs
from twisted.internet.defer import Deferred, succeed

from heartbeat.graph.model import (
    CallVerdict,
    Endpoint,
    KeepaliveInfo,
    Kernel,
    Kind,
    Link,
    Process,
    ScopeInfo,
    Service,
    Site,
    Snapshot,
    State,
    Strength,
    Task,
    Threads,
    Timer,
)

__all__ = ["HOSTILE", "PROCESS", "START", "Crowd", "Story", "call", "connection"]

START = 1_700_000_000.0
"""When the first snapshot is taken, unless somebody knows better."""

HOSTILE = "<img src=x onerror=alert(1)>"
"""The name of a class that means no good."""

PROCESS = Process(
    pid=4242,
    program="chat.py",
    reactor="twisted.internet.epollreactor.EPollReactor",
    running=True,
    python="3.11.7",
    twisted="26.10.0",
    heartbeat="0.1.0",
)


def connection(number: int, **more: Any) -> Endpoint:
    """A connection that was accepted by the port l1."""
    known: dict[str, Any] = {
        "id": f"c{number}",
        "kind": Kind.TCP,
        "state": State.CONNECTED,
        "protocol": "chat.rooms.Chat",
        "layers": ("twisted.internet.tcp.Server",),
        "local": "127.0.0.1:8000",
        "peer": f"10.0.{number // 250}.{number % 250}:{40000 + number % 20000}",
        "fd": 10 + number,
        "reading": True,
        "parent": "l1",
        "factory": "chat.rooms.Rooms",
        "kernel": Kernel(state="ESTABLISHED", heard_ago=1.0, sent_ago=1.0, rtt=0.0004),
    }
    return Endpoint(**known | more)


def call(
    number: int, target: str | None = None, due: float = 5.0, **more: Any
) -> Timer:
    """A call of a method of the connection *target*."""
    link = Link(target=target, strength=Strength.DIRECT, path=("bound method", "self"))
    known: dict[str, Any] = {
        "id": f"t{number}",
        "due": due,
        "function": "chat.rooms.Chat.ping",
        "site": Site("/srv/chat/rooms.py", 48, "Chat.ping"),
        "verdict": CallVerdict.OK if target else CallVerdict.UNATTACHED,
        "links": (link,) if target else (),
    }
    return Timer(**known | more)


class Story:
    """A small program with a bit of everything.

    Attributes:
        now: Seconds since 1970.
        kept: The endpoints and so on by id; change them at will.
        taken: Snapshots so far.
        trouble: Raised instead of the next one.
    """

    def __init__(self, now: float = START) -> None:
        self.now = self.began = now
        self.taken = 0
        self.trouble: Exception | None = None
        self.kept: dict[str, Any] = {thing.id: thing for thing in _cast()}

    def change(self, id: str, **more: Any) -> None:  # noqa: A002 - as in the model
        """Let something be different from now on."""
        self.kept[id] = attrs.evolve(self.kept[id], **more)

    def ask(self, id: str, *, answered: bool) -> None:  # noqa: A002 - as above
        """Let a keepalive ask, and be answered or not."""
        watch = self.kept[id].keepalive
        state = "alive" if answered else "asked"
        watch = attrs.evolve(
            watch,
            asked=watch.asked + 1,
            answered=watch.answered + answered,
            state=state,
        )
        self.change(id, keepalive=watch)

    def lose(self, id: str, call: str) -> None:  # noqa: A002 - as above
        """Let a connection go, and the call that was made for it stay."""
        self.change(
            id,
            state=State.DISCONNECTED,
            reading=False,
            fd=None,
            kernel=None,
            lost_ago=0.0,
            lost_reason="ConnectionLost",
        )
        self.change(call, verdict=CallVerdict.STRAY)

    def snapshot(self) -> Snapshot:
        """What there is now."""
        self.taken += 1
        since = self.now - self.began
        things = [_older(thing, since) for thing in self.kept.values()]
        return Snapshot(
            taken_at=self.now,
            process=PROCESS,
            threads=Threads(limit=10, idle=2, busy=1),
            endpoints=tuple(t for t in things if isinstance(t, Endpoint)),
            timers=tuple(t for t in things if isinstance(t, Timer)),
            tasks=tuple(t for t in things if isinstance(t, Task)),
            services=tuple(t for t in things if isinstance(t, Service)),
            unowned_sockets=1,
            took=0.002,
        )

    def source(self) -> Deferred[Snapshot]:
        """For ``serve``."""
        if self.trouble is not None:
            raise self.trouble
        return succeed(self.snapshot())


def _older(thing: Any, since: float) -> Any:
    """It, *since* seconds after the story began."""
    if isinstance(thing, Timer):
        return attrs.evolve(thing, due=thing.due - since)
    return thing


def _cast() -> list[Any]:
    watch = KeepaliveInfo(
        state="alive", interval=30, timeout=10, asked=3, answered=3, due=12
    )
    shared = Link(
        target=None, owner="3 connections", strength=Strength.SHARED, sharers=3
    )
    retry = Link(owner="ClientService", strength=Strength.OWNED)
    return [
        Endpoint(
            id="l1",
            kind=Kind.TCP,
            state=State.LISTENING,
            protocol="chat.rooms.Rooms",
            local="127.0.0.1:8000",
            fd=9,
        ),
        Endpoint(
            id="l2", kind=Kind.UNIX, state=State.LISTENING, local="/run/chat/control"
        ),
        connection(
            1,
            keepalive=watch,
            scopes=(ScopeInfo(name="Chat", state="open", pending=2, owned=1),),
        ),
        connection(2, kind=Kind.TLS, keepalive=watch, paused=True),
        connection(
            3,
            protocol="client.ClientAPI",
            parent=None,
            factory="client.ClientFactory",
            peer="192.0.2.7:443",
            keepalive=watch,
        ),
        connection(4, protocol=HOSTILE, peer="10.9.9.9:1"),
        call(1, "c1", 25.0, repeat=30.0),
        call(2, "c2", 400.0),
        call(3, "c3", 9.0, function="client.ClientAPI.postConnectionLostCall"),
        call(4, "c1", 55.0, function="chat.rooms.Chat.forget_typing"),
        call(
            5,
            due=3.0,
            function="chat.stats.report",
            verdict=CallVerdict.SHARED,
            links=(shared,),
            repeat=5.0,
        ),
        call(
            6,
            due=14.0,
            function="twisted.application.internet.retry",
            verdict=CallVerdict.SERVICE,
            links=(retry,),
        ),
        call(7, due=600.0, function="chat.backup"),
        Service(
            id="v1",
            state="waiting to retry",
            endpoint="TCP4ClientEndpoint",
            factory="chat.upstream.Upstream",
            failed_attempts=2,
            timer="t6",
        ),
        Task(
            id="a1",
            name="Task-3",
            coroutine="chat.bridge.pump",
            site=Site("/srv/chat/bridge.py", 17),
            links=(Link(target="c1", strength=Strength.OWNED, path=("frame", "chat")),),
        ),
    ]


class Crowd:
    """A big program: connections that talk, come and go, with calls that are put off.

    Args:
        connections: How many.
        calls: How many.
        seed: Of the chance that rules it.
        churn: The part of all that changes from one snapshot to the next.
    """

    def __init__(
        self,
        connections: int = 2_000,
        calls: int = 4_000,
        *,
        seed: int = 1,
        churn: float = 0.02,
        now: float = START,
    ) -> None:
        self.now = now
        self.took = 0.2
        self._size = (connections, calls)
        self._churn = churn
        self._chance = random.Random(seed)  # noqa: S311 - nothing secret
        self._number = 0
        self._ports = [
            Endpoint(
                id=f"l{port}",
                kind=Kind.TCP,
                state=State.LISTENING,
                protocol="chat.rooms.Rooms",
                local=f"127.0.0.1:{8000 + port}",
            )
            for port in range(1, 5)
        ]
        self._connections: dict[str, Endpoint] = {}
        self._heard: dict[str, float] = {}
        self._calls: dict[str, tuple[Timer, float]] = {}
        self._grow()

    def step(self, seconds: float = 1.0) -> Snapshot:
        """Let time pass, and look."""
        self.now += seconds
        for key in self._some(list(self._connections), 5):
            self._heard[key] = self.now - self._chance.random() * seconds
        for key in self._some(list(self._connections), 1):
            self._happen(key)
        for key in self._some(list(self._calls), 1):
            del self._calls[key]
        for key in [key for key, (_, due) in self._calls.items() if due < self.now]:
            del self._calls[key]
        self._grow()
        return self.snapshot()

    def snapshot(self) -> Snapshot:
        """What there is."""
        return Snapshot(
            taken_at=self.now,
            process=PROCESS,
            endpoints=(
                *self._ports,
                *(self._seen(each) for each in self._connections.values()),
            ),
            timers=tuple(
                attrs.evolve(timer, due=due - self.now)
                for timer, due in self._calls.values()
            ),
            took=self.took,
            longest=0.005,
        )

    def _some(self, keys: list[str], times: float) -> list[str]:
        count = min(len(keys), int(len(keys) * self._churn * times))
        return self._chance.sample(keys, count)

    def _seen(self, endpoint: Endpoint) -> Endpoint:
        heard_ago = self.now - self._heard[endpoint.id]
        return attrs.evolve(endpoint, kernel=Kernel(heard_ago=heard_ago, rtt=0.001))

    def _happen(self, key: str) -> None:
        chance = self._chance.random()
        endpoint = self._connections[key]
        if chance < 0.1 or endpoint.is_gone:
            del self._connections[key]
            for each, (timer, due) in list(self._calls.items()):
                if key in timer.targets and chance < 0.95:
                    del self._calls[each]
                elif key in timer.targets:
                    self._calls[each] = (timer, due)
        elif chance < 0.12:
            self._lose(key)
        else:
            watch = endpoint.keepalive or KeepaliveInfo(state="alive")
            watch = attrs.evolve(
                watch, asked=watch.asked + 1, answered=watch.answered + 1
            )
            if chance < 0.2:
                watch = attrs.evolve(
                    watch, state="suspect", answered=watch.answered - 1
                )
            else:
                watch = attrs.evolve(watch, state="alive")
            self._connections[key] = attrs.evolve(endpoint, keepalive=watch)

    def _lose(self, key: str) -> None:
        self._connections[key] = attrs.evolve(
            self._connections[key], state=State.DISCONNECTED, lost_ago=0.0
        )
        for each, (timer, due) in list(self._calls.items()):
            if key in timer.targets:
                stray = attrs.evolve(timer, verdict=CallVerdict.STRAY)
                self._calls[each] = (stray, due)

    def _grow(self) -> None:
        connections, calls = self._size
        while len(self._connections) < connections:
            self._number += 1
            port = self._chance.choice(self._ports).id
            watch = KeepaliveInfo(state="alive", interval=30, timeout=10)
            new = connection(self._number, parent=port, keepalive=watch)
            self._connections[new.id] = new
            self._heard[new.id] = self.now
        alive = [key for key, each in self._connections.items() if not each.is_gone]
        while len(self._calls) < calls:
            self._number += 1
            target = self._chance.choice(alive)
            due = self.now + self._chance.expovariate(1 / 120)
            self._calls[f"t{self._number}"] = (call(self._number, target), due)
