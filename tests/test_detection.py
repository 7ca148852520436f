"""A peer that is gone is given up within the promised time, for the right reason.

Real peer processes, real connections, every reactor of this platform. TLS runs on the
global reactor, for Twisted's TLS flushes small writes there.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING
from unittest import SkipTest

import attrs
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Kind
from tests.connections import global_reactor
from tests.live import (
    BRISK,
    CALM,
    Flood,
    Scene,
    Watched,
    certificate,
    no_descriptor_left,
)
from tests.peers.process import cable, why_no_cable
from tests.reactors import REACTORS, fresh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from heartbeat import Keepalive

LARGE = 12 * 2**20
"""Bytes, more than both kernels keep for a peer that does not read."""

ALLOWANCE = 10.0
"""Seconds a busy machine may take beyond what the policy promises."""

PROMISE = 0.3 + 1.5 + 0.05
"""Interval, timeout and one slot of the wheel, of `PATIENT`; of `BRISK` it is less."""

PATIENT = attrs.evolve(BRISK, timeout=1.5)
"""Time enough for the kernel to have sent a segment three times."""

AGED = attrs.evolve(CALM, max_age=0.5)


def _ping_then(
    deed: Callable[[Watched], object], policy: Keepalive = BRISK
) -> Callable[[Watched], object]:
    """Do *deed* once the peer has answered, and go by *policy* from then on."""

    def begin(watched: Watched) -> None:
        def answered(_: float) -> None:
            watched.heartbeat.configure(policy)
            watched.deed = deed
            watched.do()

        watched.heartbeat.ping().addCallback(answered)

    return begin


def _write_a_lot(watched: Watched) -> None:
    watched.sendLine(b"x" * LARGE)


def _flood(watched: Watched) -> None:
    Flood(watched.transport).begin()


def _write_and_close(watched: Watched) -> None:
    _write_a_lot(watched)
    watched.transport.loseConnection()


def _close(watched: Watched) -> None:
    watched.transport.loseConnection()


FATES = {
    "frozen": Kind.PEER_HUNG,
    "frozen while we write": Kind.PEER_NOT_READING,
    "not reading": Kind.PEER_NOT_READING,
    "not reading a producer": Kind.PEER_NOT_READING,
    "closed behind a queue": Kind.CLOSE_STALLED,
    "vanished": Kind.NETWORK_DEAD,
    "killed": None,
}
"""What is said of each way for a peer to be gone; of one that is killed, its kernel
says it."""


class _Cases(SynchronousTestCase):
    def gone_peers(self, scene: Scene) -> None:
        """All ways for a peer to be gone, at once."""
        frozen = scene.peer("answer")
        stuck = scene.peer("answer")
        killed = scene.peer("answer")
        mute = scene.peer("answer_once")

        def freeze_and_write(watched: Watched) -> None:
            stuck.freeze()
            _write_a_lot(watched)

        scene.add("frozen", frozen, _ping_then(lambda _: frozen.freeze()))
        scene.add("frozen while we write", stuck, _ping_then(freeze_and_write))
        scene.add("not reading", mute, _ping_then(_write_a_lot))
        scene.add("not reading a producer", mute, _ping_then(_flood))
        scene.add("closed behind a queue", mute, _ping_then(_write_and_close))
        scene.add("killed", killed, _ping_then(lambda _: killed.kill(), CALM))
        with self.somewhere_else(scene):
            fates = scene.play()
        self.assertEqual(
            {name: watched.kind for name, watched in fates.items()},
            {name: FATES[name] for name in fates},
        )
        reason = fates["killed"].reason
        assert reason is not None
        self.assertTrue(reason.check(ConnectionLost, ConnectionDone))
        self.assertEqual(fates["killed"].verdicts, [])
        for name, watched in fates.items():
            self.assertLess(watched.lasted, PROMISE + ALLOWANCE, name)

    @contextlib.contextmanager
    def somewhere_else(self, scene: Scene) -> Iterator[None]:
        """One more, behind a cable that is cut without a word, if there can be one."""
        if why_no_cable():
            yield
            return
        with cable() as host:
            peer = scene.peer("answer", host=host.address, prefix=host.prefix)
            scene.add("vanished", peer, _ping_then(lambda _: host.cut(), PATIENT))
            yield


class CableTests(SynchronousTestCase):
    def test_cable(self) -> None:
        """A peer that vanishes is among those of all other tests, or this is skipped."""
        why_not = why_no_cable()
        if why_not:
            raise SkipTest(why_not)


class TcpTests(_Cases):
    """Over TCP, on one reactor after the other."""

    def run_on(self, name: str, case: Callable[[Scene], None]) -> None:
        """Play *case* on a new reactor."""
        with no_descriptor_left(), fresh(name) as reactor:
            case(Scene(reactor))


def _add_tests(name: str) -> None:
    def test_gone(self: TcpTests) -> None:
        self.run_on(name, self.gone_peers)

    test_gone.__doc__ = (
        f"On {name}, frozen, mute, vanished and killed peers are told apart."
    )
    setattr(TcpTests, f"test_gone_{name}", test_gone)


for _name in REACTORS:
    _add_tests(_name)


class TlsTests(_Cases):
    """Over TLS."""

    def run_tls(self, case: Callable[[Scene], None]) -> None:
        """Play *case* on the global reactor."""
        with certificate() as path, no_descriptor_left():
            case(Scene(global_reactor(), certificate=path))

    def test_gone(self) -> None:
        """Under TLS, frozen, mute, vanished and killed peers are told apart."""
        self.run_tls(self.gone_peers)

    def test_ignored_close(self) -> None:
        """A peer that ignores the TLS close is aborted, whoever closed."""
        self.run_tls(self._ignored_close)

    def _ignored_close(self, scene: Scene) -> None:
        deaf = scene.peer("answer")
        polite = scene.peer("answer_and_part")
        scene.add("our close, ignored", deaf, _ping_then(lambda _: None, AGED))
        scene.add("the user's close, ignored", deaf, _ping_then(_close))
        scene.add("our close, answered", polite, _ping_then(lambda _: None, AGED))
        fates = scene.play()
        self.assertEqual(
            {name: watched.kind for name, watched in fates.items()},
            {
                "our close, ignored": Kind.MAX_AGE,
                "the user's close, ignored": Kind.CLOSE_STALLED,
                "our close, answered": Kind.MAX_AGE,
            },
        )
