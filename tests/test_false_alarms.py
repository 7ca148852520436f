"""A peer that lives is never given up, whatever happens on our side or on the way.

Real peer processes, real connections, every reactor of this platform. All connections
of a test live in one run of the reactor.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Kind
from tests.connections import global_reactor
from tests.live import BRISK, Scene, Watched, certificate, no_descriptor_left
from tests.reactors import REACTORS, fresh

if TYPE_CHECKING:
    from collections.abc import Callable

SLOW = 17 * 2**18
"""Bytes that take a peer which reads slowly 3.4 s: longer than `LIVELY` waits."""

LIVELY = attrs.evolve(BRISK, interval=0.2, timeout=2.5)
"""Longer than a process that lives stands still, on a machine that is busy."""

LONG = 3.3
"""Seconds, more than interval and timeout of `LIVELY`."""

BLOCKED = 4.4
"""Seconds in which the reactor is blocked again and again."""

HOUR = 3600.0

ALLOWANCE = 10.0
"""Seconds a busy machine may take for what `BRISK` promises."""


def _stay(seconds: float = LONG) -> Callable[[Watched], object]:
    """Do nothing, and part in the end."""
    return lambda watched: watched.clock.callLater(seconds, watched.part)


def _send_lines(watched: Watched) -> None:
    """Send a lot, and part once it is read."""
    for _ in range(SLOW // 2**10):
        watched.sendLine(b"x" * 1022)
    watched.clock.callLater(LONG, watched.part)


def _pause(watched: Watched) -> None:
    """Read nothing for a while."""
    watched.transport.pauseProducing()
    watched.clock.callLater(LONG, watched.transport.resumeProducing)
    watched.clock.callLater(LONG + 0.5, watched.part)


def _block_now_and_then(watched: Watched) -> None:
    """Keep the reactor from doing anything, again and again."""
    for start, seconds in ((0.1, 2.9), (3.4, 0.8)):
        watched.clock.callLater(start, _block, seconds)
    watched.clock.callLater(BLOCKED, watched.part)


def _block(seconds: float) -> None:
    threading.Event().wait(seconds)


class _Cases(SynchronousTestCase):
    def healthy(self, scene: Scene, many: int = 200) -> None:
        """Peers that live, each in its own way."""
        answering = scene.peer("answer")
        talking = scene.peer("chatter")
        for number in range(many):
            scene.add(f"one of many: {number}", answering, _stay())
        scene.add("talks all the time", talking, _stay())
        scene.add("pushes one long message", scene.peer("write_slowly"), _stay())
        scene.add("reads slowly", scene.peer("read_slowly"), _send_lines)
        roomy = scene.peer("read_slowly_from_a_large_buffer")
        scene.add("reads slowly from a large buffer", roomy, _send_lines)
        scene.add("not read by us, silent", answering, _pause)
        scene.add("not read by us, talking", talking, _pause)
        self.assert_all_live(scene.play())

    def blocked(self, scene: Scene) -> None:
        """Our own reactor is busy for longer than interval and timeout."""
        answering = scene.peer("answer")
        scene.add("blocks", answering, _block_now_and_then)
        scene.add("silent", answering, _stay(BLOCKED))
        scene.add("talks all the time", scene.peer("chatter"), _stay(BLOCKED))
        scene.add("pushes one long message", scene.peer("write_slowly"), _stay(BLOCKED))
        scene.add("reads slowly", scene.peer("read_slowly"), _send_lines)
        self.assert_all_live(scene.play())

    def assert_all_live(self, fates: dict[str, Watched]) -> None:
        """Nobody was given up, and we ended the connection ourselves."""
        verdicts = {name: watched.verdicts for name, watched in fates.items()}
        self.assertEqual({n: v for n, v in verdicts.items() if v}, {})
        for name, watched in fates.items():
            pongs = watched.heartbeat.counters.pongs
            self.assertGreaterEqual(pongs, 1, (name, watched.reason))


class TcpTests(_Cases):
    """Over TCP, on one reactor after the other."""

    def run_on(self, name: str, case: Callable[[Scene], None]) -> None:
        """Play *case* on a new reactor."""
        with no_descriptor_left(), fresh(name) as reactor:
            case(Scene(reactor, LIVELY))

    def stepped(self, scene: Scene) -> None:
        """The wall clock is set on by an hour, back, and back by another."""
        reactor: Any = scene.reactor
        steps = iter((HOUR, -HOUR, -HOUR, HOUR))
        true, offset = reactor.seconds, [0.0]
        reactor.seconds = lambda: true() + offset[0]
        # Nothing here may wait for a timer: set back, none fires for an hour.
        talking, frozen = scene.peer("chatter"), scene.peer("answer")

        def step(watched: Watched) -> None:
            offset[0] += next(steps, 0.0)
            enough = watched.lines >= 24 and silent.heartbeat.counters.pongs >= 3
            watched.on_line(6, end if enough else step)

        def end(watched: Watched) -> None:
            offset[0] -= HOUR
            frozen.freeze()
            watched.transport.abortConnection()
            silent.heartbeat.configure(BRISK)
            silent.deed_at = time.monotonic()

        scene.add("talks all the time", talking, step)
        scene.add("silent", frozen, lambda _: None)
        silent = scene.watched["silent"]
        fates = scene.play()
        self.assertEqual(fates["talks all the time"].verdicts, [])
        self.assertIs(silent.kind, Kind.PEER_HUNG)
        self.assertLess(silent.lasted, ALLOWANCE)


def _add_tests(name: str) -> None:
    def test_healthy(self: TcpTests) -> None:
        self.run_on(name, self.healthy)

    def test_blocked(self: TcpTests) -> None:
        self.run_on(name, self.blocked)

    def test_stepped(self: TcpTests) -> None:
        self.run_on(name, self.stepped)

    test_healthy.__doc__ = f"On {name}, slow, busy and unread peers live."
    test_blocked.__doc__ = f"On {name}, nobody dies of our own reactor being blocked."
    test_stepped.__doc__ = f"On {name}, a wall clock that is set changes no judgement."
    for test in (test_healthy, test_blocked, test_stepped):
        setattr(TcpTests, f"{test.__name__}_{name}", test)


for _name in REACTORS:
    _add_tests(_name)


class TlsTests(_Cases):
    """Over TLS."""

    def run_tls(self, case: Callable[[Scene], None]) -> None:
        """Play *case* on the global reactor."""
        with certificate() as path, no_descriptor_left():
            case(Scene(global_reactor(), LIVELY, path))

    def test_healthy(self) -> None:
        """Under TLS, slow, busy and unread peers live."""
        self.run_tls(partial(self.healthy, many=20))

    def test_blocked(self) -> None:
        """Under TLS, nobody dies of our own reactor being blocked."""
        self.run_tls(self.blocked)
