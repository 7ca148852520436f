"""The forms of a picture."""

from __future__ import annotations

import os
import shutil
import sys
from unittest import mock

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.cli.pictures import FORMS, SUFFIXES, drawn, form_of, style
from heartbeat.graph.pictures.codec import from_json
from tests.graph.scenes import seed

BEGINNINGS = {
    "dot": "digraph",
    "html": "<!doctype html>",
    "json": "{",
    "mermaid": "flowchart",
    "svg": "<svg",
    "text": "chat.py",
}


class PictureTests(SynchronousTestCase):
    """All forms that there are."""

    def test_forms(self) -> None:
        """Each is drawn."""
        for form in FORMS:
            text = drawn(seed(), form, group=None)
            self.assertIn(
                BEGINNINGS[form], text[:300].lower() if form == "html" else text
            )

    def test_json(self) -> None:
        """JSON is the snapshot, and can be read again."""
        self.assertEqual(from_json(drawn(seed(), "json")), seed())

    def test_given(self) -> None:
        """What is given reaches the drawing."""
        self.assertIn("\x1b", drawn(seed(), "text", color=True))

    def test_names(self) -> None:
        """The name of a file says which is meant; without a suffix it is text."""
        self.assertLessEqual(set(SUFFIXES.values()), set(FORMS))
        self.assertEqual(
            [form_of(name) for name in ("a/b.SVG", "x.json", "x.txt", "x", None)],
            ["svg", "json", "text", "text", "text"],
        )

    def test_unknown_names(self) -> None:
        """A suffix that nobody knows is no text: a PNG would be none."""
        self.assertIsNone(form_of("a/b.png"))


class StyleTests(SynchronousTestCase):
    """Text on a terminal, and elsewhere."""

    def setUp(self) -> None:
        """A terminal."""
        self.terminal = True
        self.patch(sys, "stdout", mock.Mock(isatty=lambda: self.terminal))
        self.patch(shutil, "get_terminal_size", lambda: os.terminal_size((72, 20)))

    def test_terminal(self) -> None:
        """Colours, unless they are not wanted, and lines that fit."""
        self.patch(os, "environ", {})
        self.assertEqual(style(), {"color": True, "width": 72})
        self.patch(os, "environ", {"NO_COLOR": "1"})
        self.assertEqual(style(), {"color": False, "width": 72})

    def test_pipe(self) -> None:
        """Elsewhere neither."""
        self.terminal = False

        self.assertEqual(style(), {})
