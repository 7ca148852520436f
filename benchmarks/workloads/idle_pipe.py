"""One line of JSON asked, one answered, between a benchmark and a child process.

The child answers in a thread of its own, which sleeps until it is asked: no event loop
that is measured has anything to do with it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any

from benchmarks.children import ROOT, ChildError, python

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Answers", "Child", "answer_requests", "ask_all"]

LIMIT = 60.0
"""Seconds for one answer; the longest is to make 10,000 connections."""

Answers = dict[str, Any]


class Child:
    """A program that answers requests until its standard input is closed.

    Args:
        module: The program.
        arguments: Its arguments.
    """

    def __init__(self, module: str, *arguments: object) -> None:
        self._name = " ".join([module.rpartition(".")[2], *map(str, arguments)])
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        self._process = subprocess.Popen(
            python(module, *arguments),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
        )

    def ask(self, do: str, **given: object) -> Answers:
        """Request something and wait for the answer."""
        self.request(do, **given)
        return self.answer()

    def request(self, do: str, **given: object) -> None:
        """Request something; `answer` fetches the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **given}).encode() + b"\n")
        self._process.stdin.flush()

    def answer(self, limit: float = LIMIT) -> Answers:
        """What it answered.

        Raises:
            ChildError: It said nothing for *limit* seconds, or ended.
        """
        output = self._process.stdout
        assert output is not None
        ready, _, _ = select.select([output], [], [], limit)
        line = output.readline() if ready else b""
        if not line:
            raise ChildError(f"{self._name}: no answer\n{self._said()}")
        answers: Answers = json.loads(line)
        return answers

    def end(self) -> None:
        """Kill it, and all it started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()
        self._errors.close()

    def _said(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")[-4000:]


def ask_all(children: Iterable[Child], do: str, **given: object) -> list[Answers]:
    """Request the same of all of them at once; their answers."""
    asked = list(children)
    for child in asked:
        child.request(do, **given)
    return [child.answer() for child in asked]


def answer_requests(answers: dict[str, Callable[..., Answers]]) -> None:
    """Answer from now on, in a thread; end the process when nobody asks any more.

    Args:
        answers: By what is to be done, who does it.
    """

    def work() -> None:
        for line in sys.stdin:
            request = json.loads(line)
            found = answers[request.pop("do")](**request)
            print(json.dumps({"at": time.monotonic(), **found}), flush=True)
        os._exit(0)

    threading.Thread(target=work, daemon=True).start()
