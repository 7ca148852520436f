"""Everything about one thing, as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.live.details import MOST, details, sentences
from heartbeat.graph.live.history import History
from heartbeat.graph.live.rows import LONGEST, row_of
from heartbeat.graph.model import CallVerdict, Link, State, Strength
from tests.graph.live.made_up import START, Story, call, connection


class DetailsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.story = Story()
        self.history = History()

    def ask(self, id: str) -> Any:  # noqa: A002 - as the field is called
        """About the thing with that id."""
        found = details(self.story.snapshot(), self.history, id)
        return None if found is None else json.loads(found)

    def test_endpoint(self) -> None:
        """All that the snapshot knows, in plain values."""
        thing = self.ask("c1")["thing"]
        self.assertEqual(thing["state"], "connected")
        self.assertEqual(thing["kernel"]["state"], "ESTABLISHED")
        self.assertEqual(thing["scopes"][0]["pending"], 2)
        self.assertEqual(thing["keepalive"]["interval"], 30)

    def test_timer(self) -> None:
        """With its links and their paths."""
        [link] = self.ask("t3")["thing"]["links"]
        self.assertEqual(link["target"], "c3")
        self.assertEqual(link["path"], ["bound method", "self"])

    def test_history(self) -> None:
        """What happened to it, in the order in which it did."""
        self.history.note("c1", None, row_of(connection(1), START), START)
        self.assertEqual(
            self.ask("c1")["history"],
            [
                ["heard", START - 1, START - 1, 1, None],
                ["seen", START, START, 1, None],
            ],
        )

    def test_gone(self) -> None:
        """Of what is not there any more there is only its history."""
        self.history.note("c99", None, row_of(connection(99), START), START)
        found = self.ask("c99")
        self.assertIsNone(found["thing"])
        self.assertEqual(len(found["history"]), 2)

    def test_unknown(self) -> None:
        """There may be no such thing."""
        self.assertIsNone(self.ask("c98"))

    def test_bounded(self) -> None:
        """A call that thousands share, and a name without end, are cut off."""
        link = Link(target="c1", strength=Strength.SHARED, path=("y" * 10_000,))
        self.story.kept["t9"] = call(9, due=math.inf, links=(link,) * 5_000)
        thing = self.ask("t9")["thing"]
        self.assertEqual(len(thing["links"]), MOST)
        self.assertEqual(len(thing["links"][0]["path"][0]), LONGEST)
        self.assertIsNone(thing["due"])

    def test_sentences(self) -> None:
        """Every verdict, strength and state is explained."""
        found = sentences()
        for words, kind in (
            (CallVerdict, "callverdict"),
            (Strength, "strength"),
            (State, "state"),
        ):
            self.assertEqual(set(found[kind]), {word.value for word in words})
