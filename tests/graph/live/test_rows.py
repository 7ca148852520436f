"""A row changes only if the program does."""

from __future__ import annotations

import json
import math

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.live.rows import (
    AGREEING,
    COLUMNS,
    LINKS,
    LONGEST,
    STEPS,
    Row,
    column,
    row_of,
    settled,
    things,
)
from heartbeat.graph.model import Kernel, Link, Strength, Task
from tests.graph.live.made_up import START, Story, call, connection


def value(row: Row, name: str) -> object:
    """Of a row, by the name of its column."""
    return row[column(row[0], name)]


class RowTests(SynchronousTestCase):
    def test_columns(self) -> None:
        """Each value has a name, and goes over the wire."""
        for thing in things(Story().snapshot()):
            row = row_of(thing, START)
            self.assertEqual(len(row), len(COLUMNS[row[0]]))
            self.assertEqual(len(json.loads(json.dumps(row))), len(row))

    def test_things(self) -> None:
        """All that a snapshot has gets a row: endpoints, calls, services, tasks."""
        found = {row_of(thing, START)[0] for thing in things(Story().snapshot())}
        self.assertEqual(found, set(COLUMNS))

    def test_moments(self) -> None:
        """Durations become points in time, which stand still."""
        row = row_of(connection(1, lost_ago=2.0), START)
        self.assertEqual(value(row, "heard"), START - 1)
        self.assertEqual(value(row, "lost"), START - 2)
        self.assertEqual(value(row_of(call(1, due=5.0), START), "due"), START + 5)

    def test_unknown(self) -> None:
        """What nobody knows, or what is no number, is null."""
        self.assertIsNone(value(row_of(connection(1, kernel=None), START), "heard"))
        unknown = connection(1, kernel=Kernel(heard_ago=math.nan))
        self.assertIsNone(value(row_of(unknown, START), "heard"))
        self.assertIsNone(value(row_of(call(1, due=math.inf), START), "due"))

    def test_long(self) -> None:
        """A name of any length is cut off."""
        row = row_of(connection(1, protocol="x" * 10_000), START)
        self.assertEqual(len(str(value(row, "protocol"))), LONGEST)

    def test_many_links(self) -> None:
        """The surest links are told, and how many there are beyond; paths end."""
        links = [
            Link(target=f"c{i}", strength=Strength.SHARED, path=("x",) * 99)
            for i in range(LINKS + 4)
        ]
        row = row_of(call(1, links=tuple(links)), START)
        told = row[column("t", "links")]
        self.assertEqual([link[0] for link in told], ["c0", "c1", "c2"])
        self.assertEqual(len(told[0][-1]), STEPS)
        self.assertEqual(value(row, "more"), 4)

    def test_no_site(self) -> None:
        """A call or task need not have a place in the source, and may have another."""
        self.assertIsNone(value(row_of(call(1, site=None), START), "site"))
        self.assertIsNone(
            value(row_of(Task(id="a1", name="n", coroutine="c"), START), "site")
        )
        site = call(1).site
        self.assertEqual(
            value(row_of(call(1, created=site), START), "created"), str(site)
        )


class SettledTests(SynchronousTestCase):
    """Small errors of the clock are no change."""

    def test_same(self) -> None:
        """Nothing changed."""
        row = row_of(connection(1), START)
        self.assertIs(settled(row, row_of(connection(1), START)), row)

    def test_agree(self) -> None:
        """A moment that seems to be a little later is the same."""
        before = row_of(call(1, due=5.0), START)
        after = row_of(call(1, due=4.0), START + 1.05)
        self.assertNotEqual(before, after)
        self.assertEqual(settled(after, before), before)

    def test_moved(self) -> None:
        """A call that was put off is another row."""
        before = row_of(call(1, due=5.0), START)
        after = row_of(call(1, due=6.0), START)
        self.assertEqual(settled(after, before), after)

    def test_appeared(self) -> None:
        """A moment that was not known before is news."""
        before = row_of(connection(1, kernel=None), START)
        after = row_of(connection(1), START)
        self.assertEqual(settled(after, before), after)
        self.assertEqual(settled(before, after), before)

    def test_other_thing(self) -> None:
        """Rows of different tables have nothing in common."""
        row = row_of(call(1), START)
        self.assertIs(settled(row, row_of(connection(1), START)), row)

    @given(st.lists(st.floats(-0.3, 0.3), max_size=20))
    def test_bounded(self, errors: list[float]) -> None:
        """However often it agrees, what is shown is never further off than that."""
        row = row_of(call(1, due=100.0), START)
        due = 100.0
        for error in errors:
            due += error
            new = row_of(attrs.evolve(call(1), due=due), START)
            row = settled(new, row)
            shown = row[column("t", "due")]
            self.assertLess(abs(shown - (START + due)), AGREEING + 0.01)
