"""A snapshot as a tree of text."""

from __future__ import annotations

import re

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.model import CallVerdict, Link, Snapshot, State, Strength, Timer
from heartbeat.graph.pictures.labels import columns
from heartbeat.graph.pictures.text import to_text
from heartbeat.graph.pictures.words import UnknownWordError
from tests.graph import scenes
from tests.graph.arbitrary import named, names, snapshots

SEED = """\
chat.py, pid 4242, EPollReactor  Python 3.11.7, Twisted 26.10.0, heartbeat 0.1.0
1 stray call  2 pending calls, 2 connections (1 gone), 1 listening port

STRAY CALLS  every connection they reach is gone
t3  ClientAPI.postConnectionLostCall  in 2.3 s
│  defined at …/ann/chat/chat.py:42, made at …/ann/chat/chat.py:31 in \
ClientAPI.connectionMade, by code of c2
└─ direct: self →  c2  ClientAPI  disconnected  to 127.0.0.1:8000  lost 0.7 s ago: \
Connection was closed cleanly.

LISTENING
l1  ServerFactory  127.0.0.1:8000
└─ c1  ServerAPI  connected  from 127.0.0.1:50312  heard 0.3 s ago, sent 0.3 s ago, \
rtt 0.2 ms
   └─ t1  ServerAPI.expire  in 1.2 s  …/ann/chat/chat.py:18  direct: self

NOTES
Looking took 1.2 ms, 1.2 ms at a time at most.
"""


class SceneTests(SynchronousTestCase):
    """What stands where."""

    def test_seed(self) -> None:
        """The stray call is the first thing, with the connection that is gone."""
        self.assertEqual(to_text(scenes.seed()), SEED)

    def test_sections(self) -> None:
        """Strays, ports, connections, calls, tasks, services, notes: in this order."""
        titles = re.findall(r"(?m)^[A-Z ]{4,}", to_text(scenes.everything()))

        self.assertEqual(
            [title.strip() for title in titles],
            [
                "STRAY CALLS",
                "LISTENING",
                "CONNECTIONS",
                "CALLS WITHOUT A CONNECTION",
                "ASYNCIO TASKS",
                "SERVICES",
                "NOTES",
            ],
        )

    def test_once(self) -> None:
        """Everything has one line; another mention is its id after an arrow."""
        scene = scenes.everything()
        text = to_text(scene)

        ids = [end.id for end in scene.endpoints]
        ids += [timer.id for timer in scene.timers]
        ids += [task.id for task in scene.tasks]
        ids += [service.id for service in scene.services]
        for id_ in ids:
            lines = re.findall(rf"(?m)^[│├└─ ]*(?:\w+: self →  )?{id_}  ", text)
            self.assertEqual(len(lines), 1, id_)
        self.assertIn("\n├─ → t22\n", text)

    def test_other_ends(self) -> None:
        """A call that leads to several says where else."""
        many = tuple(_link(f"c{n}") for n in (1, 2, 3))
        scene = _with(scenes.three(), verdict=CallVerdict.OK, links=many)
        self.assertIn("direct  also → c2, c3\n", to_text(scene))

        wide = scenes.some()
        links = tuple(_link(f"c{n}") for n in range(1, 9))
        scene = _with(wide, verdict=CallVerdict.SHARED, links=links)
        self.assertIn("also → c2, c3, c4, 4 more\n", to_text(scene))

    def test_stray_with_others(self) -> None:
        """Two strays on one connection: the second refers to it; hints hang there."""
        seed = scenes.seed()
        stray = attrs.evolve(
            seed.timers[1], id="t4", site=None, created=None, origin=None
        )
        scene = attrs.evolve(seed, timers=(*seed.timers, stray))

        text = to_text(scene)

        self.assertIn("t4  ClientAPI.postConnectionLostCall  in 2.3 s\n└─ direct", text)
        self.assertTrue(re.search(r"(?m)^└─ direct: self →  c2$", text))

    def test_stray_that_reaches_a_port(self) -> None:
        """A stray's link to what is not gone is only its id."""
        scene = scenes.seed()
        links = (_link("c2"), Link(target="l1", strength=Strength.POSSIBLE))
        scene = attrs.evolve(
            scene, timers=(attrs.evolve(scene.timers[1], links=links),)
        )
        self.assertIn("└─ possible →  l1\n", to_text(scene))

    def test_accepted_by_itself(self) -> None:
        """A port that claims to have accepted itself does no harm."""
        scene = scenes.seed()
        ports = (attrs.evolve(scene.endpoints[0], parent="l1"), *scene.endpoints[1:])
        scene = attrs.evolve(scene, endpoints=ports)

        self.assertEqual(to_text(scene).count("\nl1  "), 1)

    def test_nothing(self) -> None:
        """An idle reactor has a header."""
        empty = Snapshot(taken_at=0.0, process=scenes.PROCESS)

        self.assertEqual(
            to_text(empty).splitlines()[1:],
            ["0 stray calls  0 pending calls, 0 connections, 0 listening ports"],
        )


class ManyTests(SynchronousTestCase):
    """Three thousand connections."""

    def test_grouped(self) -> None:
        """They fit on a screen."""
        text = to_text(scenes.many())

        self.assertLess(len(text.splitlines()), 25)
        self.assertIn(
            "40 \N{MULTIPLICATION SIGN}  Chat.send_stats  first in 11 s", text
        )
        self.assertIn("2,400 \N{MULTIPLICATION SIGN}  Chat  connected", text)
        self.assertIn("c1, c2, c3, …", text)

    def test_mentions(self) -> None:
        """A group that is mentioned again says how many it has."""
        many = scenes.many()
        links = (_link("c1"), _link("c5"))
        timers = tuple(
            attrs.evolve(timer, links=links, verdict=CallVerdict.SHARED)
            for timer in many.timers[:60]
        )
        text = to_text(attrs.evolve(many, timers=timers))

        self.assertIn("also → c5 and 598 more", text)
        self.assertRegex(text, r"→ t\d+ and \d+ more\n")

    def test_each(self) -> None:
        """Each has its line, if somebody wants that."""
        text = to_text(scenes.many(), group=False)

        self.assertGreater(len(text.splitlines()), 9000)


class OnlyTests(SynchronousTestCase):
    """Calls of one verdict."""

    def test_stray(self) -> None:
        """Strays, and nothing else."""
        text = to_text(scenes.everything(), only="stray")

        self.assertIn("\nSTRAY CALLS  every connection they reach is gone\nt20  ", text)
        self.assertNotIn("LISTENING", text)

    def test_other(self) -> None:
        """Another verdict, with what it reaches."""
        text = to_text(scenes.everything(), only="mixed")

        self.assertIn("\nMIXED CALLS\nt22  Judged.mixed", text)
        self.assertIn("└─ direct: self →  c3\n", text)

    def test_none(self) -> None:
        """It is said if there are none."""
        self.assertTrue(
            to_text(scenes.three(), only="stray").endswith("\n\nNo stray calls.\n")
        )

    def test_unknown(self) -> None:
        """What is no verdict is refused."""
        self.assertRaises(UnknownWordError, to_text, scenes.seed(), only="red")


class SafetyTests(SynchronousTestCase):
    """Text of a program that wants to harm the terminal."""

    @given(names)
    def test_names(self, texts: list[str]) -> None:
        """No control character gets through, in colour neither."""
        scene = named(texts)

        self.assertFalse(_unsafe(to_text(scene)))
        plain = re.sub(r"\x1b\[[0-9;]+m", "", to_text(scene, color=True))
        self.assertEqual(plain, to_text(scene))

    @given(snapshots(), st.booleans(), st.sampled_from([None, "stray", "ok"]))
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_anything(self, snapshot: Snapshot, group: bool, only: str | None) -> None:
        """Any content is drawn, safely, and in the width that was asked for."""
        text = to_text(snapshot, group=group, only=only, width=40)

        self.assertFalse(_unsafe(text))
        text.encode()
        widths = [columns(line) for line in text.splitlines()]
        self.assertLessEqual(max(widths), 40)


class ColorTests(SynchronousTestCase):
    """Red is what matters."""

    def test_stray(self) -> None:
        """Strays are red, and nothing is without them."""
        self.assertIn(
            "\x1b[1;31mClientAPI.postConnectionLostCall\x1b[0m",
            to_text(scenes.seed(), color=True),
        )
        self.assertNotIn("31m", to_text(scenes.three(), color=True))

    def test_trouble(self) -> None:
        """What is paused or on its way out is yellow."""
        text = to_text(scenes.everything(), color=True)

        for word in ("half-closed", "mixed", "paused"):
            self.assertIn(f"\x1b[33m{word}", text)

    def test_gone(self) -> None:
        """A state that nothing leads back from is red."""
        scene = scenes.seed()
        failed = attrs.evolve(scene.endpoints[2], state=State.FAILED)
        scene = attrs.evolve(scene, endpoints=(failed,), timers=())

        self.assertIn("\x1b[31mfailed\x1b[0m", to_text(scene, color=True))


def _unsafe(text: str) -> str:
    """The characters in it that no terminal should get."""
    allowed = "\n"
    return "".join(
        c
        for c in text
        if c not in allowed
        and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2028")
    )


def _link(target: str) -> Link:
    return Link(target=target, strength=Strength.DIRECT)


def _with(snapshot: Snapshot, **rest: object) -> Snapshot:
    """With one call, like that."""
    timer: Timer = attrs.evolve(
        snapshot.timers[-1],
        **rest,  # type: ignore[arg-type]
    )
    return attrs.evolve(snapshot, timers=(timer,))
