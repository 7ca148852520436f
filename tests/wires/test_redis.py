"""Pings of Redis, with the protocols of txredisapi."""

from __future__ import annotations

from typing import Any

import txredisapi
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.protocols.basic import LineReceiver
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import HeartbeatMixin, Keepalive, PeerLostError
from heartbeat.errors import NotReadyError
from heartbeat.policy import Proof
from heartbeat.testing import Pair, assert_nothing_left, connect
from heartbeat.wires.redis import Redis
from tests.connections import Sink

POLICY = Keepalive(interval=30, timeout=10, jitter=0, proof=Proof.REPLY)


class Client(HeartbeatMixin, txredisapi.RedisProtocol):
    """With the wire; writes down its end."""

    keepalive = POLICY
    wire = Redis()
    reason: Any = None

    def connectionLost(self, reason: Any = None) -> None:
        """Write it down."""
        self.reason = reason
        super().connectionLost(reason)


class Listener(HeartbeatMixin, txredisapi.SubscriberProtocol):
    """Subscribes."""

    keepalive = POLICY
    wire = Redis()


class Server(LineReceiver):
    """As much of Redis as is needed; one command after the other.

    Args:
        ping: The answer to PING.
    """

    def __init__(self, ping: bytes = b"+PONG") -> None:
        self.answers = {
            b"PING": ping,
            b"MULTI": b"+OK",
            b"EXEC": b"*0",
            b"SUBSCRIBE": b"*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1",
        }
        self.asked: list[bytes] = []

    def lineReceived(self, line: bytes) -> None:
        """Take the words of a command for lines; answer those that are commands."""
        if line in self.answers:
            self.asked.append(line)
            if self.answers[line]:
                self.sendLine(self.answers[line])


class RedisTests(SynchronousTestCase):
    """`Redis`."""

    def talk(self, client: Any, *args: Any) -> Pair[Any, Server]:
        """A client and a server."""
        return connect(client, Server(*args), Clock())

    def assert_kept(self, client: Any, *args: Any) -> None:
        """The client keeps the connection by what the server answers."""
        pair = self.talk(client, *args)
        pair.advance(300)
        counters = client.heartbeat.counters
        self.assertIsNone(client.heartbeat.verdict)
        self.assertEqual((counters.pongs, counters.pings_sent), (10, 10))
        pair.lose()
        assert_nothing_left(pair.clock, client)

    def test_answers(self) -> None:
        """A server lives by PONG, and by an error in its place."""
        self.assert_kept(Client())
        self.assert_kept(Client(), b"-NOAUTH Authentication required.")

    def test_subscriber(self) -> None:
        """So it does for a subscriber, before and after it has subscribed."""
        self.assert_kept(Listener())
        client: Any = Listener()
        pair = self.talk(client, b"*2\r\n$4\r\npong\r\n$0\r\n")
        client.callLater = pair.clock.callLater
        subscribed = client.subscribe("x")
        pair.advance(100)
        self.assertEqual(self.successResultOf(subscribed), ["subscribe", "x", 1])
        self.assertEqual(client.heartbeat.counters.pongs, 3)

    def test_silence(self) -> None:
        """A server that answers nothing is given up; no Deferred fails unheard."""
        pair = self.talk(Client(), b"")
        pair.advance(100)
        self.assertTrue(pair.client.reason.check(PeerLostError))
        assert_nothing_left(pair.clock, pair.client)

    def test_own_timeout(self) -> None:
        """The library's own timeout is no answer."""
        client: Any = Client(replyTimeout=5)
        pair = self.talk(client, b"")
        client.callLater = pair.clock.callLater
        client.send_ping(b"1")
        pair.advance(6)
        self.assertEqual(client.heartbeat.counters.unsolicited_pongs, 0)
        self.assertIsNotNone(client.reason)

    def test_transaction(self) -> None:
        """Nothing is said in a transaction."""
        pair = self.talk(Client())
        pair.client.factory = Pool()
        started = pair.client.multi()
        self.failureResultOf(pair.client.heartbeat.ping(), NotReadyError)
        pair.flush()
        self.failureResultOf(pair.client.heartbeat.ping(), NotReadyError)
        self.assertRaises(NotReadyError, pair.client.send_beat)
        pair.advance(100)
        self.assertEqual(pair.server.asked, [b"MULTI"])
        self.successResultOf(started).commit()
        pair.flush()
        ping = pair.client.heartbeat.ping()
        pair.flush()
        self.successResultOf(ping)

    def test_pipeline(self) -> None:
        """Nor while commands are being collected."""
        pair = self.talk(Client())
        pair.client.pipeline()
        self.failureResultOf(pair.client.heartbeat.ping(), NotReadyError)
        self.assertEqual(pair.client.pipelined_commands, [])

    def test_beat(self) -> None:
        """A beat asks, and ignores the answer."""
        pair = self.talk(Client())
        pair.client.send_beat()
        pair.flush()
        self.assertEqual(pair.server.asked, [b"PING"])
        self.assertEqual(pair.client.heartbeat.counters.unsolicited_pongs, 0)

    def test_check(self) -> None:
        """What is no client of Redis, or has no replies, is refused where written."""
        with self.assertRaisesRegex(TypeError, r"Plain has no execute_command\(\)"):
            type("Plain", (HeartbeatMixin, Protocol), {"wire": Redis()})
        with self.assertRaisesRegex(TypeError, "Monitor has no replies"):
            bases = (HeartbeatMixin, txredisapi.MonitorProtocol)
            type("Monitor", bases, {"wire": Redis()})

    @settings(deadline=None, max_examples=60)
    @given(
        st.lists(
            st.one_of(
                st.binary(max_size=30),
                st.sampled_from(
                    [
                        b"+PONG\r\n",
                        b"-ERR\r\n",
                        b":1\r\n",
                        b"$-1\r\n",
                        b"$3\r\nabc\r\n",
                        b"*2\r\n",
                        b"*-1\r\n",
                        b"\r\n",
                    ]
                ),
            ),
            max_size=20,
        ),
        st.integers(0, 20),
    )
    def test_fuzz(self, pieces: list[bytes], asked: int) -> None:
        """Nothing is raised that txredisapi does not; no reply counts for two pings."""
        raised = []
        clients: list[Any] = [Client(), txredisapi.RedisProtocol()]
        for client in clients:
            pair: Pair[Any, Sink] = connect(client, Sink(), Clock())
            client.callLater = pair.clock.callLater
            for _ in range(asked):
                ours = isinstance(client, Client)
                client.send_ping(b"1") if ours else _quiet(client.ping())
            raised.append(_error_of(pair, b"".join(pieces)))
            pair.lose()
        self.assertEqual(raised[0], raised[1])


class Pool:
    """As much of a factory and its queue as a transaction needs."""

    def __init__(self) -> None:
        self.connectionQueue = self

    def put(self, protocol: Any) -> None:
        """Take it back."""


def _quiet(deferred: Any) -> None:
    deferred.addErrback(lambda _: None)


def _error_of(pair: Pair[Any, Sink], data: bytes) -> type[BaseException] | None:
    try:
        pair.client.dataReceived(data)
        for _ in range(len(data)):
            pair.clock.advance(0)  # after a bulk reply the rest is read later
    except Exception as error:  # noqa: BLE001 - whatever it is
        return type(error)
    return None
