"""Lines of a terminal that hang from each other."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.pictures.tree import Branch, lines_of, printed

TREE = Branch(
    [("bold", "a")],
    [[("", "more on a")]],
    [
        Branch([("", "b")], [[("", "more on b")]], [Branch([("", "c")])]),
        Branch([("", "d"), ("dim", "")], (), [Branch([("", "e"), ("", "f")])]),
    ],
)


class TreeTests(SynchronousTestCase):
    """How branches are drawn."""

    def test_lines(self) -> None:
        """What hangs from a line is tied to it; details stand between."""
        self.assertEqual(
            _text([TREE, Branch([("", "g")], [[("", "more on g")]])]),
            [
                "a",
                "│  more on a",
                "├─ b",
                "│  │  more on b",
                "│  └─ c",
                "└─ d",
                "   └─ e  f",
                "g",
                "   more on g",
            ],
        )

    def test_color(self) -> None:
        """A style is switched off after each text; gaps and plain text have none."""
        line = [("stray", "a"), ("", "b"), ("dim", "c")]

        (text,) = printed([line], color=True, width=None)

        self.assertEqual(text, "\x1b[1;31ma\x1b[0m  b  \x1b[2mc\x1b[0m")

    def test_width(self) -> None:
        """A line that is too long ends in an ellipsis, colours or not."""
        line = [("stray", "abcdef"), ("", "ghi"), ("", "jkl")]

        found = [
            next(printed([line], color=color, width=width))
            for color, width in [(False, 4), (False, 10), (False, 16), (True, 4)]
        ]

        self.assertEqual(
            found, ["abc…", "abcdef  g…", "abcdef  ghi  jkl", "\x1b[1;31mabc…\x1b[0m"]
        )


def _text(branches: list[Branch]) -> list[str]:
    return list(printed(lines_of(branches), color=False, width=None))
