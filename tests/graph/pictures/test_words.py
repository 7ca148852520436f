"""Every word has a sentence."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.errors import HeartbeatError
from heartbeat.graph.model import CallVerdict, Kind, Source, State, Strength
from heartbeat.graph.pictures.words import SENTENCES, WORDS, UnknownWordError, explain

KINDS = (CallVerdict, Strength, State, Kind, Source)


class WordTests(SynchronousTestCase):
    """Sentences, and how they are found."""

    def test_complete(self) -> None:
        """There is a sentence for each word, and for nothing else."""
        words = {word for kind in KINDS for word in kind}

        self.assertEqual(set(SENTENCES), words)

    def test_sentences(self) -> None:
        """Each is a sentence: it begins and ends like one."""
        wrong = [s for s in SENTENCES.values() if not (s[0].isupper() and s[-1] == ".")]

        self.assertEqual(wrong, [])

    def test_each_found(self) -> None:
        """Each word is explained by its own sentence."""
        for word, sentence in SENTENCES.items():
            self.assertIn(sentence, explain(word.value))

    def test_spelling(self) -> None:
        """Case, blanks, hyphens and underscores make no difference."""
        expected = SENTENCES[CallVerdict.MAYBE_STRAY]

        for word in ("maybe-stray", " MAYBE_STRAY ", "Maybe stray"):
            self.assertEqual(explain(word), expected)

    def test_two_meanings(self) -> None:
        """A word with two meanings has a line for each, which says of what."""
        lines = explain("shared").splitlines()
        link = SENTENCES[Strength.SHARED]

        self.assertEqual(
            lines,
            [
                f"of a call: {SENTENCES[CallVerdict.SHARED]}",
                f"of the link from a call to a connection: {link}",
            ],
        )

    def test_unknown(self) -> None:
        """An unknown word is named, and so are those that there are."""
        error = self.assertRaises(UnknownWordError, explain, "orphan")

        self.assertIsInstance(error, (HeartbeatError, ValueError))
        self.assertEqual((error.word, error.known), ("orphan", WORDS))
        self.assertIn("'orphan' is no word of a snapshot: use stray,", str(error))
