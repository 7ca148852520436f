"""What goes wrong: each a function that does it on a stage."""

from __future__ import annotations

import functools
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.faults.stage import Stage

__all__ = [
    "HUGE",
    "block",
    "block_again",
    "clock",
    "close_on_the_deaf",
    "delay",
    "delay_at_once",
    "dribble",
    "drop_ours",
    "drop_theirs",
    "freeze",
    "half_close",
    "huge_from_peer",
    "huge_to_peer",
    "kill",
    "lose",
    "misbehave",
    "pause",
    "producer",
    "suspend",
    "vanish",
    "window",
]

RISING = 6.0
"""Seconds in which a delay rises: not so fast that an answer of the first seconds, which
comes in time, is heard when the delay has risen."""

HUGE, SLOW = 2_000_000, 200_000
"""Bytes, and bytes a second: 10 s."""

STANDSTILL = 8.0
"""Seconds."""


def freeze(stage: Stage) -> None:
    """The peer's process stops; its kernel goes on."""
    stage.freeze_peer()


def kill(stage: Stage) -> None:
    """The peer's process is killed; its kernel closes the connection."""
    stage.peer.signal(signal.SIGKILL)


def vanish(stage: Stage) -> None:
    """The peer's host is gone, without a word."""
    stage.net.vanish()


def drop_ours(stage: Stage) -> None:
    """Our packets are lost."""
    stage.net.drop_ours()


def drop_theirs(stage: Stage) -> None:
    """The peer's packets are lost."""
    stage.net.drop_theirs()


def lose(share: float) -> Callable[[Stage], None]:
    """A share of the packets is lost, in both directions."""
    return functools.partial(_relay, f"loss {share}")


def delay(round_trip: float) -> Callable[[Stage], float]:
    """The round trip becomes longer and longer; done when it has."""

    def rise(stage: Stage) -> float:
        _relay(f"delay {round_trip / 2} {RISING}", stage)
        return time.monotonic() + RISING

    return rise


def delay_at_once(round_trip: float) -> Callable[[Stage], None]:
    """The round trip is longer from one packet to the next."""
    return functools.partial(_relay, f"delay {round_trip / 2}")


def window(rate: float) -> Callable[[Stage], None]:
    """The peer reads so many bytes a second, while we send all the time."""

    def close_it(stage: Stage) -> None:
        stage.tell_throttle(f"up {rate}")
        stage.subject.tell("flow")

    return close_it


def dribble(stage: Stage) -> None:
    """The peer sends a byte a second of a message that never ends."""
    stage.tell_throttle("down 1")
    stage.peer.tell("send 200000")


def huge_to_peer(stage: Stage) -> None:
    """Our message takes longer than interval and timeout together."""
    stage.tell_throttle(f"up {SLOW}")
    stage.subject.tell(f"send {HUGE}")


def huge_from_peer(stage: Stage) -> None:
    """The peer's message takes longer than interval and timeout together."""
    stage.tell_throttle(f"down {SLOW}")
    stage.peer.tell(f"send {HUGE}")


def block(stage: Stage) -> None:
    """Our reactor does nothing for a while."""
    stage.subject.tell(f"block {STANDSTILL}")
    stage.pass_time(STANDSTILL)


def block_again(stage: Stage) -> None:
    """Our reactor does nothing, again and again."""
    for _ in range(3):
        stage.subject.tell("block 5")
        stage.pass_time(5.2)


def pause(stage: Stage) -> None:
    """We do not read for a while; the peer has more to say."""
    stage.subject.tell("pause")
    stage.peer.tell("send 100000")
    stage.pass_time(STANDSTILL)
    stage.subject.tell("resume")


def suspend(stage: Stage) -> None:
    """Our process stands still for a while."""
    stage.subject.signal(signal.SIGSTOP)
    stage.pass_time(STANDSTILL)
    stage.subject.signal(signal.SIGCONT)


def clock(seconds: int, *, dead: bool = False) -> Callable[[Stage], None]:
    """The wall clock is set, by so many seconds; the peer is well, or freezes."""

    def step(stage: Stage) -> None:
        stage.step_clock(seconds)
        if dead:
            stage.freeze_peer()

    return step


def half_close(stage: Stage) -> None:
    """The peer says that it has nothing more to say."""
    stage.peer.tell("halfclose")


def close_on_the_deaf(stage: Stage) -> None:
    """We close; the peer does not even look."""
    stage.peer.tell("deaf")
    stage.peer.expect("obeyed")
    stage.subject.tell("close")


def producer(stage: Stage) -> None:
    """We close behind a producer that never ends."""
    stage.subject.tell("producer")


def misbehave(stage: Stage) -> None:
    """The peer begins with its habit."""
    stage.peer.tell("misbehave")


def _relay(command: str, stage: Stage) -> None:
    stage.tell_relay(command)
