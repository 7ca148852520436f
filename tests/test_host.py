"""What a protocol class must be able to say, and how a wire says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.host import Host, Wire, check_voice
from heartbeat.policy import Keepalive

if TYPE_CHECKING:
    from collections.abc import Callable

BEATS = Keepalive(interval=None, beacon=5)
OFF = Keepalive(interval=None)


class Tape:
    """A wire that records."""

    def __init__(self) -> None:
        self.said: list[object] = []

    def check(self, protocol_class: type) -> None:
        """Any class will do."""

    def attach(self, protocol: Any, heartbeat: Any) -> Callable[[], None]:
        """Nothing to consume."""
        return lambda: None

    def send_ping(self, protocol: Any, payload: bytes) -> None:
        """Record the payload."""
        self.said.append((protocol, payload))

    def send_beat(self, protocol: Any) -> None:
        """Record the beat."""
        self.said.append((protocol, "beat"))


class Mute(Host):
    """Neither wire nor words."""


class OwnPing(Host):
    """Words of its own for a question."""

    def send_ping(self, payload: bytes) -> None:
        """Ask."""


class OwnBeat(Host):
    """Words of its own for a beat."""

    def send_beat(self) -> None:
        """Beat."""


class Wired(Host):
    """A wire for everything."""

    wire: Wire | None = Tape()


class Mono(Tape):
    """A wire that can say nothing."""

    asks = False
    beats = False


class OneWay(Host):
    """A wire for little."""

    wire: Wire | None = Mono()


class OneWayAndOwn(OneWay, OwnPing):
    """The question of its own."""

    send_ping = OwnPing.send_ping


class Foreign:
    """No Host at all."""


class CheckVoiceTests(SynchronousTestCase):
    def test_mute(self) -> None:
        """Who has to ask and cannot is told what to do."""
        error = self.assertRaises(TypeError, check_voice, Mute, Keepalive())
        self.assertEqual(
            str(error),
            "Mute has a keepalive with interval=, but no way to speak: give it a wire "
            "(wire = Lines()), define send_ping(), or switch it off (interval=None)",
        )

    def test_mute_beacon(self) -> None:
        """The same for a beat."""
        error = self.assertRaises(TypeError, check_voice, OwnPing, BEATS)
        self.assertIn("beacon=", str(error))
        self.assertIn("define send_beat()", str(error))

    def test_enough(self) -> None:
        """Words for what the policy wants are enough, and so is a wire."""
        check_voice(Mute, OFF)
        check_voice(OwnPing, Keepalive())
        check_voice(OwnBeat, BEATS)
        check_voice(Wired, Keepalive(beacon=5))

    def test_wire_without_question(self) -> None:
        """A wire that cannot ask is refused by a policy that does."""
        error = self.assertRaises(TypeError, check_voice, OneWay, Keepalive())
        self.assertEqual(
            str(error),
            "OneWay has a keepalive with interval=, and Mono has no question to ask: "
            "judge by silence= (interval=None), or define send_ping()",
        )
        check_voice(OneWay, OFF)

    def test_wire_without_beat(self) -> None:
        """A wire that has no beat is refused by a policy that beats."""
        error = self.assertRaises(TypeError, check_voice, OneWay, BEATS)
        self.assertIn("Mono has no beat: switch it off (beacon=None)", str(error))

    def test_own_words_beside_a_wire(self) -> None:
        """What a wire cannot say, the protocol may."""
        check_voice(OneWayAndOwn, Keepalive())

    def test_foreign(self) -> None:
        """What is no Host has methods of its own."""
        check_voice(Foreign, Keepalive(beacon=5))


class HostTests(SynchronousTestCase):
    def test_wire_speaks(self) -> None:
        """Without words of its own a host speaks by its wire."""
        host, tape = Host(), Tape()
        host.wire = tape
        host.send_ping(b"abc")
        host.send_beat()
        self.assertEqual(tape.said, [(host, b"abc"), (host, "beat")])

    def test_mute(self) -> None:
        """Without a wire either, that is an error at the call."""
        self.assertRaises(TypeError, Mute().send_ping, b"")
        self.assertRaises(TypeError, Mute().send_beat)

    def test_hooks(self) -> None:
        """The hooks may be left alone."""
        verdict: Any = object()
        Mute().peer_suspected(verdict)
        Mute().peer_lost(verdict)
