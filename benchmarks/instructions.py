"""Count the instructions one iteration of a Python script executes.

Timings wander by several per cent from run to run; the number of instructions a
single-threaded program executes does not. valgrind's callgrind counts them. A script
is run twice, for ``low`` and for ``high`` iterations, and the difference is divided by
the iterations in between: interpreter start-up, imports and set-up cancel out.

The script takes the number of iterations as its last argument::

    python script.py ARGUMENTS... N

and should do the same thing N times. Before each run the cyclic garbage collector is
switched off and ``PYTHONHASHSEED`` is 0, so that two runs count the same.

`measure` does that. `phases` counts several things in one run of a program that says
where each begins and ends, by `mark`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "Measurement",
    "Phases",
    "instructions",
    "mark",
    "measure",
    "phases",
]

_COLLECTED = re.compile(r"Collected\s*:\s*(\d+)")

# What would otherwise depend on where objects happen to lie: the order of sets, and
# when malloc asks the kernel for memory and gives it back.
_STEADY = {
    "PYTHONHASHSEED": "0",
    "MALLOC_TOP_PAD_": str(2**26),
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
}

ROOT = Path(__file__).resolve().parent.parent

# Runs the script as ``python script ...`` would in the root of the project, without the
# garbage collector: when a collection happens depends on everything allocated before it.
_BOOTSTRAP = (
    "import gc, runpy, sys; gc.disable(); sys.argv = sys.argv[1:];"
    f"sys.path.insert(0, {str(ROOT)!r});"
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


_FUNCTION = re.compile(r"(?P<called>c)?fn=\((?P<number>\d+)\)(?: (?P<name>.+))?")
_COST = re.compile(r"[-+*\d]\S* (\d+)$")

# How far these search depends on what is free, and so on everything before.
_ALLOCATORS = re.compile(
    r"_int_(malloc|free\w*|realloc|memalign)|unlink_chunk|malloc_consolidate|sysmalloc"
    r"|systrim|alloc_perturb|tcache_\w+"
    r"|_PyObject_(Malloc|Calloc|Free|Realloc)|pymalloc_\w+|new_arena|allocate_from_\w+"
)

# The same for a module, with this process's path: what else happens when Python starts
# is not wanted, like what coverage does there.
_BOOTSTRAP_MODULE = (
    "import sys; sys.path[:0] = {path!r};"
    "import gc, runpy; gc.disable(); sys.argv = sys.argv[1:];"
    "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
)


class Phases(NamedTuple):
    """What `phases` found.

    Attributes:
        told: What the last line of the output says, from JSON.
        counts: Instructions of each phase, by the process that did it.
    """

    told: Any
    counts: Mapping[int, Sequence[int]]


class Measurement(NamedTuple):
    """One script to be measured: run as ``python script *args N``.

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


def mark() -> None:
    """Say to `phases` that one begins here, or ends."""
    # A function of the C library's that nothing else calls: callgrind looks for it.
    os.getppid()


def phases(module: str, *args: str) -> Phases:
    """Count the instructions that a module executes between pairs of `mark`.

    One run is enough: what is before, between and after does not count. Neither does
    what happens inside the memory allocators, the interpreter's and the C library's:
    it is not the same for the same calls. Calling them counts.

    Args:
        module: Run as ``python -m module *args`` would, without garbage collection. It
            may fork; each process marks its own phases.
        args: Its arguments.
    """
    path = [str(ROOT), *filter(None, sys.path)]
    command = [sys.executable, "-S", "-c", _BOOTSTRAP_MODULE.format(path=path)]
    with tempfile.TemporaryDirectory(prefix="callgrind-") as folder:
        output = _output(
            [
                "valgrind",
                "--tool=callgrind",
                "--dump-before=getppid",
                f"--callgrind-out-file={folder}/%p",
                *command,
                module,
                *args,
            ]
        )
        counts = _counts(Path(folder))
    return Phases(json.loads(output.splitlines()[-1]), counts)


def _counts(folder: Path) -> dict[int, list[int]]:
    """What lies between the odd marks and the even ones, by process."""
    found: dict[int, list[int]] = {}
    for path in folder.glob("*.2"):
        pid, parts = int(path.stem), len(list(folder.glob(f"{path.stem}.*")))
        dumps = [folder / f"{pid}.{n}" for n in range(2, parts + 1, 2)]
        found[pid] = [sum(_costs(dump)) for dump in dumps]
    return found


def _costs(dump: Path) -> Iterator[int]:
    """The costs in a dump, but those inside the allocators.

    Source:
        Callgrind's profile format: ``fn=(3) name`` at first, ``fn=(3)`` from then on;
        a line of costs belongs to the function, unless it follows ``calls=``.
    """
    names: dict[str, str] = {}
    counts, called = True, False
    for line in dump.read_text().splitlines():
        if match := _FUNCTION.match(line):
            number, name = match["number"], match["name"]
            names.setdefault(number, name or "")
            if match["called"] is None:
                counts = not _ALLOCATORS.match(names[number])
        elif line.startswith("calls="):
            called = True
        elif match := _COST.match(line):
            if counts and not called:
                yield int(match[1])
            called = False


def _run(command: Sequence[str]) -> str:
    """Run *command*; what it wrote to stderr."""
    return _done(command).stderr


def _output(command: Sequence[str]) -> str:
    """Run *command*; what it wrote to stdout."""
    return _done(command).stdout


def _done(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **_STEADY}
    # Compiling the sources anew in every run would be counted.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
        done.check_returncode()
    return done
