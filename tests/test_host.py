"""What a protocol class must be able to say, and how a wire says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.host import Host, Wire, check_voice
from heartbeat.policy import Keepalive

if TYPE_CHECKING:
    from collections.abc import Callable

OFF = Keepalive(interval=None)
ASKS = Keepalive()
BEATS = Keepalive(interval=None, beacon=5)
BOTH = Keepalive(beacon=5)


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


def accepted(host_class: type[Any]) -> list[Keepalive]:
    """The policies under which the class can say what it has to."""
    return [
        policy for policy in (OFF, ASKS, BEATS, BOTH) if _speaks(host_class, policy)
    ]


def _speaks(host_class: type[Any], policy: Keepalive) -> bool:
    try:
        check_voice(host_class, policy)
    except TypeError:
        return False
    return True


class CheckVoiceTests(SynchronousTestCase):
    def test_mute(self) -> None:
        """Who has to ask and cannot is told what to do."""
        error = self.assertRaises(TypeError, check_voice, Mute, ASKS)
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
        self.assertEqual(accepted(Mute), [OFF])
        self.assertEqual(accepted(OwnPing), [OFF, ASKS])
        self.assertEqual(accepted(OwnBeat), [OFF, BEATS])
        self.assertEqual(accepted(Wired), [OFF, ASKS, BEATS, BOTH])

    def test_wire_without_question(self) -> None:
        """A wire that cannot ask is refused by a policy that does."""
        error = self.assertRaises(TypeError, check_voice, OneWay, ASKS)
        self.assertEqual(
            str(error),
            "OneWay has a keepalive with interval=, and Mono has no question to ask: "
            "judge by silence= (interval=None), or define send_ping()",
        )

    def test_wire_without_beat(self) -> None:
        """A wire that has no beat is refused by a policy that beats."""
        error = self.assertRaises(TypeError, check_voice, OneWay, BEATS)
        self.assertIn("Mono has no beat: switch it off (beacon=None)", str(error))

    def test_own_words_beside_a_wire(self) -> None:
        """What a wire cannot say, the protocol may."""
        self.assertEqual(accepted(OneWay), [OFF])
        self.assertEqual(accepted(OneWayAndOwn), [OFF, ASKS])

    def test_foreign(self) -> None:
        """What is no Host has methods of its own."""
        self.assertEqual(accepted(Foreign), [OFF, ASKS, BEATS, BOTH])


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
        """The hooks may be left alone: they do nothing."""
        host, verdict = Mute(), object()
        hooks: list[Any] = [host.peer_suspected, host.peer_lost]
        self.assertEqual([hook(verdict) for hook in hooks], [None, None])
        self.assertEqual(vars(host), {})
