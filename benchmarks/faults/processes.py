"""Run a program of the bench, hear what it says, and tell it what to do."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

from benchmarks.children import ROOT, python

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Fact", "Process", "ProgramError", "StoppedError"]

Fact = dict[str, Any]
"""One line of what a program said."""

LAST_WORDS = 1500
"""Characters of its errors that are told when it fails."""

PATIENCE = 40.0
"""Seconds to wait for what is to come for certain: many programs start at once."""


class ProgramError(Exception):
    """A program did not do what every program does; the message has its errors."""


class StoppedError(Exception):
    """The whole bench is to end."""


class Process:
    """A program, running; `end` it.

    Args:
        module: Which.
        arguments: Its own.
        prefix: The command that runs it somewhere else.
        environment: Variables on top of ours.
        stopped: Asked from time to time whether the bench is to end.

    Attributes:
        facts: All it said so far.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        prefix: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._name = module
        self._stopped = stopped
        self.facts: list[Fact] = []
        self._errors: list[str] = []
        self._news = threading.Condition()
        self._over = False
        self._process = subprocess.Popen(
            [*prefix, *python(module, *arguments)],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a SIGINT from the keyboard is for the bench alone
        )
        self._threads = [
            threading.Thread(target=each, daemon=True)
            for each in (self._hear, self._hear_errors)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def end(self) -> None:
        """Kill it, frozen or not, and leave nothing of it."""
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert stream is not None
            with contextlib.suppress(OSError):  # what was never read is not flushed
                stream.close()

    def tell(self, command: str) -> None:
        """Give it a command; one that has ended does not mind."""
        stream = self._process.stdin
        assert stream is not None
        try:
            stream.write(f"{command}\n")
            stream.flush()
        except OSError as error:
            raise ProgramError(self._told("ended early")) from error

    def signal(self, number: signal.Signals) -> None:
        """Freeze, thaw or kill it."""
        self._process.send_signal(number)

    def first(self, event: str) -> Fact | None:
        """The first fact about an event, None before it."""
        with self._news:
            return next((each for each in self.facts if each["event"] == event), None)

    def expect(self, event: str, seconds: float = PATIENCE) -> Fact:
        """Wait for an event that has to come.

        Raises:
            ProgramError: It did not.
        """
        found = self.wait(event, seconds)
        if found is None:
            raise ProgramError(self._told(f"no {event!r} within {seconds:.0f} s"))
        return found

    def wait(self, event: str, seconds: float) -> Fact | None:
        """Wait for an event that may not come; None if it did not.

        Raises:
            StoppedError: The bench is to end.
            ProgramError: The program has ended.
        """
        deadline = time.monotonic() + seconds
        while True:
            found = self.first(event)
            left = deadline - time.monotonic()
            if found is not None or left <= 0:
                return found
            if self._stopped():
                raise StoppedError
            with self._news:
                if self._over:
                    break
                self._news.wait(min(left, 0.2))
        found = self.first(event)
        if found is None:
            raise ProgramError(self._told("ended early"))
        return found

    def _hear(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._news:
                if line.startswith("{"):
                    self.facts.append(json.loads(line))
                self._news.notify_all()
        with self._news:
            self._over = True
            self._news.notify_all()

    def _hear_errors(self) -> None:
        assert self._process.stderr is not None
        self._errors.extend(self._process.stderr)

    def _told(self, what: str) -> str:
        errors = "".join(self._errors)[-LAST_WORDS:]
        said = ", ".join(each["event"] for each in self.facts) or "nothing"
        return f"{self._name}: {what}; it said {said}\n{errors}".rstrip()
