"""``python -m heartbeat``."""

from __future__ import annotations

import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase

from heartbeat import __main__, cli


class MainTests(SynchronousTestCase):
    """``python -m heartbeat``."""

    def test_alias(self) -> None:
        """It is the command; importing it runs nothing."""
        self.assertIs(__main__.main, cli.main)

    def test_run(self) -> None:
        """Running it runs the command."""
        command = [sys.executable, "-m", "heartbeat", "--version"]

        result = subprocess.run(command, capture_output=True, text=True, check=False)

        self.assertEqual(result.returncode, 0)
        self.assertTrue(result.stdout.startswith("txheartbeat "))
