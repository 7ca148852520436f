"""Names, numbers and places as people read them."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.model import Site
from heartbeat.graph.pictures.labels import (
    Names,
    ago,
    columns,
    counted,
    due,
    duration,
    fit,
    place,
    plain,
    size,
    times,
)
from tests.graph import scenes


class PlainTests(SynchronousTestCase):
    """Nothing that a terminal obeys gets through."""

    def test_escaped(self) -> None:
        """Control characters, turned text and lone surrogates are spelled out."""
        self.assertEqual(plain("a\x1b[2J\x07\n"), r"a\x1b[2J\x07\n")
        self.assertEqual(plain("\u202e\u2028\ud800\x9b"), r"\u202e\u2028\ud800\x9b")
        self.assertEqual(plain("\U000e0041\ufffe"), r"\U000e0041\ufffe")

    def test_kept(self) -> None:
        """Letters of all the world stay."""
        self.assertEqual(plain("Grüße, 中文 🙂"), "Grüße, 中文 🙂")

    @given(st.text())
    def test_encodable(self, text: str) -> None:
        """What is left can be printed and encoded."""
        self.assertTrue(plain(text).isprintable() or not text.isascii())
        plain(text).encode()


class WidthTests(SynchronousTestCase):
    """Columns of a terminal."""

    def test_columns(self) -> None:
        """Wide characters take two, combining ones none."""
        self.assertEqual(columns("abc"), 3)
        self.assertEqual(columns("中文"), 4)
        self.assertEqual(columns("e\u0301"), 1)

    def test_fit(self) -> None:
        """What is too long loses its end to an ellipsis."""
        self.assertEqual(fit("postConnectionLost", 18), "postConnectionLost")
        self.assertEqual(fit("postConnectionLost", 5), "post…")
        self.assertEqual(fit("中文中文", 6), "中文…")
        self.assertEqual(fit("ab", 0), "")

    @given(st.text(), st.integers(min_value=0, max_value=30))
    def test_fits(self, text: str, width: int) -> None:
        """The result is never wider than asked."""
        self.assertLessEqual(columns(fit(text, width)), width)


class NumberTests(SynchronousTestCase):
    """Durations, sizes and counts."""

    def test_duration(self) -> None:
        """Each is in the unit that suits, with two digits that matter."""
        expected = {
            0.0: "0 ms",
            0.00002: "0.02 ms",
            0.0004: "0.4 ms",
            0.04: "40 ms",
            0.0996: "0.1 s",
            2.34: "2.3 s",
            9.96: "10 s",
            99.4: "99 s",
            99.6: "1.7 min",
            180.0: "3 min",
            7200.0: "2 h",
            86400.0 * 3: "3 days",
            math.inf: "for ever",
            -2.34: "2.3 s",
        }
        self.assertEqual({s: duration(s) for s in expected}, expected)

    def test_due(self) -> None:
        """Before, at and after its time."""
        self.assertEqual(
            [due(s) for s in (2.3, 0, -0.4)], ["in 2.3 s", "now", "0.4 s late"]
        )

    def test_ago(self) -> None:
        """How long since."""
        self.assertEqual([ago(2.3), ago(0.0)], ["2.3 s ago", "just now"])

    def test_size(self) -> None:
        """Bytes, in thousands."""
        found = [size(n) for n in (0, 999, 1000, 1500, 20_000, 3_000_000, 10**30)]

        self.assertEqual(
            found, ["0 B", "999 B", "1 kB", "1.5 kB", "20 kB", "3 MB", "1000000 TB"]
        )

    def test_counted(self) -> None:
        """One has no plural."""
        found = [counted(1, "call"), counted(0, "call"), counted(2000, "process")]

        self.assertEqual(found, ["1 call", "0 calls", "2,000 processes"])

    def test_times(self) -> None:
        """Several of something."""
        self.assertEqual(times(2400, "Chat"), "2,400 \N{MULTIPLICATION SIGN} Chat")


class PlaceTests(SynchronousTestCase):
    """Where something stands."""

    def test_folders(self) -> None:
        """Folders that say little are left out."""
        files = {
            "chat.py": "chat.py:7",
            "/srv/app.py": "/srv/app.py:7",
            "/home/ann/work/chat/chat.py": "…/work/chat/chat.py:7",
            "/usr/lib/python3.11/asyncio/tasks.py": "asyncio/tasks.py:7",
            "/v/lib/python3.11/site-packages/twisted/web/http.py": "twisted/web/http.py:7",
            "a\nb.py": r"a\nb.py:7",
        }
        self.assertEqual({file: place(Site(file, 7)) for file in files}, files)


class NamesTests(SynchronousTestCase):
    """Names without their modules."""

    def test_short(self) -> None:
        """A class or function is called without its module."""
        expected = {
            "chat.ClientAPI": "ClientAPI",
            "chat.ClientAPI.ping": "ClientAPI.ping",
            "twisted.web._newclient._Wrapper": "_Wrapper",
            "chat.tick": "tick",
            "chat.run.<lambda>": "run.<lambda>",
            "<lambda>": "<lambda>",
            "": "",
        }
        names = Names(expected)

        self.assertEqual({name: names.short(name) for name in expected}, expected)

    def test_ambiguous(self) -> None:
        """Two of the same name are called with their modules."""
        names = Names(["a.Chat", "b.Chat", "a.Other"])

        found = [names.short(name) for name in ("a.Chat", "b.Chat", "a.Other")]
        self.assertEqual(found, ["a.Chat", "b.Chat", "Other"])

    def test_unknown(self) -> None:
        """A name that was not announced is itself, escaped."""
        self.assertEqual(Names([]).short("a.B\n"), "a.B\\n")

    def test_phrase(self) -> None:
        """In a phrase, the names that are known are short."""
        self.assertEqual(Names(["a.Chat"]).phrase("factory a.Chat"), "factory Chat")

    def test_of_snapshot(self) -> None:
        """All that a snapshot names is known."""
        names = Names.of(scenes.everything())

        self.assertEqual(
            names.short("twisted.protocols.basic.FileSender"), "FileSender"
        )
        self.assertEqual(
            names.phrase("factory twisted.web.server.Site"), "factory Site"
        )
        self.assertEqual(names.short("app.pump"), "pump")
