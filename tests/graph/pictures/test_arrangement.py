"""The boxes of a drawing, and the lines between them."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.model import CallVerdict, Link, Strength
from heartbeat.graph.pictures.arrangement import Edge, Ends
from heartbeat.graph.pictures.grouping import arrange
from tests.graph import scenes


class BoxTests(SynchronousTestCase):
    """What is asked of a box."""

    def test_work(self) -> None:
        """A call has a verdict, a task has none; both have a function."""
        works = arrange(scenes.everything()).work
        stray, pump = works[0], works[-2]

        self.assertTrue(stray.is_stray)
        self.assertEqual((stray.verdict, stray.call), (CallVerdict.STRAY, stray.first))
        self.assertEqual((pump.verdict, pump.call, pump.is_stray), (None, None, False))
        self.assertEqual(
            (stray.function, pump.function), ("app.Judged.stray", "app.pump")
        )

    def test_owner(self) -> None:
        """What owns a call that is no endpoint."""
        arrangement = arrange(scenes.three())

        owners = {work.owner for work in arrangement.work}
        self.assertEqual(owners, {None, "factory chat.ServerFactory"})

    def test_ends(self) -> None:
        """A port listens; a port and a connection that works are well."""
        port, client, server = _by_id("l1"), _by_id("c2"), _by_id("c1")

        found = [(e.is_listening, e.is_well) for e in (port, server, client)]
        self.assertEqual(found, [(True, True), (False, True), (False, False)])

    def test_style(self) -> None:
        """What decides is solid, a hint dashed, what is shared dotted."""
        styles = {
            strength.value: Edge(0, 0, Link(strength=strength), 1).style
            for strength in Strength
        }
        self.assertEqual(
            styles,
            {
                "scoped": "solid",
                "direct": "solid",
                "owned": "solid",
                "weak": "dashed",
                "keyed": "solid",
                "held": "solid",
                "created": "dashed",
                "possible": "dashed",
                "global": "dashed",
                "shared": "dotted",
            },
        )


class ArrangementTests(SynchronousTestCase):
    """What belongs to what."""

    def test_edges(self) -> None:
        """They are found from both sides."""
        arrangement = arrange(scenes.seed())
        stray = arrangement.work[0]
        number = arrangement.number_of["c2"]

        (edge,) = arrangement.edges_of[stray.number]
        self.assertEqual(arrangement.edges_to[number], [edge])
        self.assertEqual((edge.work, edge.ends, edge.count), (0, number, 1))

    def test_accepted(self) -> None:
        """A port has what it accepted; who has no port is nowhere."""
        arrangement = arrange(scenes.seed())
        numbers = arrangement.number_of

        accepted = arrangement.accepted
        ids = {port: [e.first.id for e in found] for port, found in accepted.items()}
        self.assertEqual(ids, {numbers["l1"]: ["c1"]})


def _by_id(wanted: str) -> Ends:
    arrangement = arrange(scenes.seed())
    return arrangement.ends[arrangement.number_of[wanted]]
