"""Run every job of the continuous integration, up to two at a time.

A job's output goes to a file and is printed in one piece when the job ends. After a
failure no other job is started; those that run are waited for. The exit status is 0
only if every job was run and passed. Needs Python 3.11, for tomllib.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent

AT_ONCE = 2
"""Jobs that run at the same time."""

LONGEST = 900.0
"""Seconds after which a job is killed: something hangs."""

ABREAST = ["--numprocesses=3", "--dist=loadfile"]
"""Test files run side by side: most tests wait for a clock."""

DEFAULT = f"3.{sys.version_info.minor}"
"""The version that runs this, and everything but the suite against the wheel."""

SHIPPED = [
    *("tests", "examples", "docs", "benchmarks"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "conftest.py", "pyproject.toml"),
]
"""What a job for a built wheel sees of the project: all but ``src``."""


class Job(NamedTuple):
    """Commands, run one after the other until one fails."""

    name: str
    commands: Sequence[Sequence[str]]
    folder: Path = ROOT


class Result(NamedTuple):
    """How a job ended; status is None if it was not started."""

    job: Job
    status: int | None
    seconds: float


def main() -> int:
    """Run stage after stage until one fails, and say how each job ended."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    # What is started in the background ignores it, and so would every test's child.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="heartbeat-ci-") as temporary:
        scratch = Path(temporary)
        found, absent = interpreters(supported(project))
        results: list[Result] = []
        for stage in stages(project, found, scratch):
            fine = all(result.status == 0 for result in results)
            results += run_all(stage, scratch) if fine else map(not_run, stage)
        return summary(results, absent)


def stages(
    project: dict[str, Any], found: dict[str, Path], scratch: Path
) -> list[list[Job]]:
    """All jobs, those that may run at the same time together, the quick ones first."""
    python = ".venv/bin/python"
    build = [python, "-m", "build", "--outdir", "build/dist"]
    gate = [python, "-m", "benchmarks.gates"]
    return [
        [Job("environment", [["make", ".venv/.ready"]])],
        [
            # The wheel is built from the sdist, so this proves both.
            Job("build", [["rm", "-rf", "build/dist"], build]),
            Job("check", [["make", "check"]]),
            Job("docs", [["make", "docs"]]),
        ],
        # These two keep two processors busy by themselves.
        [Job("test", [["env", "HEARTBEAT_ALL_TESTS=1", "make", "test"]])],
        # Instructions are counted, so the gates mind no company.
        [Job("instruction gates", [gate]), *wheel_jobs(project, found, scratch)],
    ]


def wheel_jobs(
    project: dict[str, Any], found: dict[str, Path], scratch: Path
) -> list[Job]:
    """The suite against the built wheel: on each Python once, as time is short.

    The oldest Python has the oldest of everything, the others what is newest. The
    default one has just run the suite from the source.
    """
    oldest = scratch / "oldest.txt"
    also = (ROOT / ".ci" / "oldest.txt").read_text()
    oldest.write_text("\n".join([*lower_bounds(project), also]))
    wheel = f"txheartbeat-{project['project']['version']}-py3-none-any.whl"
    path = ROOT / "build" / "dist" / wheel
    first = next(iter(found))
    return [
        wheel_job(
            f"python{first}-oldest",
            found[first],
            path,
            scratch,
            ["--constraint", str(oldest)],
        ),
        *(
            wheel_job(f"python{v}", found[v], path, scratch, [])
            for v in found
            if v not in {DEFAULT, first}
        ),
    ]


def wheel_job(
    name: str, python: Path, wheel: Path, scratch: Path, constraints: list[str]
) -> Job:
    """The suite with *python*, in a folder where there is nothing but the wheel.

    Not what talks to servers of others: it takes long, and has been run on one Python.
    """
    folder = scratch / name
    folder.mkdir()
    for part in SHIPPED:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=_unwanted)
        else:
            shutil.copy(source, folder)
    run = "venv/bin/python"
    install = [run, "-m", "pip", "install", "-qq"]
    wanted = [f"txheartbeat[all] @ {wheel.as_uri()}", "--group", "test"]
    tests = ["tests", "README.md", "docs", "--ignore=tests/servers"]
    return Job(
        name,
        [
            [str(python), "-m", "venv", "venv"],
            [*install, "--upgrade", "pip>=25.1"],
            [*install, *constraints, *wanted],
            [run, "-m", "pip", "list"],
            [run, "-m", "pytest", "-p", "no:cacheprovider", *ABREAST, *tests],
        ],
        folder,
    )


def supported(project: dict[str, Any]) -> list[str]:
    """The versions of Python that the classifiers name, oldest first."""
    pattern = re.compile(r"Programming Language :: Python :: (3\.\d+)")
    matches = map(pattern.fullmatch, project["project"]["classifiers"])
    return [match[1] for match in matches if match]


def lower_bounds(project: dict[str, Any]) -> list[str]:
    """The lower bound of each dependency, as a constraint for pip."""
    extras = project["project"]["optional-dependencies"].values()
    asked = [*project["project"]["dependencies"], *(r for e in extras for r in e)]
    wanted = [each for each in asked if not each.startswith("txheartbeat[")]
    pattern = re.compile(r"([\w-]+)(?:\[\w+\])?>=([\w.]+)")
    matches = {each: pattern.fullmatch(each) for each in wanted}
    odd = [each for each, match in matches.items() if match is None]
    if odd:
        raise SystemExit(f"no lower bound, and nothing but that, in {odd}")
    return sorted({f"{match[1]}=={match[2]}" for match in matches.values() if match})


def interpreters(versions: Sequence[str]) -> tuple[dict[str, Path], list[str]]:
    """Where each version is, and those that are nowhere."""
    if DEFAULT not in versions:
        raise SystemExit(f"python3 is {DEFAULT}, which is none of {versions}")
    found = {version: interpreter(version) for version in versions}
    return (
        {version: path for version, path in found.items() if path},
        [version for version, path in found.items() if not path],
    )


def interpreter(version: str) -> Path | None:
    """An interpreter of that version that can make virtual environments."""
    on_path = shutil.which(f"python{version}") or sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    installed = sorted(pyenv.glob(f"{version}.*/bin/python"))
    code = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    for path in [Path(sys.executable), Path(on_path), *installed]:
        # A shim of pyenv may be there for a version that it does not run.
        asked = subprocess.run(
            [path, "-c", code], capture_output=True, text=True, check=False
        )
        if asked.stdout.strip() == version:
            return path
    return None


def run_all(jobs: Sequence[Job], scratch: Path) -> list[Result]:
    """Run *jobs* and print the output of each; none is started after a failure."""
    failed = threading.Event()
    printing = threading.Lock()

    def run_one(job: Job) -> Result:
        if failed.is_set():
            return not_run(job)
        started = time.monotonic()
        log = scratch / f"{job.name}.log"
        status = run(job, log)
        if status:
            failed.set()
        result = Result(job, status, time.monotonic() - started)
        with printing:
            print(f"\n{'=' * 20} {line(result)} {'=' * 20}")
            print(log.read_text(errors="replace"), flush=True)
        return result

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run_one, jobs))


def run(job: Job, log: Path) -> int:
    """Run one job's commands, output into *log*; the first status that is not 0."""
    with log.open("w") as output:
        for command in job.commands:
            print("$", *command, file=output, flush=True)
            with started(command, job.folder, output) as process:
                try:
                    status = process.wait(LONGEST)
                except subprocess.TimeoutExpired:
                    print(f"killed after {LONGEST:.0f} s", file=output)
                    return 1
            if status:
                print(f"exit status {status}", file=output)
                return status
    return 0


@contextlib.contextmanager
def started(
    command: Sequence[str], folder: Path, output: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A running command; at the end it and all its children are killed."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def not_run(job: Job) -> Result:
    """What becomes of a job after the failure of another."""
    return Result(job, None, 0.0)


def summary(results: Sequence[Result], absent: Sequence[str]) -> int:
    """Print how each job ended; the exit status of all."""
    print(f"\n{'=' * 20} summary {'=' * 20}")
    for result in results:
        print(line(result))
    for version in absent:
        print(f"NOT TESTED  python{version}: there is no such interpreter here")
    return 0 if all(result.status == 0 for result in results) else 1


def line(result: Result) -> str:
    """One line on how a job ended."""
    words = {None: "NOT RUN", 0: "ok"}
    word = words.get(result.status, "FAILED")
    return f"{word:<11} {result.job.name} ({result.seconds:.0f} s)"


def _unwanted(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name in {"__pycache__", "_build"}]


if __name__ == "__main__":
    sys.exit(main())
