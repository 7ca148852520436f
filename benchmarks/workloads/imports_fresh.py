"""What ``import heartbeat`` takes in a fresh interpreter: ``imports_fresh WHAT``.

The reactor is imported before, as in any program with Twisted. WHAT is

* ``time``: prints the seconds of both imports;
* ``traced``: prints the bytes that Python asked for, for each;
* ``resident``: prints the bytes that the system gave;
* ``modules``: prints the names of the modules that the second one added.
"""

from __future__ import annotations

import importlib
import json
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Nothing else is imported before it has to be: it would be missing in what is found.

REACTOR, OURS = "twisted.internet.reactor", "heartbeat"


def times() -> dict[str, float]:
    """Seconds of both."""
    from time import perf_counter  # noqa: PLC0415

    found = {}
    for name in (REACTOR, OURS):
        started = perf_counter()
        importlib.import_module(name)
        found[name] = perf_counter() - started
    return found


def traced() -> dict[str, int]:
    """Bytes that Python asked for, for both."""
    import gc  # noqa: PLC0415
    import tracemalloc  # noqa: PLC0415

    tracemalloc.start()
    found = {}
    for name in (REACTOR, OURS):
        before, _ = tracemalloc.get_traced_memory()
        importlib.import_module(name)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        found[name] = after - before
    return found


def resident() -> dict[str, int]:
    """Bytes that the system gave for both."""
    found = {}
    for name in (REACTOR, OURS):
        before = _resident()
        importlib.import_module(name)
        found[name] = _resident() - before
    return found


def modules() -> dict[str, list[str]]:
    """Names of what the second one added."""
    importlib.import_module(REACTOR)
    before = set(sys.modules)
    importlib.import_module(OURS)
    return {"modules": sorted(set(sys.modules) - before)}


def _resident() -> int:
    import resource  # noqa: PLC0415

    with open("/proc/self/statm", encoding="ascii") as numbers:  # noqa: PTH123
        return int(numbers.read().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    works: dict[str, Callable[[], dict[str, Any]]]
    works = {"time": times, "traced": traced, "resident": resident, "modules": modules}
    print(json.dumps(works[sys.argv[1]]()))
