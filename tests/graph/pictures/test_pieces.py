"""Snapshots in pieces."""

from __future__ import annotations

import attrs
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.model import Snapshot
from heartbeat.graph.pictures.codec import from_json, to_json
from heartbeat.graph.pictures.pieces import LISTS, SIZE, count_of, joined, pieces_of
from tests.graph.scenes import PROCESS, everything, many, seed


class PiecesTests(SynchronousTestCase):
    """Cut, sent and put together it is the same."""

    def test_whole(self) -> None:
        """Nothing is lost, and nothing changes its place."""
        for snapshot in (
            seed(),
            everything(),
            many(),
            Snapshot(taken_at=0.0, process=PROCESS),
        ):
            sent = [from_json(to_json(piece)) for piece in pieces_of(snapshot)]

            self.assertEqual(len(sent), count_of(snapshot))
            self.assertEqual(joined(sent), snapshot)

    def test_small(self) -> None:
        """No piece is large, and the first has none of what there is many of."""
        sizes = [
            sum(len(getattr(piece, name)) for name in LISTS)
            for piece in pieces_of(many())
        ]

        self.assertEqual(sizes[0], 0)
        self.assertEqual(max(sizes), SIZE)

    def test_lists(self) -> None:
        """All fields that get long are cut, but for the notes."""
        long = {
            field.name
            for field in attrs.fields(Snapshot)
            if str(field.type).startswith("tuple")
        }

        self.assertEqual(long - {"notes"}, set(LISTS))
