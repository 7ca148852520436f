"""A real browser without a window, and a process with a page for it."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.trial.unittest import SkipTest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ARGUMENTS", "CHROMIUM", "Program", "chromium", "missing", "require_browser"]

CHROMIUM = "/usr/bin/chromium"

ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]

ROOT = Path(__file__).parents[3]


def missing() -> str:
    """What there is not, of what a browser test needs; empty if all is there."""
    parts = {
        "Playwright for Python": importlib.util.find_spec("playwright"),
        CHROMIUM: shutil.which(CHROMIUM),
    }
    return " and ".join(name for name, found in parts.items() if found is None)


def require_browser() -> None:
    """Skip the test where there is no browser, unless there has to be one."""
    if missing() and "HEARTBEAT_ALL_TESTS" in os.environ:
        raise AssertionError(f"there must be {missing()}")
    if missing():
        raise SkipTest(f"this needs {missing()}")


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A browser of our own, which knows nothing of any other."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - need not be there

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Program:
    """A process that shows a made-up program.

    Args:
        sizes: Connections and calls of a crowd; nothing is a story.

    Attributes:
        url: Of its page.
    """

    def __init__(self, *sizes: int) -> None:
        command = [sys.executable, "-m", "tests.graph.live.program", *map(str, sizes)]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def tell(self, command: str) -> None:
        """Let something happen; see `tests.graph.live.program`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\n")
        assert self._process.stdout.readline() == "done\n"

    def end(self) -> None:
        """End it; may be called again."""
        self._process.communicate()

    def close(self) -> None:
        """End it, if it has not ended."""
        if self._process.returncode is None:
            self.end()
