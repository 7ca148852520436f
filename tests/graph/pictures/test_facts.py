"""What there is to say of things, in a few words."""

from __future__ import annotations

import attrs
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.model import (
    CallVerdict,
    Endpoint,
    KeepaliveInfo,
    Kernel,
    Kind,
    Link,
    Service,
    Site,
    State,
    Strength,
    Threads,
    Timer,
)
from heartbeat.graph.pictures import facts
from heartbeat.graph.pictures.labels import Names
from tests.graph import scenes

NAMES = Names.of(scenes.everything(), scenes.seed())


class SnapshotTests(SynchronousTestCase):
    """Of the whole."""

    def test_heading(self) -> None:
        """The program, its number and its reactor."""
        stopped = attrs.evolve(scenes.PROCESS, running=False, program="")

        self.assertEqual(
            facts.heading(scenes.PROCESS, NAMES), "chat.py, pid 4242, EPollReactor"
        )
        self.assertEqual(
            facts.heading(stopped, NAMES),
            "a program without a name, pid 4242, EPollReactor (not running)",
        )

    def test_versions(self) -> None:
        """Those that are known."""
        some = attrs.evolve(scenes.PROCESS, python="", heartbeat="")

        self.assertEqual(facts.versions(some), "Twisted 26.10.0")

    def test_counts(self) -> None:
        """Strays are counted even if there are none; services only if there are."""
        self.assertEqual(
            facts.counts(scenes.seed()),
            [
                "1 stray call",
                "2 pending calls",
                "2 connections (1 gone)",
                "1 listening port",
            ],
        )
        self.assertEqual(facts.counts(scenes.three())[0], "0 stray calls")
        self.assertEqual(
            facts.counts(scenes.everything())[4:], ["2 services", "2 asyncio tasks"]
        )

    def test_surroundings(self) -> None:
        """A sentence for each thing that is known."""
        self.assertEqual(
            facts.surroundings(scenes.everything()),
            [
                "Thread pool of 10: 9 busy, 1 idle, 3 queued.",
                "2 calls from other threads not yet made.",
                "2 sockets that nobody here owns: paused, or not Twisted's.",
                "Keepalives of 3 connections could not be read.",
                "Looking took 4.3 ms, 4.3 ms at a time at most.",
            ],
        )
        nothing = attrs.evolve(scenes.three(), threads=Threads())
        self.assertEqual(facts.surroundings(nothing), [])


class EndpointTests(SynchronousTestCase):
    """Of a port or a connection."""

    def test_name(self) -> None:
        """The protocol; without one the factory, then the kind."""
        ends = [_end(protocol="a.P", factory="a.F"), _end(factory="a.F"), _end()]

        self.assertEqual(
            [facts.name_of(end, Names(["a.P", "a.F"])) for end in ends],
            ["P", "F", "tcp"],
        )

    def test_address(self) -> None:
        """Of a port its own; of a connection the other, and who called."""
        peer = "10.0.0.2:7"
        ends = {
            _end(state=State.LISTENING, local="x:1", peer=peer): "x:1",
            _end(local="x:1"): "x:1",
            _end(peer=peer, parent="l1"): f"from {peer}",
            _end(peer=peer): f"to {peer}",
            _end(peer="sort (7)", kind=Kind.PROCESS): "sort (7)",
            _end(peer=peer, state=State.UNCONNECTED): peer,
        }
        self.assertEqual({end: facts.address(end) for end in ends}, ends)

    def test_kind(self) -> None:
        """Nothing where it is plain, or said by the name."""
        ends = [_end(protocol="P"), _end(kind=Kind.UDP), _end("P", kind=Kind.UDP)]

        self.assertEqual([facts.kind(end) for end in ends], ["", "", "udp"])

    def test_lost(self) -> None:
        """When and why, as far as known."""
        ends = [
            _end(),
            _end(lost_ago=2.0),
            _end(lost_reason="reset\n"),
            _end(lost_ago=2.0, lost_reason="reset"),
        ]
        self.assertEqual(
            [facts.lost(end) for end in ends],
            ["", "lost 2 s ago", "reset\\n", "lost 2 s ago: reset"],
        )

    def test_facts(self) -> None:
        """Trouble first, then the keepalive, the kernel, and what it owns."""
        end = scenes.everything().endpoint("c20")

        self.assertEqual(
            facts.connection_facts(end, NAMES),
            [
                "paused",
                "1.2 MB unsent",
                "producer FileSender",
                "keepalive suspect (PEER_HUNG), 8 of 9 pings answered, looks 0.3 s late",
                "heard 42 s ago",
                "sent 0.2 s ago",
                "rtt 34 ms",
                "5 retransmits",
                "66 kB in flight",
                "open for 62 min",
                "scope connection owns 3 calls, 1 Deferred",
                "scope login closed",
            ],
        )

    def test_no_facts(self) -> None:
        """There may be nothing to say, and the age of what is gone is none."""
        gone = _end(state=State.DISCONNECTED, opened_ago=5.0)

        self.assertEqual(facts.connection_facts(gone, NAMES), [])
        self.assertEqual(facts.kernel_facts(Kernel()), [])
        self.assertEqual(facts.kernel_facts(Kernel(state="LAST_ACK")), ["LAST_ACK"])
        idle = KeepaliveInfo(state="stopped")
        self.assertEqual(facts.keepalive_facts(idle), ["keepalive stopped"])

    def test_many(self) -> None:
        """Several are summed up."""
        ends = [
            _end(paused=True, buffered=1000, kernel=Kernel(heard_ago=1.0)),
            _end(buffered=500, kernel=Kernel(heard_ago=9.0), lost_ago=3.0),
            _end(kernel=Kernel()),
        ]
        self.assertEqual(
            facts.of_many(ends),
            "1 paused, 1.5 kB unsent in 2, heard 1 s to 9 s ago, lost 3 s to 3 s ago",
        )
        self.assertEqual(facts.of_many([_end()]), "")


class CallTests(SynchronousTestCase):
    """Of a call."""

    def test_when(self) -> None:
        """When, and how often."""
        call = Timer(id="t1", due=2.3, function="f", repeat=30.0)

        self.assertEqual(facts.when(call), "in 2.3 s, every 30 s")

    def test_where(self) -> None:
        """Where it stands, where it was made, by whom, and what for."""
        call = Timer(
            id="t1",
            due=0.0,
            function="f",
            site=Site("a.py", 1),
            created=Site("b.py", 2, "g"),
            origin="c1",
            expected="it reconnects",
        )
        self.assertEqual(
            facts.call_facts(call),
            [
                "defined at a.py:1",
                "made at b.py:2 in g",
                "by code of c1",
                "expected: it reconnects",
            ],
        )
        bare = Timer(id="t1", due=0.0, function="f", created=Site("b.py", 2))
        self.assertEqual(facts.call_facts(bare), ["made at b.py:2"])
        self.assertEqual(facts.call_facts(attrs.evolve(bare, created=None)), [])

    def test_way(self) -> None:
        """How sure, and the steps; how many share it, if any do."""
        links = [
            Link(target="c1", strength=Strength.DIRECT, path=("self", ".proto")),
            Link(target="c1", strength=Strength.SHARED, sharers=60),
        ]
        self.assertEqual(
            [facts.way(link, NAMES) for link in links],
            ["direct: self → .proto", "shared by 60"],
        )

    def test_judged(self) -> None:
        """Nothing is said of what is all right, or what its owner says."""
        call = Timer(id="t1", due=0.0, function="f", verdict=CallVerdict.FACTORY)
        wanted = attrs.evolve(call, verdict=CallVerdict.EXPECTED, expected="so")
        fine = attrs.evolve(call, verdict=CallVerdict.OK)

        found = [facts.judged(call, "factory F"), facts.judged(call, "")]
        found += [facts.judged(wanted, ""), facts.judged(fine, "")]
        self.assertEqual(found, ["", "factory", "expected: so", ""])

    def test_service(self) -> None:
        """What a service is doing."""
        waiting, connected = scenes.everything().services

        self.assertEqual(
            facts.service_facts(waiting, NAMES),
            ["waiting to retry", "by TCP4ClientEndpoint", "4 failed attempts"],
        )
        self.assertEqual(facts.service_facts(connected, NAMES), ["connected"])
        self.assertEqual(facts.service_facts(Service(id="v1", state=""), NAMES), [])


def _end(
    protocol: str = "",
    kind: Kind = Kind.TCP,
    state: State = State.CONNECTED,
    **rest: object,
) -> Endpoint:
    made: Endpoint = attrs.evolve(
        Endpoint(id="c1", kind=kind, state=state, protocol=protocol),
        **rest,  # type: ignore[arg-type]
    )
    return made
