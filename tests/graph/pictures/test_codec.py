"""A snapshot as JSON and back."""

from __future__ import annotations

import json
import math
from typing import Any

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.errors import HeartbeatError
from heartbeat.graph.model import SCHEMA, Snapshot, Timer
from heartbeat.graph.pictures.codec import SnapshotError, from_json, plain_data, to_json
from tests.graph import scenes
from tests.graph.arbitrary import snapshots


class RoundTripTests(SynchronousTestCase):
    """What was written is read."""

    def test_scenes(self) -> None:
        """Everything that there is comes back as it was."""
        for scene in (scenes.seed(), scenes.three(), scenes.everything()):
            self.assertEqual(from_json(to_json(scene)), scene)

    @given(snapshots())
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_anything(self, snapshot: Snapshot) -> None:
        """So does any content, and JSON that is strict."""
        text = to_json(snapshot)

        self.assertTrue(text.isascii())
        json.loads(text, parse_constant=self.fail)
        self.assertEqual(from_json(text), snapshot)

    def test_not_a_number(self) -> None:
        """A number that is none comes back, too."""
        timer = Timer(id="t1", due=math.nan, function="f", repeat=math.inf)
        snapshot = attrs.evolve(scenes.seed(), timers=(timer,))

        (found,) = from_json(to_json(snapshot)).timers

        self.assertTrue(math.isnan(found.due))
        self.assertEqual(found.repeat, math.inf)

    def test_indent(self) -> None:
        """It can be written for people."""
        lines = to_json(scenes.seed(), indent=2).splitlines()

        self.assertEqual(lines[:2], ["{", '  "taken_at": 1700000000.0,'])

    def test_all_fields(self) -> None:
        """Every field is there, with its default as well."""
        data = plain_data(scenes.seed())

        self.assertEqual(list(data), [f.name for f in attrs.fields(Snapshot)])
        self.assertEqual(data["endpoints"][0]["keepalive"], None)
        self.assertEqual(data["timers"][1]["verdict"], "stray")


class TolerantTests(SynchronousTestCase):
    """A reader takes what another version wrote."""

    def test_unknown_fields(self) -> None:
        """What it does not know is passed over."""
        data = plain_data(scenes.seed())
        data["mood"] = "good"
        data["timers"][0]["mood"] = "better"

        self.assertEqual(from_json(json.dumps(data)), scenes.seed())

    def test_missing_fields(self) -> None:
        """What is not there has its default."""
        data = plain_data(scenes.three())
        del data["took"], data["endpoints"][0]["paused"]

        self.assertEqual(from_json(json.dumps(data)), scenes.three())

    def test_whole_numbers(self) -> None:
        """A number without a fraction is a number."""
        data = plain_data(scenes.seed())
        data["took"] = 3

        found = from_json(json.dumps(data)).took

        self.assertEqual((found, type(found)), (3.0, float))


class HostileTests(SynchronousTestCase):
    """What is no snapshot is refused, and it is said why."""

    def test_not_json(self) -> None:
        """Text that is not JSON, however deep or long."""
        for text in ("", "{", "[" * 100_000, "1" * 5_000, "\ud800"):
            error = self.refused(text)
            self.assertIn("must be JSON", error.rule)
            self.assertLess(len(error.value), 80)

    def test_not_an_object(self) -> None:
        """JSON that is no object."""
        for text in ("[]", "3", "null", '"x"'):
            self.assertEqual(self.refused(text).rule, "must be an object")

    def test_schema(self) -> None:
        """Another schema, or one that only looks like ours."""
        for schema in (SCHEMA + 1, True, 1.0, "1", None):
            error = self.refused(json.dumps({"schema": schema}))
            self.assertEqual(error.where, "schema")
            self.assertEqual(error.way_out, "read it with the version that wrote it")

    def test_wrong(self) -> None:
        """Each wrong value is named, with its place, the rule and the way out."""
        wrong: list[tuple[list[Any], Any, str]] = [
            (["process"], None, "process is null: must be an object"),
            (["process"], {"pid": 1}, "must have heartbeat, program, python, reactor"),
            (["process", "pid"], True, "process.pid is true: must be a whole number"),
            (["process", "running"], 1, "process.running is 1: must be a boolean"),
            (["timers"], {}, "timers is an object: must be a list"),
            (["timers", 1, "id"], 7, "timers[1].id is 7: must be text"),
            (["timers", 1, "due"], "soon", "timers[1].due is 'soon': must be a number"),
            (["timers", 1, "due"], [], "timers[1].due is a list: must be a number"),
            (["timers", 1, "due"], 10**400, "must be a number"),
            (["timers", 1, "verdict"], "bad", "is 'bad': must be one of stray, maybe-"),
            (["timers", 1, "links", 0, "strength"], [], "must be one of scoped,"),
            (["notes"], ["\ud800\x1b" * 99, 3], "notes[1] is 3: must be text"),
        ]
        for path, value, message in wrong:
            data = plain_data(scenes.seed())
            place: Any = data
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value

            error = self.refused(json.dumps(data))

            self.assertIn(message, str(error))
            self.assertIn(
                "; use what heartbeat.graph.to_json wrote, unchanged", str(error)
            )

    def test_long_value(self) -> None:
        """Of a long value the beginning is shown, of a deep one what it is."""
        texts = ["x" * 999, [[[[[[]]]]]]]
        data = [json.dumps({**plain_data(scenes.seed()), "process": x}) for x in texts]

        values = [self.refused(text).value for text in data]
        self.assertEqual(values, [f"'{'x' * 59}...", "a list"])

    @given(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ),
        st.sampled_from(["process", "timers", "endpoints", "threads", "took", "notes"]),
    )
    def test_anything(self, value: object, field: str) -> None:
        """Whatever a field holds, it is read or refused, and nothing else happens."""
        data = plain_data(scenes.seed())
        data[field] = value
        try:
            from_json(json.dumps(data))
        except SnapshotError as error:
            self.assertTrue(str(error))

    def refused(self, text: str) -> SnapshotError:
        """The error that *text* leads to."""
        error: SnapshotError = self.assertRaises(SnapshotError, from_json, text)
        self.assertIsInstance(error, HeartbeatError)
        self.assertIsInstance(error, ValueError)
        return error
