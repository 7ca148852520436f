"""Tests of `tests.servers.observed` and `tests.servers.table`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.servers.observed import FOLDER, record, recorded
from tests.servers.table import page


class TableTests(SynchronousTestCase):
    """What was seen becomes a page."""

    def setUp(self) -> None:
        """Have a folder."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name, "seen")
        self.patch(os, "environ", {FOLDER: str(self.folder)})

    def record(self, server: str, rule: str, observed: str) -> None:
        """Write one row down."""
        record(server=server, version="1.2", rule=rule, sends="PING", observed=observed)

    def test_not_wanted(self) -> None:
        """Without the variable nothing is written."""
        del os.environ[FOLDER]

        self.record("one", "rule", "stayed")

        self.assertFalse(self.folder.exists())

    def test_rows(self) -> None:
        """All rows come back, by server; what is seen again replaces what was."""
        self.record("two", "rule", "stayed")
        self.record("one", "rule", "left")
        self.record("one", "rule", "stayed")

        rows = recorded(self.folder)

        self.assertEqual([row.server for row in rows], ["one", "two"])
        self.assertEqual(rows[0].observed, "stayed")

    def test_page(self) -> None:
        """All rules are in one table, what happened in one for each server."""
        self.record("one", "a | b", "stayed")
        self.record("one", "peer killed (SIGKILL)", "lost")
        self.record("one", "busy", "talked")
        self.record("two", "rule", "stayed")

        written = page(recorded(self.folder))

        self.assertIn("| one | 1.2 | a \\| b | PING | stayed |\n| two |", written)
        events = "| busy | talked |\n| peer killed (SIGKILL) | lost |\n"
        self.assertIn(
            f"## one\n\n| Event | Observed |\n| --- | --- |\n{events}", written
        )
        self.assertNotIn("## two", written)
