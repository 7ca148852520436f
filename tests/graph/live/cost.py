"""What the page costs with 2,000 connections and 4,000 calls that change.

Run it: ``python -m tests.graph.live.cost``. Prints what goes over the wire, what the
program spends on it, and what the browser does, each per second.
"""
# ruff: noqa: T201 - a command

from __future__ import annotations

import contextlib
import gc
import sys
import time
from typing import Any

from heartbeat.graph.live.album import Album
from heartbeat.graph.live.frames import difference
from heartbeat.graph.live.history import History
from tests.graph.live.browser import Program, chromium
from tests.graph.live.made_up import Crowd

__all__ = ["browser_cost", "main", "server_cost"]

SIZES = (2_000, 4_000)
SECONDS = 40.0


def main(churn: float = 0.02) -> None:
    """Print it all."""
    for name, value in (server_cost(churn) | browser_cost()).items():
        print(f"{name}: {value}")


def server_cost(churn: float, pictures: int = 10) -> dict[str, str]:
    """Bytes and seconds of one picture, without the snapshot itself."""
    crowd, album, history = Crowd(*SIZES, churn=churn), Album(), History()
    sizes, times, longest = [], [], 0.0
    gc.disable()  # as the recorder does
    for _ in range(pictures):
        snapshot = crowd.step()
        frames: list[bytes] = []
        steps = difference(album.picture.rows, snapshot, history)
        began_at = time.perf_counter()
        while True:
            step_at = time.perf_counter()
            try:
                step = next(steps)
            except StopIteration as over:
                rows = over.value
                break
            finally:
                longest = max(longest, time.perf_counter() - step_at)
            frames += [step] if step else []
        times.append(time.perf_counter() - began_at)
        album.add(snapshot, rows, {}, tuple(frames))
        sizes.append(sum(map(len, frames)))
    gc.enable()
    whole = sum(map(len, album.picture.frames()))
    return {
        "the whole picture": f"{whole / 1000:.0f} kB",
        "a difference": f"{sum(sizes[1:]) / (pictures - 1) / 1000:.1f} kB",
        "made in": f"{sum(times[1:]) / (pictures - 1) * 1000:.0f} ms",
        "the longest step": f"{longest * 1000:.1f} ms",
    }


def browser_cost() -> dict[str, str]:
    """What a browser receives and does while it shows a crowd."""
    with contextlib.closing(Program(*SIZES)) as program, chromium() as browser:
        page = browser.new_page()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        session.send("Network.enable")
        received: list[int] = []
        session.on(
            "Network.dataReceived", lambda each: received.append(each["dataLength"])
        )
        page.goto(program.url)
        page.locator(".cell.node").first.wait_for()
        page.wait_for_timeout(2_000)
        first, before = sum(received), _metrics(session)
        page.wait_for_timeout(SECONDS * 1000)
        after = _metrics(session)
        spent = {
            name: (after[name] - before[name]) / SECONDS
            for name in ("TaskDuration", "ScriptDuration", "LayoutDuration")
        }
        return {
            "received at first": f"{first / 1000:.0f} kB",
            "received": f"{(sum(received) - first) / SECONDS / 1000:.1f} kB/s",
            **{name: f"{value * 100:.2f} % of a core" for name, value in spent.items()},
            "elements": f"{after['Nodes']:.0f}",
            "heap": f"{after['JSHeapUsedSize'] / 1e6:.1f} MB",
        }


def _metrics(session: Any) -> dict[str, float]:
    answer = session.send("Performance.getMetrics")
    return {each["name"]: each["value"] for each in answer["metrics"]}


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
