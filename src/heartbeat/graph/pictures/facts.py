"""What there is to say of a port, a connection or a call, in a few words each.

Every text that comes from the program is escaped here, or was by `Names`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartbeat.graph.model import CallVerdict, Kind, State
from heartbeat.graph.pictures.labels import (
    ago,
    counted,
    due,
    duration,
    place,
    plain,
    size,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartbeat.graph.model import (
        Endpoint,
        KeepaliveInfo,
        Kernel,
        Link,
        Process,
        ScopeInfo,
        Service,
        Snapshot,
        Timer,
    )
    from heartbeat.graph.pictures.labels import Names

__all__ = [
    "address",
    "call_facts",
    "connection_facts",
    "counts",
    "heading",
    "judged",
    "keepalive_facts",
    "kernel_facts",
    "kind",
    "lost",
    "name_of",
    "of_many",
    "service_facts",
    "surroundings",
    "versions",
    "way",
    "when",
]

_TROUBLE = 1
"""Retransmissions in a row from which on they are worth a word."""


def heading(process: Process, names: Names) -> str:
    """Which program: ``chat.py, pid 4242, EPollReactor``."""
    running = "" if process.running else " (not running)"
    program = plain(process.program) or "a program without a name"
    reactor = names.short(process.reactor)
    return f"{program}, pid {process.pid}, {reactor}{running}"


def versions(process: Process) -> str:
    """Of what runs it."""
    found = [
        ("Python", process.python),
        ("Twisted", process.twisted),
        ("heartbeat", process.heartbeat),
    ]
    return ", ".join(plain(f"{name} {version}") for name, version in found if version)


def counts(snapshot: Snapshot) -> list[str]:
    """How much there is of what; of the strays if there are none, too."""
    states = [end.state for end in snapshot.endpoints]
    ports = states.count(State.LISTENING)
    gone = sum(end.is_gone for end in snapshot.endpoints)
    found = [
        counted(len(snapshot.strays()), "stray call"),
        counted(len(snapshot.timers), "pending call"),
        counted(len(states) - ports, "connection") + (f" ({gone} gone)" * bool(gone)),
        counted(ports, "listening port"),
    ]
    others = [
        (len(snapshot.services), "service"),
        (len(snapshot.tasks), "asyncio task"),
    ]
    return [*found, *(counted(n, thing) for n, thing in others if n)]


def surroundings(snapshot: Snapshot) -> list[str]:
    """Threads, sockets of nobody, what it cost, and the notes; a sentence each."""
    threads = snapshot.threads
    found = []
    if threads.limit:
        parts = [(threads.busy, "busy"), (threads.idle, "idle")]
        parts += [(threads.queued, "queued")] * bool(threads.queued)
        said = ", ".join(f"{n} {what}" for n, what in parts)
        found.append(f"Thread pool of {threads.limit}: {said}.")
    if threads.from_threads:
        calls = counted(threads.from_threads, "call")
        found.append(f"{calls} from other threads not yet made.")
    if snapshot.unowned_sockets:
        sockets = counted(snapshot.unowned_sockets, "socket")
        found.append(f"{sockets} that nobody here owns: paused, or not Twisted's.")
    found += [plain(note) for note in snapshot.notes]
    if snapshot.took:
        took, longest = duration(snapshot.took), duration(snapshot.longest)
        found.append(f"Looking took {took}, {longest} at a time at most.")
    return found


def name_of(end: Endpoint, names: Names) -> str:
    """The protocol, or what stands for it."""
    return names.short(end.protocol or end.factory or "") or end.kind.value


def address(end: Endpoint) -> str:
    """Where it is, or where it led: this end of a port, the other of a connection."""
    if end.state is State.LISTENING or not end.peer:
        return plain(end.local)
    arrow = "from" if end.parent else "to"
    if end.kind in {Kind.PROCESS, Kind.STDIO} or end.state is State.UNCONNECTED:
        return plain(end.peer)
    return plain(f"{arrow} {end.peer}")


def kind(end: Endpoint) -> str:
    """What it is, where that is not plain TCP or was said by its name."""
    is_named = end.protocol or end.factory
    return str(end.kind.value) if is_named and end.kind is not Kind.TCP else ""


def lost(end: Endpoint) -> str:
    """When and why it was lost, as far as that is known; else ``""``."""
    when = "" if end.lost_ago is None else f"lost {ago(end.lost_ago)}"
    why = "" if not end.lost_reason else plain(end.lost_reason)
    return ": ".join(part for part in (when, why) if part)


def connection_facts(end: Endpoint, names: Names) -> list[str]:
    """What is out of the ordinary, then the keepalive and the kernel's evidence."""
    found = ["paused"] * end.paused
    if end.buffered:
        found.append(f"{size(end.buffered)} unsent")
    if end.producer:
        found.append(f"producer {names.short(end.producer)}")
    found += keepalive_facts(end.keepalive)
    found += kernel_facts(end.kernel)
    if end.opened_ago is not None and not end.is_gone:
        found.append(f"open for {duration(end.opened_ago)}")
    return found + [fact for scope in end.scopes for fact in _scope_facts(scope)]


def of_many(ends: Sequence[Endpoint]) -> str:
    """What sums up several connections: bytes unsent, and how long they are silent."""
    found = []
    paused = sum(end.paused for end in ends)
    if paused:
        found.append(f"{paused} paused")
    unsent = [end.buffered for end in ends if end.buffered]
    if unsent:
        found.append(f"{size(sum(unsent))} unsent in {len(unsent)}")
    kernels = [end.kernel for end in ends if end.kernel is not None]
    silent = [k.heard_ago for k in kernels if k.heard_ago is not None]
    if silent:
        found.append(f"heard {duration(min(silent))} to {ago(max(silent))}")
    lost = [end.lost_ago for end in ends if end.lost_ago is not None]
    if lost:
        found.append(f"lost {duration(min(lost))} to {ago(max(lost))}")
    return ", ".join(found)


def kernel_facts(kernel: Kernel | None) -> list[str]:
    """The short form of what the kernel says."""
    if kernel is None:
        return []
    found = []
    if kernel.state not in {None, "ESTABLISHED", "LISTEN"}:
        found.append(plain(str(kernel.state)))
    if kernel.heard_ago is not None:
        found.append(f"heard {ago(kernel.heard_ago)}")
    if kernel.sent_ago is not None:
        found.append(f"sent {ago(kernel.sent_ago)}")
    if kernel.rtt is not None:
        found.append(f"rtt {duration(kernel.rtt)}")
    if kernel.retransmits >= _TROUBLE:
        found.append(counted(kernel.retransmits, "retransmit"))
    if kernel.in_flight:
        found.append(f"{size(kernel.in_flight)} in flight")
    return found


def keepalive_facts(keepalive: KeepaliveInfo | None) -> list[str]:
    """The short form of the keepalive: what is known, how often it was asked."""
    if keepalive is None:
        return []
    verdict = f" ({plain(keepalive.verdict)})" if keepalive.verdict else ""
    asked = f", {keepalive.answered} of {keepalive.asked} pings answered"
    looks = "" if keepalive.due is None else f", looks {due(keepalive.due)}"
    known = f"keepalive {plain(keepalive.state)}{verdict}"
    return [f"{known}{asked * bool(keepalive.asked)}{looks}"]


def when(timer: Timer) -> str:
    """When it runs, and how often: ``in 2.3 s, every 30 s``."""
    again = "" if timer.repeat is None else f", every {duration(timer.repeat)}"
    return f"{due(timer.due)}{again}"


def call_facts(timer: Timer) -> list[str]:
    """Where the function stands, and where and by whom the call was made."""
    found = [] if timer.site is None else [f"defined at {place(timer.site)}"]
    if timer.created is not None:
        function = timer.created.function
        inside = f" in {plain(function)}" if function else ""
        found.append(f"made at {place(timer.created)}{inside}")
    if timer.origin:
        found.append(f"by code of {plain(timer.origin)}")
    if timer.expected:
        found.append(f"expected: {plain(timer.expected)}")
    return found


def way(link: Link, names: Names) -> str:
    """How a call gets there, and how sure that is: ``direct: method of ClientAPI``."""
    sharers = f" by {link.sharers}" if link.sharers > 1 else ""
    steps = " → ".join(names.phrase(step) for step in link.path)
    return f"{link.strength.value}{sharers}" + (f": {steps}" if steps else "")


def judged(call: Timer, owner: str) -> str:
    """The verdict in its word; ``""`` if all is right, or *owner* says as much."""
    word = call.verdict.value
    if call.verdict is CallVerdict.OK or owner.startswith(word):
        return ""
    return f"{word}: {plain(call.expected)}" if call.expected else word


def service_facts(service: Service, names: Names) -> list[str]:
    """What a ``ClientService`` is doing."""
    found = [plain(service.state)] * bool(service.state)
    if service.endpoint:
        found.append(f"by {names.short(service.endpoint)}")
    if service.failed_attempts:
        found.append(counted(service.failed_attempts, "failed attempt"))
    return found


def _scope_facts(scope: ScopeInfo) -> list[str]:
    """A scope that owns something, or is not open."""
    owned = [(scope.pending, "call"), (scope.owned, "Deferred")]
    said = ", ".join(counted(n, thing) for n, thing in owned if n)
    state = "" if scope.state == "open" else f" {plain(scope.state)}"
    name = f" {plain(scope.name)}" if scope.name else ""
    if not said and not state:
        return []
    return [f"scope{name}{state}" + (f" owns {said}" if said else "")]
