"""Everything that one scene needs: hosts, a subject, its peer, and what is between."""

from __future__ import annotations

import contextlib
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from benchmarks.faults.candidates import CANDIDATES
from benchmarks.faults.faults import ANSWER
from benchmarks.faults.hosts import FAR, Hosts, hosts, inside
from benchmarks.faults.processes import Process, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Plan", "Stage", "faketime_library", "staged"]

DOOR, BEHIND = 7000, 7001
"""Ports: where a subject connects to, and where the peer is behind a throttle."""

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
"""Debian's; another architecture has it in a folder of another name."""

STEADY = "+0\n"
"""What libfaketime reads while the clock is right."""


@attrs.frozen(kw_only=True)
class Plan:
    """What is to be set up.

    Attributes:
        candidate: Whose subject, and whose peer.
        transport: "tcp", "tls" or "unix".
        between: None, "relay" or "throttle".
        faketime: Whether the subject's wall clock can be set.
        interval: Seconds.
        timeout: Seconds.
        count: Connections.
        begin: Seconds after which each is begun; a crowd has no such times.
        extra: Further fields of the policy, "field=value".
        habit: Of the peer.
        seed: Of losses.
    """

    candidate: str
    transport: str
    between: str | None = None
    faketime: bool = False
    interval: float = 2.0
    timeout: float = 2.0
    count: int = 1
    begin: tuple[float, ...] = (0.0,)
    extra: tuple[str, ...] = ()
    habit: str = ANSWER
    seed: int = 0

    @property
    def peer(self) -> str:
        """The module of the peer."""
        who = self.candidate
        return who if self.habit == ANSWER else CANDIDATES[who].rough


@attrs.frozen(kw_only=True)
class Stage:
    """What a deed can be done to.

    Attributes:
        hosts: None if all is on this one, over a UNIX socket.
        subject: The program that is judged.
        peer: The program at the other end.
        relay: What carries packets, if the plan has it.
        throttle: What passes on bytes, if the plan has it.
        clock: The file that says what the subject's wall clock shows.
        stopped: Whether the bench is to end.
    """

    hosts: Hosts | None
    subject: Process
    peer: Process
    relay: Process | None
    throttle: Process | None
    clock: Path
    stopped: Callable[[], bool]

    @property
    def net(self) -> Hosts:
        """The hosts, of which there are two."""
        assert self.hosts is not None
        return self.hosts

    def freeze_peer(self) -> None:
        """Stop it where it is; its kernel goes on."""
        self.peer.signal(signal.SIGSTOP)

    def step_clock(self, seconds: int) -> None:
        """Set the subject's wall clock."""
        self.clock.write_text(f"{seconds:+d}\n", encoding="ascii")

    def tell_throttle(self, command: str) -> None:
        """Change a rate."""
        assert self.throttle is not None
        self.throttle.tell(command)

    def tell_relay(self, command: str) -> None:
        """Change what happens to packets."""
        assert self.relay is not None
        self.relay.tell(command)

    def pass_time(self, seconds: float) -> None:
        """Let some time pass."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self.stopped():
                raise StoppedError
            time.sleep(min(left, 0.2))


@contextlib.contextmanager
def staged(
    plan: Plan, certificate: str, stopped: Callable[[], bool]
) -> Iterator[Stage]:
    """Set up, connect, and take down again.

    Args:
        plan: What.
        certificate: PEM of a server.
        stopped: Whether the bench is to end.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hbf")))
        clock = folder / "clock"
        clock.write_text(STEADY, encoding="ascii")
        local = plan.transport == "unix"
        pair = None
        if not local:
            pair = stack.enter_context(hosts(cable=plan.between != "relay"))

        def start(module: str, *arguments: str, far: bool, **more: str) -> Process:
            space = None if pair is None else (pair.far if far else pair.near)
            process = Process(
                f"benchmarks.faults.{module}",
                arguments,
                prefix=() if space is None else inside(space),
                environment=more,
                stopped=stopped,
            )
            stack.callback(process.end)
            return process

        door, behind = _addresses(folder, local=local)
        relay = throttle = None
        if plan.between == "relay":
            assert pair is not None
            relay = start("relay", pair.near, pair.far, str(plan.seed), far=False)
            relay.expect("listening")
        narrow = plan.between == "throttle"
        place = [
            *("--transport", plan.transport),
            *("--address", behind if narrow else door),
            *("--certificate", certificate),
            *("--habit", plan.habit),
        ]
        peer = start(f"peers.{plan.peer}", *place, far=True)
        peer.expect("listening")
        if narrow:
            throttle = start("throttle", door, behind, far=True)
            throttle.expect("listening")
        subject = start(
            f"subjects.{plan.candidate}",
            *_told(plan, door),
            far=False,
            **(_faking(clock) if plan.faketime else {}),
        )
        stack.callback(_forget_faketime, subject.pid)
        yield Stage(
            hosts=pair,
            subject=subject,
            peer=peer,
            relay=relay,
            throttle=throttle,
            clock=clock,
            stopped=stopped,
        )


def faketime_library() -> str | None:
    """Where libfaketime is; None if it is not installed."""
    found = [Path(FAKETIME), *Path("/usr/lib").glob("*/faketime/libfaketime.so.1")]
    return next((str(each) for each in found if each.exists()), None)


def _addresses(folder: Path, *, local: bool) -> tuple[str, str]:
    if local:
        return str(folder / "door"), str(folder / "behind")
    return f"{FAR}:{DOOR}", f"127.0.0.1:{BEHIND}"


def _forget_faketime(pid: int) -> None:
    """What a process with libfaketime shares with others stays when it is killed."""
    for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
        Path("/dev/shm", name).unlink(missing_ok=True)  # noqa: S108 - its place


def _told(plan: Plan, address: str) -> list[str]:
    told = ["--transport", plan.transport, "--address", address]
    told += ["--interval", str(plan.interval), "--timeout", str(plan.timeout)]
    told += ["--count", str(plan.count)]
    if len(plan.begin) == plan.count:
        told += ["--begin", ",".join(f"{each:.3f}" for each in plan.begin)]
    return told + [word for each in plan.extra for word in ("--extra", each)]


def _faking(clock: Path) -> dict[str, str]:
    return {
        "LD_PRELOAD": faketime_library() or FAKETIME,
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
