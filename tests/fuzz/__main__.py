"""``python -m tests.fuzz WIRE --seconds 30``: look for what must not be."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["main"]

INSTRUMENTED = ["heartbeat.wires", "heartbeat.profiles", "heartbeat.policy"]
"""What coverage guides by."""

MISSING = (
    "the fuzz targets need atheris, which is not installed: pip install atheris "
    "(it has wheels for CPython on Linux)"
)


def main() -> int:
    """Run one target, or all of them one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", help="'all', or one of those that a wrong one lists")
    parser.add_argument("--seconds", type=int, default=30, help="of each target")
    options = parser.parse_args()
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        parser.exit(2, MISSING + "\n")
    with atheris.instrument_imports(include=INSTRUMENTED):
        targets: Any = importlib.import_module("tests.fuzz.targets")
    if options.target == "all":
        return max(_run(name, options.seconds) for name in targets.TARGETS)
    if options.target not in targets.TARGETS:
        parser.error(f"no such target; there are all, {', '.join(targets.TARGETS)}")
    return _fuzz(atheris, targets, options.target, options.seconds)


def _run(name: str, seconds: int) -> int:
    """The fuzzer ends its process, so each target gets one."""
    command = [sys.executable, "-m", "tests.fuzz", name, f"--seconds={seconds}"]
    print(f"== {name}", flush=True)  # noqa: T201 - a command
    return subprocess.run(command, check=False).returncode


def _fuzz(atheris: Any, targets: Any, name: str, seconds: int) -> int:
    _be_quiet()
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(targets.SEEDS):
            Path(folder, str(number)).write_bytes(seed)
        arguments = [
            *(sys.argv[0], folder, f"-max_total_time={seconds}", "-max_len=400"),
            *("-rss_limit_mb=1024", "-timeout=10", "-verbosity=0"),
            *("-print_final_stats=1", f"-artifact_prefix=fuzz-{name}-"),
        ]
        atheris.Setup(arguments, targets.TARGETS[name])
        atheris.Fuzz()  # does not return
    return 0


def _be_quiet() -> None:
    """What Twisted logs is not of interest: targets look at what is counted."""
    logger: Any = importlib.import_module("twisted.logger")
    logger.globalLogBeginner.beginLoggingTo(
        [lambda event: None], discardBuffer=True, redirectStandardIO=False
    )


if __name__ == "__main__":
    sys.exit(main())
