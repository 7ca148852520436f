"""What stands on the nodes of drawings that others lay out."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.pictures.grouping import arrange
from heartbeat.graph.pictures.labels import Names, columns
from heartbeat.graph.pictures.marks import ends_label, missing, work_label
from tests.graph import scenes

TIMES = "\N{MULTIPLICATION SIGN}"


class MarkTests(SynchronousTestCase):
    """Few lines, of few words."""

    def test_connection(self) -> None:
        """Its id and protocol, its state and address, and why it was lost."""
        scene = scenes.seed()
        arrangement = arrange(scene)
        gone = arrangement.ends[arrangement.number_of["c2"]]

        self.assertEqual(
            ends_label(gone, Names.of(scene)),
            [
                "c2 ClientAPI",
                "disconnected, to 127.0.0.1:8000",
                "lost 0.7 s ago: Connection was closed cleanly.",
            ],
        )

    def test_several(self) -> None:
        """How many, and what sums them up."""
        scene = scenes.many()
        arrangement = arrange(scene)
        names = Names.of(scene)

        self.assertEqual(
            ends_label(arrangement.ends[2], names),
            [
                f"2,400 {TIMES} Chat",
                "connected",
                "36 kB unsent in 24, heard 0.5 s to 30 s ago",
            ],
        )
        self.assertEqual(
            work_label(arrangement.work[0], names),
            [
                f"40 {TIMES} Chat.send_stats",
                "first in 11 s, every 60 s",
                "…/ann/chat/chat.py:55",
                "stray",
            ],
        )

    def test_call(self) -> None:
        """What it runs, when, where that is, and whose it is."""
        scene = scenes.everything()
        names = Names.of(scene)
        labels = {w.first.id: work_label(w, names) for w in arrange(scene).work}

        self.assertEqual(
            labels["t26"],
            ["t26 Judged.factory", "in 4.9 h", "/srv/app.py:26", "factory Site"],
        )
        self.assertEqual(labels["a2"], ["a2 idle", "task"])
        widest = max(columns(line) for label in labels.values() for line in label)
        self.assertLessEqual(widest, 56)

    def test_missing(self) -> None:
        """What had no room is counted."""
        self.assertEqual(missing(arrange(scenes.some())), [])
        self.assertEqual(
            missing(arrange(scenes.some(), limit=4)),
            ["No room for 31 connections and 36 calls: the text has them all."],
        )
