"""Keys that a call carries, and registries in which they are looked for."""

from __future__ import annotations

import collections
import enum
import subprocess
import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.search import keys
from heartbeat.graph.search.keys import MAX_KEYS, MOST_MEMBERS, Keys
from tests.graph.traps import TRAP, armed, watched

plain = st.text(max_size=2) | st.binary(max_size=2) | st.integers(-3, 3)
key_like = plain | st.lists(plain, min_size=1, max_size=2).map(tuple)
anything = key_like | st.none() | st.floats() | st.booleans() | st.just(())


class Color(enum.Enum):
    """A closed list of the program."""

    RED = 1


def carrying(*values: object) -> Keys:
    """Keys, with these added."""
    made = Keys()
    made.add_all(values)
    return made


class AddTests(SynchronousTestCase):
    """What is a key."""

    def test_plain(self) -> None:
        """Strings, bytes, whole numbers, and tuples of such."""
        good = ["a", b"a", 3, ("10.0.0.1", 7)]

        self.assertEqual(list(carrying(*good)), good)

    def test_not_plain(self) -> None:
        """Nothing else: not what many have, nor what is of a class of the program."""
        bad = (None, True, 1.5, (), ((1,),), (None,), [1], Color.RED, armed(str)("a"))

        self.assertEqual(list(carrying(*bad)), [])

    def test_many(self) -> None:
        """The first few count."""
        self.assertEqual(list(carrying(*range(100))), list(range(MAX_KEYS)))

    def test_traps(self) -> None:
        """Nothing is asked whether it is a key."""
        things = [TRAP(), TRAP, armed(str)("a"), armed(tuple)((1,)), (TRAP(), 1)]
        with watched() as ran:
            found = list(carrying(*things))

        self.assertEqual((found, ran), ([], []))


class ChooseTests(SynchronousTestCase):
    """What is found."""

    def test_found(self) -> None:
        """The values of the keys that are there."""
        registry = {"a": 1, ("h", 7): 2, b"x": 3, 5: 4, None: 5, 1.5: 6, True: 7}

        found = carrying("a", "z", ("h", 7), 5, b"y").choose(registry)

        self.assertEqual(found, [1, 2, 4])

    def test_none(self) -> None:
        """Without keys, nothing is looked for."""
        self.assertEqual(Keys().choose({"a": 1}), [])
        self.assertEqual(carrying("a").choose({}), [])

    def test_value_of_program(self) -> None:
        """Values are not asked for anything, nor is a missing one made."""
        registry = collections.defaultdict[str, Any](TRAP)
        registry["a"] = TRAP()
        with watched() as ran:
            found = carrying("a", "b").choose(registry)

        self.assertEqual((list(map(type, found)), ran), ([TRAP], []))
        self.assertEqual(list(registry), ["a"])

    def test_keys_of_program(self) -> None:
        """A dictionary with one key that may answer with code is left alone."""
        for key in (TRAP(), TRAP, armed(str)("b"), (armed(str)("b"), 1), ((1,), 2)):
            registry = {"a": 1, key: 2, (3, 4): 5}
            with watched() as ran:
                found = carrying("a", ("a", 1), 1).choose(registry)

            self.assertEqual((found, ran), ([], []))

    def test_overridden(self) -> None:
        """A dictionary of a derived class is read as the dictionary that it is."""
        registry = armed(dict)({"a": 1})
        with watched() as ran:
            found = carrying("a", "b").choose(registry)

        self.assertEqual((found, ran), ([1], []))

    def test_large(self) -> None:
        """In a very large one nothing is looked for."""
        registry = dict.fromkeys(range(MOST_MEMBERS), 1)
        self.assertEqual(carrying(5).choose(registry), [1])

        registry[-1] = 1
        self.assertEqual(carrying(5).choose(registry), [])

    @given(st.lists(anything, max_size=12), st.dictionaries(anything, st.integers()))
    def test_as_dictionaries(self, values: list[Any], registry: dict[Any, int]) -> None:
        """It finds what the dictionary has, and nothing else."""
        carried = list(carrying(*values))

        expected = [registry[key] for key in carried if key in registry]

        self.assertEqual(carrying(*values).choose(registry), expected)

    @given(st.lists(key_like, max_size=12), st.dictionaries(anything, st.integers()))
    def test_silent(self, values: list[Any], registry: dict[Any, int]) -> None:
        """Where bytes must not meet text, what is found is right, if there is less."""
        self.patch(keys, "_BYTES_WARNINGS", 1)
        carried = carrying(*values)

        found = carried.choose(registry)

        kinds = {type(key) for key in registry}
        expected = [registry[key] for key in carried if key in registry]
        self.assertTrue(set(found) <= set(expected))
        if len(kinds) == 1 and tuple not in kinds:
            same = [key for key in carried if {type(key)} == kinds]
            self.assertEqual(found, [registry[key] for key in same if key in registry])

    def test_bytes_warnings(self) -> None:
        """Under ``python -bb``, where it would be an error, they are not compared."""
        code = (
            "from heartbeat.graph.search.keys import Keys\n"
            "keys = Keys()\n"
            "keys.add_all([b'a', 'a', (b'a', 1), ('a', 1)])\n"
            "for registry in ({'a': 1}, {b'a': 1}, {('a', 1): 1}, {(b'a', 1): 1}):\n"
            "    assert keys.choose(registry) == [1], registry\n"
        )

        done = subprocess.run([sys.executable, "-bb", "-c", code], check=False)

        self.assertEqual(done.returncode, 0)
