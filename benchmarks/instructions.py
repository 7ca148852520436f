"""Count the instructions one iteration of a Python script executes.

Timings wander by several per cent from run to run; the number of instructions a
single-threaded program executes does not. valgrind's callgrind counts them. A script
is run twice, for ``low`` and for ``high`` iterations, and the difference is divided by
the iterations in between: interpreter start-up, imports and set-up cancel out.

The script takes the number of iterations as its last argument::

    python script.py ARGUMENTS... N

and should do the same thing N times. Before each run the cyclic garbage collector is
switched off and ``PYTHONHASHSEED`` is 0, so that two runs count the same.

    >>> instructions_per_call(Path("bench.py"), ["bare"], 1000, 3000)  # doctest: +SKIP
    5132.4
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Measurement", "instructions", "instructions_per_call", "measure"]

_COLLECTED = re.compile(r"Collected\s*:\s*(\d+)")

# What would otherwise depend on where objects happen to lie: the order of sets, and
# when malloc asks the kernel for memory and gives it back.
_STEADY = {
    "PYTHONHASHSEED": "0",
    "MALLOC_TOP_PAD_": str(2**26),
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
}

# Runs the script as ``python script ...`` would, without the garbage collector: when
# a collection happens depends on everything allocated before it.
_BOOTSTRAP = (
    "import gc, os, runpy, sys; gc.disable(); sys.argv = sys.argv[1:];"
    "sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[0])));"
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


class Measurement(NamedTuple):
    """One script to be measured: the arguments of `instructions_per_call`.

    Attributes:
        script: The script to run.
        args: Its arguments before the number of iterations.
        low: Iterations of the shorter run, large enough that caches and free lists
            have warmed up.
        high: Iterations of the longer run, more than *low*.
    """

    script: Path
    args: Sequence[str]
    low: int
    high: int


def instructions_per_call(
    script: Path, args: Sequence[str], low: int, high: int
) -> float:
    """Count the instructions of one iteration of *script*.

    Args:
        script: Run as ``python script *args N`` for N = *low* and N = *high*.
        args: Arguments before N.
        low: Iterations of the shorter run.
        high: Iterations of the longer run, more than *low*.

    Returns:
        Instructions for each iteration between *low* and *high*, on average.

    Raises:
        subprocess.CalledProcessError: The script failed; its output was printed.
    """
    (result,) = measure({"": Measurement(script, args, low, high)}).values()
    return result


def measure(
    measurements: Mapping[str, Measurement], *, jobs: int | None = None
) -> dict[str, float]:
    """Count the instructions per iteration of several scripts at the same time.

    Args:
        measurements: What to measure, by the name it has in the result.
        jobs: Children at once; by default one for each processor.

    Returns:
        Instructions per iteration by name, in the order of *measurements*.
    """
    runs = [
        (job.script, [*job.args, str(n)])
        for job in measurements.values()
        for n in (job.low, job.high)
    ]
    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        counted = list(pool.map(lambda run: instructions(*run), runs))
    return {
        name: (high - low) / (job.high - job.low)
        for (name, job), low, high in zip(
            measurements.items(), counted[::2], counted[1::2], strict=True
        )
    }


def instructions(script: Path, args: Sequence[str]) -> int:
    """Count the instructions of one whole run of ``python script *args``."""
    command = [sys.executable, "-c", _BOOTSTRAP, str(script), *args]
    # Once without counting: the first run of a script writes the .pyc files.
    _run(command)
    counted = _run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command]
    )
    found = _COLLECTED.search(counted)
    if found is None:
        raise RuntimeError(f"callgrind printed no count:\n{counted}")
    return int(found.group(1))


def _run(command: Sequence[str]) -> str:
    """Run *command*; what it wrote to stderr."""
    environment = {**os.environ, **_STEADY}
    # Compiling the sources anew in every run would be counted.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
        done.check_returncode()
    return done.stderr
