"""Whoever missed pictures is told the differences, or the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.live.album import KEPT, Album
from heartbeat.graph.live.history import History
from heartbeat.graph.live.rows import COLUMNS
from tests.graph.live.made_up import Crowd
from tests.graph.live.reader import Reader, plain
from tests.graph.live.test_frames import drawn


class AlbumTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.album = Album()
        self.crowd = Crowd(5, 9, churn=0.2)
        self.history = History()

    def step(self) -> None:
        """The next picture."""
        taken = self.crowd.step()
        rows, changes = drawn(self.album.picture.rows, taken, self.history)
        self.album.add(taken, rows, {"cost": 0.5}, tuple(changes))

    def test_empty(self) -> None:
        """Before the first picture there is no news."""
        self.assertIsNone(self.album.news(0))

    def test_whole(self) -> None:
        """Who has none is told the whole picture, and what the values are."""
        self.step()
        self.step()
        news = self.album.news(0)
        assert news is not None
        reader = Reader()
        reader.take(news.frames)
        self.assertEqual(reader.rows, plain(self.album.picture.rows))
        self.assertEqual((news.version, reader.version), (2, 2))
        self.assertEqual(reader.facts["columns"], plain(COLUMNS))
        self.assertEqual(reader.facts["cost"], 0.5)

    def test_nothing_new(self) -> None:
        """Who has the latest is told nothing."""
        self.step()
        self.assertIsNone(self.album.news(1))

    def test_missed(self) -> None:
        """Who missed some is told each of them."""
        for _ in range(KEPT + 3):
            self.step()
        news = self.album.news(KEPT)
        assert news is not None
        begins = [frame for frame in news.frames if b"event: begin" in frame]
        self.assertEqual(len(begins), 3)
        self.assertNotIn(b"columns", begins[0])

    def test_missed_much(self) -> None:
        """Who missed more than is kept begins anew."""
        for _ in range(KEPT + 2):
            self.step()
        news = self.album.news(1)
        assert news is not None
        self.assertIn(b'"since":0', next(news.frames))

    @given(st.lists(st.integers(1, KEPT + 3), min_size=1, max_size=6))
    def test_any(self, missed: list[int]) -> None:
        """However many were missed, the reader has the latest in the end."""
        self.setUp()
        reader = Reader()
        for count in missed:
            for _ in range(count):
                self.step()
            news = self.album.news(reader.version)
            assert news is not None
            reader.take(news.frames)
            self.assertEqual(reader.version, news.version)
            self.assertEqual(reader.rows, plain(self.album.picture.rows))
