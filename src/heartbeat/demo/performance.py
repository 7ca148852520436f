"""Both acts in one run of a reactor, and the exit status."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import TimeoutError as TookTooLong
from twisted.internet.error import ReactorNotRunning
from twisted.python.failure import Failure

from heartbeat.clock import ScopedClock
from heartbeat.demo import scenarios, story
from heartbeat.demo.claims import Claim
from heartbeat.demo.peers import Processes

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from heartbeat.demo.report import Stage

__all__ = ["InterruptedPerformance", "Status", "perform"]

LIMIT = 90.0
"""Seconds the whole demo may take."""


class InterruptedPerformance(Exception):  # noqa: N818 - no error
    """Somebody stopped the reactor."""


class Status:
    """Exit statuses."""

    DONE = 0
    FAILED = 1
    INTERRUPTED = 130
    """As shells count it: 128 and the number of SIGINT."""


def perform(reactor: Any, stage: Stage, limit: float = LIMIT) -> int:
    """Run *reactor* until the demo is over or interrupted.

    Args:
        reactor: Not running yet.
        stage: Where to show it.
        limit: Seconds it may take.

    Returns:
        The exit status: `Status.DONE` only if every claim holds.
    """
    began_at = time.monotonic()
    clock = ScopedClock(reactor, name="demo")
    ended: list[list[Claim] | Failure] = []
    interruptions: list[InterruptedPerformance] = []
    with Processes() as processes:

        def begin() -> None:
            acts = clock.run(_acts(reactor, clock, processes, stage))
            acts.addTimeout(limit, clock, _too_long).addErrback(why).addBoth(
                ended.append
            )
            # Those on stage leave it while the reactor still runs.
            reactor.addSystemEventTrigger("before", "shutdown", interrupt, acts)
            acts.addCallback(stop)

        def why(failure: Failure) -> Failure:
            # A connection that was being made has a name of its own for it.
            return Failure(interruptions[0]) if interruptions else failure

        def stop(_: object) -> None:
            with contextlib.suppress(ReactorNotRunning):  # it was interrupted
                reactor.stop()

        def interrupt(acts: Deferred[None]) -> Deferred[None]:
            if not ended:
                processes.patience = 0.0
                interruptions.append(InterruptedPerformance())
                clock.close(interruptions[0])
            return acts

        reactor.callWhenRunning(begin)
        reactor.run()
        clock.close()
    return _conclude(ended[0], stage, time.monotonic() - began_at, limit)


async def _acts(
    reactor: Any, clock: ScopedClock, processes: Processes, stage: Stage
) -> list[Claim]:
    stage.say("What is marked ok below was checked when it happened.")
    stage.title("1", "The stray call")
    first = await story.tell(reactor, clock, stage)
    stage.title("2", "Keepalive against real processes")
    return first + await scenarios.play(reactor, clock, processes, stage)


def _too_long(_: object, seconds: float) -> Failure:
    return Failure(TookTooLong(seconds))


def _conclude(
    ended: list[Claim] | Failure, stage: Stage, seconds: float, limit: float
) -> int:
    if isinstance(ended, Failure):
        if ended.check(InterruptedPerformance):
            stage.interrupted()
            return Status.INTERRUPTED
        ended.trap(TookTooLong)
        ended = [Claim(f"the demo ends within {limit:.0f} s", holds=False)]
    stage.conclusion(ended, seconds)
    return Status.DONE if all(claim.holds for claim in ended) else Status.FAILED
