"""Snapshots that nobody took, to draw and to store."""

from __future__ import annotations

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
    Source,
    State,
    Strength,
    Task,
    Threads,
    Timer,
)

__all__ = ["PROCESS", "everything", "many", "seed", "some", "three"]

PROCESS = Process(
    pid=4242,
    program="chat.py",
    reactor="twisted.internet.epollreactor.EPollReactor",
    running=True,
    python="3.11.7",
    twisted="26.10.0",
    heartbeat="0.1.0",
)

CHAT = "/home/ann/chat/chat.py"


def seed() -> Snapshot:
    """The story: ``ClientAPI`` is disconnected, and a call of it is pending."""
    return Snapshot(
        taken_at=1_700_000_000.0,
        process=PROCESS,
        endpoints=(
            Endpoint(
                id="l1",
                kind=Kind.TCP,
                state=State.LISTENING,
                protocol="chat.ServerFactory",
                layers=("twisted.internet.tcp.Port",),
                local="127.0.0.1:8000",
                fd=6,
                reading=True,
                factory="chat.ServerFactory",
            ),
            Endpoint(
                id="c1",
                kind=Kind.TCP,
                state=State.CONNECTED,
                protocol="chat.ServerAPI",
                layers=("twisted.internet.tcp.Server",),
                local="127.0.0.1:8000",
                peer="127.0.0.1:50312",
                fd=8,
                reading=True,
                factory="chat.ServerFactory",
                parent="l1",
                kernel=Kernel(
                    state="ESTABLISHED", heard_ago=0.31, sent_ago=0.3, rtt=0.0002
                ),
            ),
            Endpoint(
                id="c2",
                kind=Kind.TCP,
                state=State.DISCONNECTED,
                protocol="chat.ClientAPI",
                layers=("twisted.internet.tcp.Client",),
                peer="127.0.0.1:8000",
                factory="chat.ClientFactory",
                lost_ago=0.7,
                lost_reason="Connection was closed cleanly.",
            ),
        ),
        timers=(
            Timer(
                id="t1",
                due=1.2,
                function="chat.ServerAPI.expire",
                site=Site(CHAT, 18, "ServerAPI.expire"),
                verdict=CallVerdict.OK,
                links=(_direct("c1"),),
            ),
            Timer(
                id="t3",
                due=2.3,
                function="chat.ClientAPI.postConnectionLostCall",
                site=Site(CHAT, 42, "ClientAPI.postConnectionLostCall"),
                verdict=CallVerdict.STRAY,
                links=(_direct("c2"),),
                created=Site(CHAT, 31, "ClientAPI.connectionMade"),
                origin="c2",
            ),
        ),
        took=0.0012,
        longest=0.0012,
    )


def three() -> Snapshot:
    """A chat server with three connections, a periodic call, and nothing wrong."""
    kept = KeepaliveInfo(
        state="alive", interval=30.0, timeout=10.0, asked=12, answered=12, due=21.0
    )
    scope = ScopeInfo(name="", state="open", pending=1, owned=0)
    return Snapshot(
        taken_at=1_700_000_000.0,
        process=PROCESS,
        threads=Threads(limit=10, idle=2, busy=1),
        endpoints=(
            _port("l1", "127.0.0.1:8000", "chat.ServerFactory"),
            *(
                Endpoint(
                    id=f"c{n}",
                    kind=Kind.TCP,
                    state=State.CONNECTED,
                    protocol="chat.Chat",
                    layers=("twisted.internet.tcp.Server",),
                    local="127.0.0.1:8000",
                    peer=f"127.0.0.1:5031{n}",
                    fd=7 + n,
                    reading=True,
                    parent="l1",
                    kernel=Kernel(heard_ago=0.3 * n, rtt=0.0002),
                    keepalive=kept,
                    scopes=(scope,),
                )
                for n in (1, 2, 3)
            ),
        ),
        timers=(
            Timer(
                id="t4",
                due=0.2,
                function="chat.ServerFactory.sweep",
                site=Site(CHAT, 90, "ServerFactory.sweep"),
                repeat=5.0,
                verdict=CallVerdict.FACTORY,
                links=(
                    Link(owner="factory chat.ServerFactory", strength=Strength.DIRECT),
                ),
            ),
            *(
                Timer(
                    id=f"t{n}",
                    due=1.0 + n,
                    function="chat.Chat.send_stats",
                    site=Site(CHAT, 55, "Chat.send_stats"),
                    repeat=60.0,
                    verdict=CallVerdict.OK,
                    links=(Link(target=f"c{n}", strength=Strength.SCOPED),),
                )
                for n in (1, 2, 3)
            ),
        ),
    )


def some() -> Snapshot:
    """Thirty connections, two ports, three strays: each thing is drawn by itself."""
    return _crowd(connections=30, calls=40, strays=3)


def many() -> Snapshot:
    """Three thousand connections and six thousand calls, forty of which are strays."""
    return _crowd(connections=3000, calls=6000, strays=40)


def everything() -> Snapshot:
    """Every kind, state, strength, verdict and source, and all that goes with them."""
    states = [
        Endpoint(
            id=f"c{n}",
            kind=list(Kind)[n % len(Kind)],
            state=state,
            protocol=f"app.{state.name.title().replace('_', '')}",
            local=f"10.0.0.1:{1000 + n}",
            peer=f"10.0.0.2:{50000 + n}",
            layers=("twisted.protocols.tls.TLSMemoryBIOProtocol",),
        )
        for n, state in enumerate(State, 1)
    ]
    strengths = [
        Timer(
            id=f"t{n}",
            due=n - 2.5,
            function=f"app.through_{strength.value}",
            site=Site("/srv/app.py", 10 * n, f"through_{strength.value}"),
            source=list(Source)[n % len(Source)],
            verdict=CallVerdict.SHARED
            if strength is Strength.SHARED
            else CallVerdict.OK,
            links=(
                Link(
                    target="c3",
                    strength=strength,
                    depth=n,
                    path=("self", ".session", "[...]"),
                    sharers=3 if strength is Strength.SHARED else 1,
                ),
            ),
        )
        for n, strength in enumerate(Strength, 1)
    ]
    verdicts = [
        Timer(
            id=f"t{n}",
            due=float(n * n * n),
            function=f"app.Judged.{verdict.name.lower()}",
            site=Site("/srv/app.py", n, f"Judged.{verdict.name.lower()}"),
            repeat=30.0 if n % 2 else None,
            verdict=verdict,
            links=_links_for(verdict),
            expected="it reconnects" if verdict is CallVerdict.EXPECTED else None,
        )
        for n, verdict in enumerate(CallVerdict, 20)
    ]
    return Snapshot(
        taken_at=1_700_000_000.0,
        process=PROCESS,
        threads=Threads(limit=10, idle=1, busy=9, queued=3, from_threads=2),
        endpoints=(
            _port("l1", "0.0.0.0:8443", "twisted.web.server.Site", Kind.TLS),
            *states,
            *_oddities(),
        ),
        timers=(*strengths, *verdicts),
        tasks=(
            Task(
                id="a1",
                name="Task-1",
                coroutine="app.pump",
                site=Site("/srv/app.py", 77, "pump"),
                links=(Link(target="c20", strength=Strength.OWNED),),
            ),
            Task(id="a2", name="Task-2", coroutine="app.idle"),
        ),
        services=(
            Service(
                id="v1",
                state="waiting to retry",
                endpoint="twisted.internet.endpoints.TCP4ClientEndpoint",
                factory="app.Feed",
                failed_attempts=4,
                timer="t26",
            ),
            Service(id="v2", state="connected", connection="c20"),
        ),
        unowned_sockets=2,
        took=0.0043,
        longest=0.0043,
        notes=("Keepalives of 3 connections could not be read.",),
    )


def _oddities() -> tuple[Endpoint, ...]:
    """Endpoints with everything that one may have."""
    return (
        Endpoint(
            id="c20",
            kind=Kind.TLS,
            state=State.CONNECTED,
            protocol="app.Feed",
            layers=(
                "twisted.protocols.tls.TLSMemoryBIOProtocol",
                "twisted.internet.tcp.Server",
            ),
            local="10.0.0.1:8443",
            peer="[2001:db8::7]:50990",
            fd=21,
            writing=True,
            paused=True,
            buffered=1_250_000,
            producer="twisted.protocols.basic.FileSender",
            factory="twisted.web.server.Site",
            parent="l1",
            kernel=Kernel(
                state="ESTABLISHED",
                heard_ago=42.0,
                sent_ago=0.2,
                rtt=0.034,
                retransmits=5,
                in_flight=65536,
            ),
            scopes=(
                ScopeInfo(name="connection", state="open", pending=3, owned=1),
                ScopeInfo(name="login", state="closed", pending=0, owned=0),
                ScopeInfo(name="idle", state="open", pending=0, owned=0),
            ),
            keepalive=KeepaliveInfo(
                state="suspect",
                interval=30.0,
                timeout=10.0,
                asked=9,
                answered=8,
                verdict="PEER_HUNG",
                due=-0.3,
            ),
            opened_ago=3700.0,
        ),
        Endpoint(id="u1", kind=Kind.UDP, state=State.LISTENING, local="0.0.0.0:5353"),
        Endpoint(
            id="p1",
            kind=Kind.PROCESS,
            state=State.CONNECTED,
            protocol="app.Sorter",
            peer="/usr/bin/sort (pid 4300)",
        ),
        Endpoint(id="s1", kind=Kind.STDIO, state=State.CONNECTED, protocol="app.Menu"),
        Endpoint(id="x1", kind=Kind.OTHER, state=State.CONNECTED),
        Endpoint(
            id="c21",
            kind=Kind.TCP,
            state=State.CLOSING,
            protocol="app.Feed",
            peer="198.51.100.7:50991",
            keepalive=KeepaliveInfo(state="stopped"),
            kernel=Kernel(state="LAST_ACK"),
        ),
    )


def _links_for(verdict: CallVerdict) -> tuple[Link, ...]:
    gone, here = State.DISCONNECTED, State.CONNECTED
    reached = {
        CallVerdict.STRAY: (gone,),
        CallVerdict.EXPECTED: (gone,),
        CallVerdict.MIXED: (gone, here),
        CallVerdict.OK: (here,),
        CallVerdict.LISTENING: (State.LISTENING,),
    }
    owners = {
        CallVerdict.FACTORY: "factory twisted.web.server.Site",
        CallVerdict.SERVICE: "service twisted.application.internet.ClientService",
    }
    if verdict in owners:
        return (Link(owner=owners[verdict], strength=Strength.DIRECT),)
    if verdict is CallVerdict.MAYBE_STRAY:
        return (Link(target=_id(gone), strength=Strength.POSSIBLE),)
    return tuple(_direct(_id(state)) for state in reached.get(verdict, ()))


def _id(state: State) -> str:
    return f"c{list(State).index(state) + 1}"


def _direct(target: str) -> Link:
    return Link(target=target, strength=Strength.DIRECT, path=("self",))


def _port(id_: str, local: str, factory: str, kind: Kind = Kind.TCP) -> Endpoint:
    return Endpoint(
        id=id_,
        kind=kind,
        state=State.LISTENING,
        protocol=factory,
        layers=("twisted.internet.tcp.Port",),
        local=local,
        fd=5,
        reading=True,
        factory=factory,
    )


def _crowd(*, connections: int, calls: int, strays: int) -> Snapshot:
    """Two ports, their connections, and calls that reach these, round and round."""
    ends = [_port("l1", "0.0.0.0:8000", "chat.ChatFactory")]
    ends += [_port("l2", "0.0.0.0:8080", "twisted.web.server.Site")]
    ends += [_member(n, connections) for n in range(1, connections + 1)]
    ends += [
        Endpoint(
            id=f"c{connections + n}",
            kind=Kind.TCP,
            state=State.DISCONNECTED,
            protocol="chat.Chat",
            peer=f"10.0.{n % 256}.9:{40000 + n}",
            lost_ago=float(n),
        )
        for n in range(1, strays + 1)
    ]
    timers = [_call(n, connections) for n in range(1, calls - strays + 1)]
    timers += [
        Timer(
            id=f"t{calls - strays + n}",
            due=10.0 + n,
            function="chat.Chat.send_stats",
            site=Site(CHAT, 55, "Chat.send_stats"),
            repeat=60.0,
            verdict=CallVerdict.STRAY,
            links=(_direct(f"c{connections + n}"),),
            created=Site(CHAT, 31, "Chat.connectionMade"),
        )
        for n in range(1, strays + 1)
    ]
    return Snapshot(
        taken_at=1_700_000_000.0,
        process=PROCESS,
        threads=Threads(limit=10, idle=2, busy=1),
        endpoints=tuple(ends),
        timers=tuple(sorted(timers, key=lambda timer: timer.due)),
    )


def _member(n: int, connections: int) -> Endpoint:
    web = n % 5 == 0
    return Endpoint(
        id=f"c{n}",
        kind=Kind.TCP,
        state=State.CLOSING if n == connections // 2 else State.CONNECTED,
        protocol="twisted.web.http.HTTPChannel" if web else "chat.Chat",
        layers=("twisted.internet.tcp.Server",),
        local="10.0.0.1:8080" if web else "10.0.0.1:8000",
        peer=f"10.1.{n // 200}.{n % 200}:{40000 + n}",
        fd=10 + n,
        reading=True,
        buffered=1500 * (n % 97 == 0),
        factory="twisted.web.server.Site" if web else "chat.ChatFactory",
        parent="l2" if web else "l1",
        kernel=Kernel(
            state="ESTABLISHED", heard_ago=n % 60 / 2, sent_ago=n % 50 / 2, rtt=0.02
        ),
    )


def _call(n: int, connections: int) -> Timer:
    target = n % connections + 1
    web = target % 5 == 0
    function = (
        "twisted.web.http.HTTPChannel.timeoutConnection"
        if web
        else ("chat.Chat.send_stats", "chat.Chat.idle")[n // connections % 2]
    )
    return Timer(
        id=f"t{n}",
        due=n % 600 / 10,
        function=function,
        site=Site(CHAT, 55, function.rpartition(".")[2]),
        repeat=60.0 if function.endswith("stats") else None,
        verdict=CallVerdict.OK,
        links=(_direct(f"c{target}"),),
    )
