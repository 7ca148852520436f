"""What is printed."""

from __future__ import annotations

import io

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.demo.claims import Claim
from heartbeat.demo.report import WIDTH, LiveBoard, Stage, console_for
from heartbeat.demo.rows import Mark, Row
from tests.graph.scenes import seed

ROWS = [
    Row(mark=Mark.HOLDS, peer="one", deed="lives on", outcome="lives"),
    Row(
        mark=Mark.FAILED,
        peer="two",
        deed="is gone",
        outcome="given up",
        when="after 2.00 s",
        verdict="PEER_HUNG",
        because="it does not answer",
        evidence=["last byte 2.00 s ago", "0 B unsent"],
    ),
]


class Printed(SynchronousTestCase):
    """A stage that is no terminal."""

    def setUp(self) -> None:
        """Somewhere to print."""
        self.file = io.StringIO()
        self.stage = Stage(console_for(file=self.file, force_terminal=False))

    def lines(self) -> list[str]:
        """What was printed: the lines that are not empty."""
        lines = [line.rstrip() for line in self.file.getvalue().splitlines()]
        return [line for line in lines if line]


class StageTests(Printed):
    """Both acts in plain text."""

    def test_text(self) -> None:
        """Titles stand out, paragraphs are wrapped."""
        self.stage.title("1", "One")
        self.stage.say("word " * 30)

        title, first, second = self.lines()

        self.assertEqual(title, "1  One")
        self.assertTrue(first.startswith("   word word"))
        self.assertTrue(second.startswith("   word"))
        self.assertLessEqual(len(first), WIDTH)

    def test_code(self) -> None:
        """Code keeps its lines, an empty one included, and gets no spaces at ends."""
        self.stage.code("def f():\n\n    pass")

        self.assertEqual(self.file.getvalue(), "\n      def f():\n\n          pass\n")

    def test_changes(self) -> None:
        """Changes keep their signs."""
        self.stage.changes(["- old", "+ new"])

        self.assertEqual(self.lines(), ["      - old", "      + new"])

    def test_events(self) -> None:
        """An event has its time, and perhaps a remark."""
        self.stage.event(0.304, "begins")
        self.stage.event(12.0, "ends", "  late")

        self.assertEqual(self.lines(), ["   0.30 s  begins", "   12.00 s  ends  late"])

    def test_picture(self) -> None:
        """The reactor is drawn as a tree, indented as all the rest."""
        self.stage.picture(seed())

        lines = self.lines()
        self.assertIn("postConnectionLostCall", "\n".join(lines))
        self.assertTrue(all(not line or line.startswith("      ") for line in lines))

    def test_claims(self) -> None:
        """A claim that does not hold says what was seen instead, if anything was."""
        self.stage.claims(
            [
                Claim("It is so.", True, "not"),
                Claim("It was so.", False, "it was not"),
                Claim("It will be so.", False),
            ]
        )

        self.assertEqual(
            self.lines(),
            [
                "   ok  It is so.",
                "   FAILED  It was so. (but: it was not)",
                "   FAILED  It will be so.",
            ],
        )

    def test_all_hold(self) -> None:
        """At the end, whether all is well."""
        self.stage.conclusion([Claim("a", True), Claim("b", True)], 1.25)

        self.assertEqual(self.lines(), ["   All 2 claims hold, after 1.2 s."])

    def test_one_fails(self) -> None:
        """At the end, what is not."""
        self.stage.conclusion([Claim("a", True), Claim("b", False)], 1.25)

        self.assertEqual(
            self.lines(), ["   1 of 2 claims failed, after 1.2 s.", "   FAILED  b"]
        )

    def test_interrupted(self) -> None:
        """Or that nothing is known."""
        self.stage.interrupted()

        self.assertEqual(self.lines(), ["   Interrupted."])


class PlainBoardTests(Printed):
    """The second act, piped."""

    def test_board(self) -> None:
        """Lines as things happen, nothing in between, and the table at the end."""
        with self.stage.board() as board:
            board.happened(1.0, "two", "is gone")
            board.update(ROWS)
            happened = self.lines()
            board.conclude(ROWS)

        self.assertEqual(happened, ["   1.00 s  two        is gone"])
        table = [line.split() for line in self.lines()[3:]]
        self.assertEqual(table[0], ["ok", "one", "lives"])
        self.assertEqual(table[2], ["FAILED", "two", "given", "up", "PEER_HUNG"])
        self.assertEqual(" ".join(table[3]), "is gone after 2.00 s it does not answer")
        self.assertEqual(" ".join(table[4]), "last byte 2.00 s ago")
        self.assertEqual(" ".join(table[5]), "0 B unsent")


class TerminalTests(SynchronousTestCase):
    """The second act in a terminal."""

    def setUp(self) -> None:
        """A terminal."""
        self.file = io.StringIO()

    def test_live(self) -> None:
        """How everybody stands is drawn at each update, and gone at the end."""
        console = console_for(file=self.file, force_terminal=True, width=80)
        with Stage(console).board() as board:
            self.assertIsInstance(board, LiveBoard)
            board.update(ROWS)
            drawn = self.file.getvalue()
            board.happened(1.0, "two", "is gone")
            board.conclude(ROWS)

        self.assertIn("\x1b", drawn)
        self.assertIn("last byte 2.00 s ago, 0 B unsent", drawn)
        self.assertIn("PEER_HUNG", self.file.getvalue())

    def test_width(self) -> None:
        """A wide terminal is not filled, a narrow one not overrun."""
        widths = [
            console_for(file=self.file, force_terminal=True, width=width).width
            for width in (60, 300)
        ]

        self.assertEqual(widths, [60, WIDTH])
