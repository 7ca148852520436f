"""Processes and files."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.cli.sources import SourceError, is_process, read
from heartbeat.graph.attach import asking
from heartbeat.graph.pictures.codec import SnapshotError, to_json
from tests.graph.processes import folder
from tests.graph.scenes import seed


class SourceTests(SynchronousTestCase):
    """What an argument stands for."""

    def setUp(self) -> None:
        """A file."""
        self.file = folder(self) / "a.json"

    def test_process(self) -> None:
        """A number is a process, which is asked."""
        self.patch(asking, "snapshot_of", lambda *asked: asked)

        self.assertEqual(read("4711", 2.0), (4711, 2.0))
        self.assertFalse(any(map(is_process, ("", "-1", "a.json", "²", "٣"))))

    def test_file(self) -> None:
        """Anything else is a file."""
        self.file.write_text(to_json(seed()))

        self.assertEqual(read(str(self.file), 2.0), seed())

    def test_missing(self) -> None:
        """One that cannot be read is an error that says why."""
        error = self.assertRaises(SourceError, read, str(self.file), 2.0)
        self.assertIn("No such file", str(error))

        self.file.write_bytes(b"\xff")
        error = self.assertRaises(SourceError, read, str(self.file), 2.0)
        self.assertIn("it is no text", str(error))

    def test_other(self) -> None:
        """One with something else in it is another error."""
        self.file.write_text("{}")

        self.assertRaises(SnapshotError, read, str(self.file), 2.0)
