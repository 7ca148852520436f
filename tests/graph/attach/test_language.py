"""The lines on the socket."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.attach.language import (
    REFUSAL,
    LanguageError,
    RefusedError,
    answer,
    answer_in,
    question,
    refusal,
    word_in,
)
from heartbeat.graph.pictures.codec import to_json
from tests.graph.scenes import seed


class LineTests(SynchronousTestCase):
    """What one side writes, the other reads."""

    @given(st.text())
    def test_question(self, word: str) -> None:
        """A question is one line, and is understood."""
        line = question(word)

        self.assertEqual((line.count(b"\n"), line[-1:]), (1, b"\n"))
        self.assertEqual(word_in(line), word)

    def test_answer(self) -> None:
        """An answer carries what it has to say."""
        self.assertEqual(answer_in(answer("page", url="x"), "page")["url"], "x")

    @given(st.text())
    def test_refusal(self, sentence: str) -> None:
        """A refusal is raised where an answer was expected."""
        line = refusal(sentence)

        error = self.assertRaises(RefusedError, answer_in, line, "page")

        self.assertEqual((line.count(b"\n"), str(error)), (1, sentence))

    def test_mark(self) -> None:
        """A refusal can be told from a piece of a snapshot by how it begins."""
        self.assertTrue(refusal("no").startswith(REFUSAL))
        self.assertFalse(to_json(seed()).encode().startswith(REFUSAL))


class WrongTests(SynchronousTestCase):
    """What cannot be understood."""

    def test_wrong(self) -> None:
        """The error says what is wrong with a line."""
        for line, why in (
            (b"", "not a line of JSON"),
            (b"\xff\xfe", "not a line of JSON"),
            (b"[" * 4000, "not a line of JSON"),
            (b"[]", "version 1"),
            (b"{}", "the field 'heartbeat'"),
            (b'{"heartbeat": 2, "ask": "snapshot"}', "version 1"),
            (b'{"heartbeat": 1}', "the field 'ask'"),
        ):
            error = self.assertRaises(LanguageError, word_in, line)
            self.assertIn(why, str(error))

    def test_other_answer(self) -> None:
        """The answer to something else is none."""
        error = self.assertRaises(LanguageError, answer_in, answer("page"), "snapshot")

        self.assertEqual(str(error), "'page' was answered, not 'snapshot'")

    @given(st.binary() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
    def test_anything(self, line: bytes | str) -> None:
        """Whatever comes, it is this error."""
        data = line if isinstance(line, bytes) else line.encode()

        self.assertRaises(LanguageError, word_in, data)
