"""A snapshot as a whole."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import attrs
from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.model import (
    CallVerdict,
    Endpoint,
    Kind,
    Link,
    Process,
    Snapshot,
    State,
    Strength,
    Threads,
    Timer,
)
from tests.graph.arbitrary import snapshots


def end(id_: str) -> Endpoint:
    """An endpoint."""
    return Endpoint(id=id_, kind=Kind.TCP, state=State.CONNECTED)


def call(
    id_: str,
    *targets: str | None,
    verdict: CallVerdict = CallVerdict.OK,
    repeat: float | None = None,
) -> Timer:
    """A call that is linked to these."""
    links = tuple(Link(target=each, strength=Strength.OWNED) for each in targets)
    return Timer(
        id=id_, due=1.0, function="f", links=links, verdict=verdict, repeat=repeat
    )


def seen(*timers: Timer) -> Snapshot:
    """A snapshot with two endpoints."""
    process = Process(
        pid=1,
        program="chat",
        reactor="r",
        running=True,
        python="3",
        twisted="26",
        heartbeat="1",
    )
    return Snapshot(
        taken_at=0.0, process=process, endpoints=(end("c1"), end("c2")), timers=timers
    )


class SnapshotTests(SynchronousTestCase):
    """What it can be asked."""

    def test_endpoint(self) -> None:
        """By its id; an unknown one is an error that names it."""
        self.assertEqual(seen().endpoint("c2"), end("c2"))
        error = self.assertRaises(KeyError, seen().endpoint, "c3")
        self.assertEqual(error.args, ("c3",))

    def test_timers_of(self) -> None:
        """Those linked to an endpoint, once each, in their order."""
        one, two = call("t1", "c1", "c2", "c1"), call("t2", None, "c1")
        snapshot = seen(one, two, call("t3"))

        self.assertEqual(snapshot.timers_of("c1"), (one, two))
        self.assertEqual(snapshot.timers_of("c2"), (one,))
        self.assertEqual(snapshot.timers_of("c3"), ())

    def test_strays(self) -> None:
        """Those that will never end by themselves come first, then in their order."""
        stray = CallVerdict.STRAY
        timers = (
            call("t1", "c1", verdict=stray),
            call("t2", "c1"),
            call("t3", "c1", verdict=stray, repeat=5.0),
            call("t4", "c1", verdict=CallVerdict.MAYBE_STRAY),
            call("t5", "c1", verdict=stray),
        )

        self.assertEqual([t.id for t in seen(*timers).strays()], ["t3", "t1", "t5"])

    def test_value(self) -> None:
        """It is frozen, and what was asked of it makes no difference."""
        one, two = seen(call("t1", "c1")), seen(call("t1", "c1"))
        one.timers_of("c1")
        one.endpoint("c1")

        self.assertEqual(one, two)
        self.assertEqual(hash(one), hash(two))
        self.assertEqual(copy.deepcopy(one), two)
        with self.assertRaises(attrs.exceptions.FrozenInstanceError):
            one.taken_at = 3.0  # type: ignore[misc]
        self.assertEqual(Threads(), Threads())

    def test_evolved(self) -> None:
        """A changed copy knows only what it has."""
        one = seen(call("t1", "c1"))
        one.timers_of("c1")

        self.assertEqual(attrs.evolve(one, timers=()).timers_of("c1"), ())

    @given(snapshots())
    def test_any(self, snapshot: Snapshot) -> None:
        """Any can be stored, and each target of a call has that call."""
        self.assertEqual(pickle.loads(pickle.dumps(snapshot)), snapshot)  # noqa: S301
        for timer in snapshot.timers:
            for target in timer.targets:
                self.assertIn(timer, snapshot.timers_of(target))

    def test_without_twisted(self) -> None:
        """To read one, Twisted's reactor and its protocols are not needed."""
        code = (
            "import sys, heartbeat.graph.model\n"
            "assert 'twisted.internet.reactor' not in sys.modules\n"
            "assert 'twisted.web' not in sys.modules\n"
        )

        done = subprocess.run([sys.executable, "-c", code], check=False)

        self.assertEqual(done.returncode, 0)
