"""The command ``heartbeat``, and the demo as a whole."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from unittest import mock

from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import cli
from heartbeat.graph.attach import running

EVERYTHING_ELSE = """
import sys
sys.modules.update({"click": None, "rich": None})
import heartbeat, heartbeat.cli, heartbeat.testing
import heartbeat.demo.peer, heartbeat.demo.performance
"""

WIDTH = 100


class CommandTests(SynchronousTestCase):
    """What the command offers."""

    def test_help(self) -> None:
        """``heartbeat --help`` names the demo."""
        result = CliRunner().invoke(cli.command(), ["--help"])

        self.assertEqual(result.exit_code, 0)
        self.assertIn("demo", result.output)

    def test_looking(self) -> None:
        """It also names all that looks into a program."""
        result = CliRunner().invoke(cli.command(), ["-h"])

        for name in ("ps", "watch", "strays", "web", "diff", "explain", "run"):
            self.assertRegex(result.output, rf"\n  {name} ")

    def test_run(self) -> None:
        """``heartbeat run`` hands on all its arguments, with click and without."""
        handed: list[list[str]] = []
        self.patch(running, "main", handed.append)
        arguments = ["--track", "-m", "chat", "--help"]
        self.patch(sys, "argv", ["heartbeat", "run", *arguments])

        result = CliRunner().invoke(cli.command(), ["run", *arguments])
        error = self.assertRaises(SystemExit, cli.main)

        self.assertEqual((result.exit_code, error.code), (0, None))
        self.assertEqual(handed, [arguments, arguments])

    def test_version(self) -> None:
        """``heartbeat --version`` names the distribution and its version."""
        result = CliRunner().invoke(cli.command(), ["--version"])

        self.assertEqual(result.exit_code, 0)
        self.assertEqual(result.output, f"txheartbeat {version('txheartbeat')}\n")

    def test_unknown(self) -> None:
        """A command that there is not is an error of usage."""
        result = CliRunner().invoke(cli.command(), ["dance"])

        self.assertEqual(result.exit_code, 2)
        self.assertIn("dance", result.output)


class MissingTests(SynchronousTestCase):
    """Without the extras."""

    def test_click(self) -> None:
        """Without click there is one line, which says how to install it."""
        with mock.patch.dict(sys.modules, {"click": None}):
            error = self.assertRaises(SystemExit, cli.main)

        self.assertEqual(
            error.code,
            "heartbeat: the command needs click, which is not installed: "
            "pip install 'txheartbeat[cli]'",
        )

    def test_other(self) -> None:
        """Any other module that is missing is an error like any other."""
        self.patch(sys, "argv", ["heartbeat", "demo"])
        with mock.patch.dict(sys.modules, {"heartbeat.demo.performance": None}):
            error = self.assertRaises(ModuleNotFoundError, cli.main)

        self.assertEqual(error.name, "heartbeat.demo.performance")

    def test_rich(self) -> None:
        """Without rich the demo says the same, with status 1; the rest works."""
        program = "import sys; sys.modules['rich'] = None; import heartbeat.__main__"
        program += "; heartbeat.__main__.main()"

        result = _python("-c", program, "demo")

        self.assertEqual(result.returncode, 1)
        self.assertIn("the command needs rich", result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1)

    def test_everything_else(self) -> None:
        """All but the command can be imported without click and rich."""
        result = _python("-c", EVERYTHING_ELSE)

        self.assertEqual((result.returncode, result.stderr), (0, ""))


class DemoTests(SynchronousTestCase):
    """``python -m heartbeat demo``, piped, with everything that belongs to it."""

    def test_demo(self) -> None:
        """Every claim holds, in time; the text is plain and narrow enough."""
        result = _python("-m", "heartbeat", "demo")

        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        self.assertNotIn("FAILED", result.stdout)
        self.assertNotIn("\x1b", result.stdout)
        self.assertTrue(all(len(line) <= WIDTH for line in result.stdout.splitlines()))
        for expected in (
            r"ok  The pending call outlived its connection",
            r"ok  Nothing is left",
            r"ok +answering +lives",
            r"ok +busy +lives",
            r"ok +frozen +given up +PEER_HUNG",
            r"ok +deaf +given up +PEER_NOT_READING",
            r"ok +killed +lost",
            r"ok +unheard +lives",
            r"All \d+ claims hold, after \d+\.\d s\.\n$",
        ):
            self.assertTrue(re.search(expected, result.stdout), expected)


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python without anything that makes rich take a pipe for a terminal."""
    forcing = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS")
    return subprocess.run(
        [sys.executable, *arguments],
        env={name: value for name, value in os.environ.items() if name not in forcing},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
