"""What a thread runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.attach.stacks import INNERMOST, is_waiting, stack_of

if TYPE_CHECKING:
    from types import FrameType


class StackTests(SynchronousTestCase):
    """The text of a stack."""

    def test_stack(self) -> None:
        """The innermost frame comes last."""
        text = stack_of(sys._getframe())

        self.assertIn("in test_stack\n", text.splitlines(keepends=True)[-2])

    def test_deep(self) -> None:
        """Of a deep recursion only the last frames are there."""
        text = _deep(100)

        self.assertIn(f"repeated {INNERMOST - 3} more times", text)
        self.assertNotIn("test_deep", text)

    def test_none(self) -> None:
        """Without a frame there is nothing to say."""
        self.assertEqual((stack_of(None), is_waiting(None)), ("", False))


class WaitingTests(SynchronousTestCase):
    """A reactor with nothing to do."""

    def test_waiting(self) -> None:
        """Frames of what reactors wait in are told by their modules."""
        for name in (
            "twisted.internet.epollreactor",
            "twisted.internet.pollreactor",
            "twisted.internet.selectreactor",
            "selectors",
        ):
            self.assertTrue(is_waiting(_frame_in(name)), name)

    def test_running(self) -> None:
        """Everything else is work."""
        for name in ("chat", "twisted.internet.base", "chat.reactor", None):
            self.assertFalse(is_waiting(_frame_in(name)), name)


def _deep(levels: int) -> str:
    return _deep(levels - 1) if levels else stack_of(sys._getframe())


def _frame_in(module: str | None) -> FrameType:
    names = {"__name__": module, "sys": sys}
    frame: FrameType = eval("sys._getframe()", names)  # noqa: S307 - of our own
    return frame
