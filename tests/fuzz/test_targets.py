"""The targets of the fuzzer, on a few inputs."""

from __future__ import annotations

import contextlib
import io
import sys
from unittest import mock

from twisted.trial.unittest import SynchronousTestCase

from tests.fuzz.__main__ import main
from tests.fuzz.feeding import chunks, require
from tests.fuzz.targets import SEEDS, TARGETS


class TargetTests(SynchronousTestCase):
    """All targets."""

    def test_seeds(self) -> None:
        """Every target takes every seed: it raises where something does not hold."""
        taken = []
        for name, target in TARGETS.items():
            for seed in SEEDS:
                with self.subTest(target=name, seed=seed):
                    target(seed)
                    taken.append(name)
        self.assertEqual(len(taken), len(TARGETS) * len(SEEDS))
        self.flushLoggedErrors()  # AMP's and IRC's about what they do not understand

    def test_chunks(self) -> None:
        """An input says itself how it is cut."""
        self.assertEqual(chunks(b""), [])
        self.assertEqual(chunks(b"\x00abc"), [b"abc"])
        self.assertEqual(chunks(b"\x02abc"), [b"ab", b"c"])

    def test_require(self) -> None:
        """What does not hold is raised with its evidence."""
        require(True, "never")
        with self.assertRaisesRegex(AssertionError, "lost.*7"):
            require(False, "lost", 7)


class CommandTests(SynchronousTestCase):
    """``python -m tests.fuzz``."""

    def test_without_atheris(self) -> None:
        """Where atheris is missing it says what to install."""
        self.patch(sys, "argv", ["fuzz", "nats"])
        said = io.StringIO()
        missing = mock.patch.dict(sys.modules, {"atheris": None})
        with missing, contextlib.redirect_stderr(said):
            ended = self.assertRaises(SystemExit, main)
        self.assertEqual(ended.code, 2)
        self.assertIn("pip install atheris", said.getvalue())
