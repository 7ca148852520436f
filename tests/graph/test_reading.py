"""Reading attributes without running code of the program."""

from __future__ import annotations

from typing import Any

from twisted.internet.tcp import Server
from twisted.protocols.policies import ProtocolWrapper
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph import reading, static
from heartbeat.graph.reading import flag, is_named, number, read, reader_for, size


class Hostile:
    """Runs code whenever it can."""

    plain = 7

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"was asked for {name}")

    @property
    def secret(self) -> int:
        """Not to be read."""
        raise AssertionError("was asked for its secret")


class Derived(Server):
    """A program's own class."""


class Guarded(Server):
    """A class of ours under a name of Twisted's."""

    __module__ = "twisted.guarded"

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)


class ReadTests(SynchronousTestCase):
    """Reading one attribute."""

    def test_read(self) -> None:
        """A plain attribute is found, code is not run, the rest is as if absent."""
        thing = Hostile()

        self.assertEqual(read(thing, "plain"), 7)
        self.assertIsNone(read(thing, "secret"))
        self.assertEqual(read(thing, "nothing", 3), 3)

    def test_reader(self) -> None:
        """Only what is Twisted's alone, and has no hooks, is read the quick way."""
        self.assertIs(reader_for(Server), getattr)
        self.assertIs(reader_for(Server), getattr)
        for cls in (Derived, Guarded, ProtocolWrapper, Hostile):
            self.assertIs(reader_for(cls), read)

    def test_limit(self) -> None:
        """Classes are not remembered for ever."""
        self.patch(static, "KEPT", 1)
        for number_ in range(5):
            cls = type(f"Class{number_}", (), {})
            reader_for(cls)
            is_named(cls, "x")

        self.assertLess(len(reading._readers), 4)
        self.assertLess(len(reading._bases), 4)
        static.forget()
        self.assertEqual((reading._readers, reading._bases), ({}, {}))

    def test_is_named(self) -> None:
        """A class is known by its own name, or by that of a base."""
        self.assertTrue(is_named(Derived, "twisted.internet.tcp.Server"))
        self.assertTrue(is_named(Derived, "nothing", f"{__name__}.Derived"))
        self.assertFalse(is_named(Derived, "twisted.internet.tcp.Client"))


class PlainTests(SynchronousTestCase):
    """Values of the program are only taken for what they really are."""

    def test_flag(self) -> None:
        """Bools and numbers, no truth of anything else."""
        self.assertEqual([flag(x) for x in (True, 1, 2)], [True] * 3)
        self.assertEqual(
            [flag(x) for x in (False, 0, None, "yes", Hostile())], [False] * 5
        )

    def test_number(self) -> None:
        """Whole numbers; 0 for the rest."""
        self.assertEqual([number(x) for x in (3, 0, None, "3", True)], [3, 0, 0, 0, 0])

    def test_size(self) -> None:
        """Bytes and lists of them; 0 for the rest."""
        given = (b"abc", bytearray(2), [b"a", "bb", b"cc"], None, "text", Hostile())

        self.assertEqual(list(map(size, given)), [3, 2, 3, 0, 0, 0])
