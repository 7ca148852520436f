"""Run the programs that are measured, and hear what they found.

A program prints what it found as one line of JSON, the last of its standard output.
It runs in the root of the project, so that ``-m benchmarks.workloads.NAME`` works,
and in a session of its own: whatever it started is killed when it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ROOT", "ChildError", "python", "run", "run_for_json"]

ROOT = Path(__file__).resolve().parent.parent

LIMIT = 120.0
"""Seconds after which a program is killed: something hangs."""


class ChildError(Exception):
    """A program failed, printed no JSON or had to be killed; says all it printed."""


def python(module: str, *arguments: object) -> list[str]:
    """The command that runs a module of ours."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def run_for_json(command: Sequence[str], *, limit: float = LIMIT) -> dict[str, Any]:
    """Run a program; what it found.

    Args:
        command: What to run.
        limit: Seconds after which it is killed.

    Raises:
        ChildError: It failed, was killed or printed no JSON.
    """
    output, errors = run(command, limit=limit)
    lines = output.splitlines()
    try:
        found = json.loads(lines[-1])
    except (IndexError, ValueError) as error:
        raise ChildError(_told(command, "printed no JSON", output, errors)) from error
    if not isinstance(found, dict):
        raise ChildError(_told(command, "printed no JSON object", output, errors))
    return found


def run(
    command: Sequence[str],
    *,
    limit: float = LIMIT,
    environment: Mapping[str, str] | None = None,
) -> tuple[str, str]:
    """Run a program to its end; what it wrote to standard output and error.

    Args:
        command: What to run.
        limit: Seconds after which it is killed.
        environment: Variables set on top of ours.

    Raises:
        ChildError: It failed or was killed.
    """
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired as error:
            raise ChildError(f"{_line(command)}: killed after {limit:.0f} s") from error
        finally:
            # It, unless it has ended, and all that it started.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        status = f"exit status {process.returncode}"
        raise ChildError(_told(command, status, output, errors))
    return output, errors


def _told(command: Sequence[str], what: str, output: str, errors: str) -> str:
    return f"{_line(command)}: {what}\n{output[-4000:]}{errors[-4000:]}".rstrip()


def _line(command: Sequence[str]) -> str:
    return " ".join(map(str, command))
