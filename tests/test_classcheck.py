"""Classes that cannot work: refused where they are written, with the way out."""

from __future__ import annotations

import importlib
from typing import Any

from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.protocols.basic import LineReceiver, NetstringReceiver
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.classcheck import CONFIGURATION, HOOKS, OWN, check_class
from heartbeat.policy import Keepalive
from heartbeat.protocol import HeartbeatMixin
from heartbeat.wires import Lines

POLICY = Keepalive(interval=30, timeout=10)


class Timers:
    """Listed anywhere, it is no protocol."""


class Telling(HeartbeatMixin, Protocol):
    """A protocol with the mixin, to derive from."""


class Case(SynchronousTestCase):
    def refused(self, *bases: type, **namespace: Any) -> str:
        """What is said when a class of these bases is written."""
        error = self.assertRaises(TypeError, type, "Chat", bases, namespace)
        return str(error)

    def refused_with(self, **namespace: Any) -> str:
        """What is said when a line protocol with the mixin is written so."""
        return self.refused(HeartbeatMixin, LineReceiver, **namespace)

    def assertSays(self, message: str, *words: str) -> None:  # noqa: N802
        """Fail unless all *words* are in *message*."""
        for word in words:
            self.assertIn(word, message)


class OrderTests(Case):
    def test_last(self) -> None:
        """Listed after a protocol the mixin is refused; the message has the line."""
        message = self.refused(LineReceiver, HeartbeatMixin)
        self.assertSays(
            message,
            "Chat lists HeartbeatMixin after LineReceiver",
            "class Chat(HeartbeatMixin, LineReceiver)",
        )

    def test_last_in_base(self) -> None:
        """So is a base with the mixin; the line keeps the rest in order."""
        message = self.refused(Timers, LineReceiver, Telling)
        self.assertSays(message, "class Chat(Telling, Timers, LineReceiver)")

    def test_first(self) -> None:
        """First, or behind what is no protocol, it learns of the connection."""
        for bases in (
            (HeartbeatMixin, LineReceiver),
            (Timers, HeartbeatMixin, LineReceiver),
            (Telling, LineReceiver),
            (Telling,),
        ):
            transport = StringTransport()
            chat: Any = type("Chat", bases, {"reactor": Clock()})()
            chat.makeConnection(transport)
            self.assertIs(chat.heartbeat.transport, transport)


class UpcallTests(Case):
    def test_none(self) -> None:
        """A ``makeConnection`` that keeps the connection from the mixin is refused."""

        def make_connection(self: Any, transport: object) -> None:
            """Do it all alone."""
            self.transport = transport
            self.connectionMade()

        message = self.refused_with(makeConnection=make_connection)
        self.assertSays(
            message, "Chat.makeConnection() does not", "super().makeConnection("
        )

    def test_some(self) -> None:
        """One that calls its bases', by ``super()`` or by name, is accepted."""

        class Super(Telling):
            def makeConnection(self, transport: Any) -> None:
                super().makeConnection(transport)

        class Named(Telling):
            makeConnection = decorated(Telling.makeConnection)

        for kind in (Super, Named):
            kind().makeConnection(StringTransport())


def decorated(function: Any) -> Any:
    """Another function that calls this one."""

    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


class NameTests(Case):
    def test_own(self) -> None:
        """Nobody may define what is the mixin's own, the class or any base."""
        for name in OWN:
            for bases, culprit in (
                ((HeartbeatMixin, Protocol), "Chat"),
                ((HeartbeatMixin, type("Old", (Protocol,), {name: 5})), "Old"),
                ((type("Old", (), {name: 5}), HeartbeatMixin, Protocol), "Old"),
            ):
                namespace = {name: 5} if culprit == "Chat" else {}
                message = self.refused(*bases, **namespace)
                self.assertSays(
                    message,
                    f"{culprit}.{name} is 5",
                    "HeartbeatMixin",
                    "Chat",
                    "rename",
                )

    def test_method(self) -> None:
        """A method of that name is no better."""

        def clock(self: object) -> None:
            """Tell the time."""

        self.assertSays(self.refused_with(clock=clock), "Chat.clock is <function")

    def test_composition(self) -> None:
        """The message says how to go without the mixin."""
        self.assertSays(self.refused_with(clock=5), "ScopedClock(reactor)")

    def test_hidden(self) -> None:
        """What a base behind calls so would be hidden."""
        for name in (*CONFIGURATION, *HOOKS):
            base = type("Old", (Protocol,), {name: 5})
            message = self.refused(HeartbeatMixin, base)
            self.assertSays(message, f"Old.{name} is 5", "Chat would hide it")

    def test_hidden_configuration(self) -> None:
        """If it was meant for the mixin, it has to come first, and may."""
        policy = type("Policy", (), {"keepalive": POLICY, "wire": Lines()})
        message = self.refused(HeartbeatMixin, policy, LineReceiver)
        self.assertSays(message, "list Policy first")
        chat: Any = type("Chat", (policy, HeartbeatMixin, LineReceiver), {})
        self.assertIs(chat.keepalive, POLICY)


class HookTests(Case):
    def test_no_method(self) -> None:
        """Something else than a method is refused."""
        for name in HOOKS:
            message = self.refused_with(**{name: True})
            self.assertSays(message, f"Chat.{name} is True", f"def {name}(self")

    def test_signature(self) -> None:
        """So is a method that cannot be called, like one of the same name by chance."""

        def send_ping(self: object) -> None:
            """Send a ping of another kind."""

        message = self.refused_with(send_ping=send_ping)
        self.assertSays(
            message,
            "Chat.send_ping() cannot be called (too many positional arguments)",
            "def send_ping(self, payload)",
        )

    def test_coroutine(self) -> None:
        """So is a coroutine: it would never run."""

        async def peer_lost(self: object, verdict: object) -> None:
            """Be too late."""

        message = self.refused_with(peer_lost=peer_lost)
        self.assertSays(message, "Chat.peer_lost() is a coroutine", "clock.run")

    def test_any_callable(self) -> None:
        """What is no function of Python's, but can be called, is accepted."""
        told: list[object] = []
        chat: Any = type("Chat", (Telling,), {"peer_lost": told.append})()
        chat.peer_lost("the verdict")
        self.assertEqual(told, ["the verdict"])


class ValueTests(Case):
    def test_keepalive(self) -> None:
        """A policy is a `Keepalive`: no number, no class."""
        for value in (30, Keepalive, {"interval": 30}, True):
            message = self.refused_with(keepalive=value)
            self.assertSays(
                message, f"Chat.keepalive is {value!r}", "Keepalive(interval=30"
            )

    def test_wire(self) -> None:
        """A wire is an instance of one: no class, nothing else."""
        for value in (Lines, 5, object()):
            message = self.refused_with(wire=value)
            self.assertSays(message, f"Chat.wire is {value!r}", "wire = Lines()")

    def test_reactor(self) -> None:
        """A reactor tells the time and schedules."""
        for value in ("epoll", Clock, Clock().callLater):
            message = self.refused_with(reactor=value)
            self.assertSays(message, f"Chat.reactor is {value!r}", "IReactorTime")
        self.refused_with(reactor=lambda self: Clock())

    def test_reactor_property(self) -> None:
        """It may come from elsewhere, when it is needed."""
        clock = Clock()
        reactor = property(lambda _: clock)
        chat: Any = type("Chat", (Telling,), {"reactor": reactor})()
        chat.makeConnection(StringTransport())
        self.assertIs(chat.clock.parent, clock)


class FitTests(Case):
    def test_mute(self) -> None:
        """A policy that asks, or beats, needs words for it."""
        for policy, method in (
            (POLICY, "send_ping"),
            (Keepalive(interval=None, beacon=5), "send_beat"),
        ):
            message = self.refused_with(keepalive=policy)
            self.assertSays(message, "Chat", f"define {method}()", "wire = Lines()")

    def test_half_mute(self) -> None:
        """One's own question is no beat."""

        def send_ping(self: object, payload: bytes) -> None:
            """Ask."""

        namespace = {"keepalive": POLICY, "send_ping": send_ping}
        check_class(type("Chat", (Telling,), namespace), HeartbeatMixin)
        beacon = {**namespace, "keepalive": Keepalive(interval=30, beacon=5)}
        self.assertSays(self.refused_with(**beacon), "beacon=", "send_beat")

    def test_wire(self) -> None:
        """A wire fits the kind of protocol."""
        message = self.refused(HeartbeatMixin, NetstringReceiver, wire=Lines())
        self.assertSays(message, "Chat has no lineReceived(), which the wire Lines")

    def test_mixin_of_mixin(self) -> None:
        """While it is no protocol yet, it need not fit; then it must."""
        base = type("Lively", (HeartbeatMixin,), {"keepalive": POLICY, "wire": Lines()})
        check_class(type("Chat", (base, LineReceiver), {}), HeartbeatMixin)
        self.assertSays(self.refused(base, Protocol), "lineReceived")


class NaturalTests(SynchronousTestCase):
    def test_accepted(self) -> None:
        """What users write, on every kind of base, is accepted."""
        self.assertTrue(importlib.import_module("tests.typing_examples"))


class InstanceTests(Case):
    def test_clock(self) -> None:
        """Setting what is the mixin's own says so, and the way out."""

        class Old(LineReceiver):
            def __init__(self) -> None:
                self.clock = "noon"

        class Chat(HeartbeatMixin, Old):  # type: ignore[misc]  # so does mypy
            pass

        message = str(self.assertRaises(AttributeError, Chat))
        self.assertSays(
            message, "Chat sets self.clock to 'noon'", "HeartbeatMixin", "ScopedClock("
        )

    def test_heartbeat(self) -> None:
        """The keepalive cannot be replaced either."""
        chat: Any = Telling()
        error = self.assertRaises(AttributeError, setattr, chat, "heartbeat", Clock())
        self.assertSays(str(error), "Telling sets self.heartbeat", "rename")

    def test_reactor_as_clock(self) -> None:
        """Who sets a clock to run on is told its name."""
        chat: Any = Telling()
        error = self.assertRaises(AttributeError, setattr, chat, "clock", Clock())
        self.assertSays(str(error), "set reactor instead")

    def test_values(self) -> None:
        """What is set on the instance is checked when it is connected."""
        for name in CONFIGURATION:
            chat: Any = Telling()
            setattr(chat, name, 5)
            error = self.assertRaises(TypeError, chat.makeConnection, StringTransport())
            self.assertSays(str(error), f"Telling.{name} is 5")

    def test_good_values(self) -> None:
        """What fits is used."""
        chat: Any = Telling()
        chat.reactor = clock = Clock()
        chat.keepalive = Keepalive(interval=None, silence=60)
        chat.makeConnection(StringTransport())
        self.assertEqual(len(clock.getDelayedCalls()), 1)
        chat.connectionLost()
        self.assertEqual(clock.getDelayedCalls(), [])
