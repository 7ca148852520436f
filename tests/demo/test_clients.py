"""The client of the story, what it does and what is shown of it."""

from __future__ import annotations

from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.demo.clients import Server, by_hand, difference, scoped, source_of
from heartbeat.demo.story import GONE, PING, TIMEOUT
from heartbeat.testing import assert_nothing_left, connect


class SilenceTests(SynchronousTestCase):
    """What a keepalive is for."""

    def test_timeout(self) -> None:
        """While the connection stands, both report a peer that does not answer."""
        for telling in (by_hand, scoped):
            clock, log = Clock(), list[str]()
            pair = connect(telling(clock, log.append)(), Protocol(), clock)

            pair.advance(1)

            self.assertEqual(log, ["connected", PING, TIMEOUT])
            pair.lose()

    def test_server(self) -> None:
        """The server answers one PING and closes the connection."""
        clock, log, received = Clock(), list[str](), list[bytes]()
        pair = connect(scoped(clock, log.append)(), Server(received), clock)

        pair.advance(0.5)

        self.assertEqual(log, ["connected", PING, "receives PONG", GONE])
        self.assertEqual(received, [b"PING"])
        assert_nothing_left(clock)

    def test_stray(self) -> None:
        """By hand, a call is left when the connection is gone."""
        clock, log = Clock(), list[str]()
        pair = connect(by_hand(clock, log.append)(), Server([]), clock)

        pair.advance(0.5)

        self.assertEqual(log, ["connected", PING, "receives PONG", GONE])
        self.assertEqual(len(clock.getDelayedCalls()), 1)


class SourceTests(SynchronousTestCase):
    """What is shown of the two classes."""

    def test_source(self) -> None:
        """It is Python, without remarks for tools."""
        for telling in (by_hand, scoped):
            source = source_of(telling)

            compile(source, "shown", "exec")
            self.assertNotIn("#", source)
            self.assertTrue(source.startswith("class ClientAPI("))
            self.assertFalse(source.endswith("\n"))

    def test_difference(self) -> None:
        """They differ in the mixin and in whose callLater it is."""
        removed = [line[2:] for line in difference() if line[0] == "-"]
        added = [line[2:] for line in difference() if line[0] == "+"]

        self.assertEqual(len(removed), 4)
        self.assertEqual(
            [
                line.replace("(Line", "(HeartbeatMixin, Line").replace(
                    "reactor.callLater", "self.clock.callLater"
                )
                for line in removed
            ],
            added,
        )
