"""Play many scenes at once, each in hosts of its own, and end cleanly whatever comes."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.faults.candidates import OURS
from benchmarks.faults.hosts import sweep
from benchmarks.faults.scene import Scene
from benchmarks.workloads.certificate import write_pem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from benchmarks.faults.faults import Fault
    from benchmarks.faults.judging import Result

__all__ = ["AT_ONCE", "CROWDS", "play_all", "scenes_of"]

AT_ONCE = 12
"""Scenes, of two or three processes each: most of their time they wait."""

CROWDS = 3
"""The same, of those with thousands of connections, which come after all others."""


def scenes_of(faults: Sequence[Fault], candidates: Sequence[str]) -> list[Scene]:
    """Every fault, for each candidate that it means something to."""
    return [
        Scene(fault, candidate, transport)
        for fault in faults
        for candidate in candidates
        for transport in transports_of(fault, candidate)
    ]


def transports_of(fault: Fault, candidate: str) -> tuple[str, ...]:
    """Ours over all that it applies to; others over the first, if it applies to them."""
    if candidate == OURS:
        return fault.transports
    return (fault.beside,) if fault.others else ()


def play_all(
    scenes: Sequence[Scene], tell: Callable[[Scene, Result], None]
) -> list[Result]:
    """Play them all; the longest first, so that they do not end one after the other.

    Args:
        scenes: In any order.
        tell: Told of each when it is over, by this thread.
    """
    crowds = [each for each in scenes if each.fault.count > 1]
    others = [each for each in scenes if each.fault.count == 1]
    with _certificate() as certificate:
        return [
            *_play(others, AT_ONCE, certificate, tell),
            *_play(crowds, CROWDS, certificate, tell),
        ]


def _play(
    scenes: Sequence[Scene],
    at_once: int,
    certificate: str,
    tell: Callable[[Scene, Result], None],
) -> list[Result]:
    stop = threading.Event()
    waiting = sorted(scenes, key=lambda each: -each.seconds)
    results = []
    with ThreadPoolExecutor(at_once) as pool:
        try:
            playing: dict[Future[Result], Scene] = {
                pool.submit(each.play, certificate, stop.is_set): each
                for each in waiting
            }
            while playing:
                done, _ = wait(playing, return_when=FIRST_COMPLETED)
                for future in done:
                    scene = playing.pop(future)
                    results.append(future.result())
                    tell(scene, future.result())
        finally:
            # On the way out of a SIGINT too: each scene takes its own hosts down.
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            sweep()
    return results


@contextlib.contextmanager
def _certificate() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="hbf") as folder:
        path = Path(folder, "pair.pem")
        write_pem(path)
        yield str(path)
