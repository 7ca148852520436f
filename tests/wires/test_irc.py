"""Pings and pongs of IRC."""

from __future__ import annotations

import gc
import weakref
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.words.protocols import irc

from heartbeat import HeartbeatMixin, Keepalive, PeerLostError
from heartbeat.answering import BURST, MAX_PAYLOAD
from heartbeat.errors import NotConnectedError, NotReadyError
from heartbeat.policy import Proof
from heartbeat.testing import Pair, assert_nothing_left, connect
from heartbeat.wires.irc import Irc
from tests.connections import Sink, adopted, tcp_pair
from tests.reactors import fresh

POLICY = Keepalive(interval=30, timeout=10, jitter=0, proof=Proof.REPLY)
WELCOME = b":irc.example 001 nick :Welcome\r\n"


class Bot(HeartbeatMixin, irc.IRCClient):
    """A client that writes down what reaches it."""

    keepalive = POLICY
    wire = Irc()
    performLogin = 0  # noqa: N815 - Twisted's word
    nickname = _attemptedNick = "nick"  # noqa: N815
    reason: Any = None

    def __init__(self) -> None:
        self.pings: list[Any] = []
        self.unknown: list[str] = []
        self.signed_on = False

    def irc_PING(self, prefix: str, params: list[str]) -> None:  # noqa: N802
        """Write it down."""
        self.pings.append(params)

    def irc_unknown(self, prefix: str, command: str, params: list[str]) -> None:
        """Write it down."""
        self.unknown.append(command)

    def signedOn(self) -> None:  # noqa: N802
        """Write it down."""
        self.signed_on = True

    def connectionLost(self, reason: Any = None) -> None:
        """Write it down."""
        self.reason = reason
        super().connectionLost(reason)


class Late(Bot):
    """Waits to be started."""

    keepalive = Keepalive(autostart=False)


class Hub(HeartbeatMixin, irc.IRC):
    """The server side."""

    keepalive = POLICY
    wire = Irc()
    hostname: Any = "hub.example"

    def __init__(self) -> None:
        self.commands: list[str] = []

    def irc_unknown(self, prefix: str, command: str, params: list[str]) -> None:
        """Write it down."""
        self.commands.append(command)


class Ircd(Protocol):
    """A server that welcomes, and answers PING in a form of its own.

    Args:
        form: The answer, with a place for the token.
    """

    def __init__(self, form: bytes) -> None:
        self.form = form
        self.received = b""

    def connectionMade(self) -> None:
        """Welcome."""
        self.transport.write(WELCOME)  # type: ignore[union-attr]

    def dataReceived(self, data: bytes) -> None:
        """Answer."""
        self.received += data
        for line in data.splitlines():
            if line.startswith(b"PING "):
                answer = self.form.replace(b"%s", line[5:]) + b"\r\n"
                self.transport.write(answer)  # type: ignore[union-attr]


def talk(client: Any, server: Any) -> Pair[Any, Any]:
    """Two of them, connected in memory."""
    return connect(client, server, Clock())


def said(protocol: Any, *lines: bytes) -> bytes:
    """What *protocol* answers when its peer says *lines*."""
    pair = talk(protocol, Sink())
    pair.server.transport.write(b"".join(line + b"\r\n" for line in lines))
    pair.flush()
    return bytes(pair.server.received)


class AskingTests(SynchronousTestCase):
    """What we ask, and what counts as an answer."""

    def test_client_and_server(self) -> None:
        """Twisted's two ends keep each other alive, unseen by their users."""
        pair = talk(Bot(), Hub())
        pair.server.transport.write(WELCOME)
        pair.advance(1000)
        for side in (pair.client, pair.server):
            counters = side.heartbeat.counters
            self.assertIsNone(side.heartbeat.verdict)
            self.assertGreater(counters.pongs, 20)
            self.assertEqual(counters.pongs, counters.pings_sent)
        self.assertEqual((pair.client.pings, pair.server.commands), ([], []))
        pair.lose()
        assert_nothing_left(pair.clock, pair.client, pair.server)

    def test_forms_of_answers(self) -> None:
        """Every form that servers answer in is an answer."""
        for form in (
            b":irc.example PONG irc.example :%s",
            b":irc.example PONG irc.example %s",
            b"PONG %s",
            b"PONG :%s",
            b":irc.example PONG irc.example",
            b"PONG irc.example.test",  # as long as the name of a ping
            b"PONG",
        ):
            pair = talk(Bot(), Ircd(form))
            pair.advance(100)
            self.assertEqual(pair.client.heartbeat.counters.pongs, 3, form)
            pair.lose()

    def test_silence(self) -> None:
        """A server that does not answer is given up."""
        pair = talk(Bot(), Sink())
        pair.server.transport.write(WELCOME)
        pair.advance(100)
        self.assertTrue(pair.client.reason.check(PeerLostError))
        assert_nothing_left(pair.clock, pair.client)

    def test_others_tokens(self) -> None:
        """An answer that names somebody else's ping is none of ours."""
        pair = talk(Bot(), Ircd(b":irc.example PONG irc.example :0123456789abcdef"))
        pair.advance(100)
        self.assertTrue(pair.client.reason.check(PeerLostError))

    def test_not_before_the_welcome(self) -> None:
        """A client says nothing until it is welcome, and is not judged."""
        pair = talk(Bot(), Sink())
        pair.advance(1000)
        self.assertEqual(pair.server.received, b"")
        self.failureResultOf(pair.client.heartbeat.ping(), NotReadyError)
        self.assertRaises(NotReadyError, pair.client.send_beat)
        self.assertIsNone(pair.client.reason)

    def test_beat(self) -> None:
        """A beat is a pong that nobody asked for, and answers no ping."""
        pair = talk(Bot(), Hub())
        pair.server.transport.write(WELCOME)
        pair.flush()
        for side, other in (
            (pair.client, pair.server),
            (pair.server, pair.client),
        ):
            other.heartbeat.pings.send(0)
            side.send_beat()
            pair.flush()
            counters = other.heartbeat.counters
            self.assertEqual((counters.unsolicited_pongs, counters.pongs), (1, 0))

    def test_past_the_queue(self) -> None:
        """Neither our pings nor our answers wait behind ``lineRate``."""

        class Slow(Bot):
            lineRate: Any = 3600  # noqa: N815 - Twisted's word

        client = Slow()
        pair = talk(client, Ircd(b"PONG %s"))
        pair.server.transport.write(b"PING :1\r\n")
        ping = client.heartbeat.ping()
        pair.flush()
        self.successResultOf(ping)
        self.assertIn(b"PONG :1\r\n", pair.server.received)

    def test_own_keepalive_of_the_client(self) -> None:
        """`IRCClient` does not start its own, and has it back after the loss."""
        pair = talk(Bot(), Ircd(b"PONG %s"))
        self.assertTrue(pair.client.signed_on)
        self.assertIsNone(pair.client._heartbeat)
        pair.lose()
        self.assertNotIn("startHeartbeat", vars(pair.client))
        self.assertNotIn("handleCommand", vars(pair.client))
        self.assertNotIn("_heartbeat_wire", vars(pair.client))

    def test_removed(self) -> None:
        """What was kept of the sieve lets everything through."""
        pair = talk(Bot(), Ircd(b"PONG %s"))
        kept = pair.client.handleCommand
        pair.lose()
        kept("PING", "", ["1"])
        kept.__self__.remove()
        self.assertEqual(pair.client.pings, [["1"]])

    def test_freed(self) -> None:
        """A client that was lost waits for no collector."""
        self.addCleanup(gc.enable)
        gc.disable()
        with fresh("select") as reactor:
            client: Any = Bot()
            client.reactor = reactor
            ours, peer = tcp_pair()
            with peer, adopted(reactor, client, ours):
                pass
            gone = weakref.ref(client)
            del client
            self.assertIsNone(gone())

    def test_unattached(self) -> None:
        """Without a connection the wire says so."""
        self.assertRaises(NotConnectedError, Irc().send_ping, Bot(), b"1")

    def test_check(self) -> None:
        """A class without commands is refused where it is written."""
        with self.assertRaisesRegex(TypeError, r"Plain has no handleCommand\(\)"):
            type("Plain", (HeartbeatMixin, Protocol), {"wire": Irc()})


class AnsweringTests(SynchronousTestCase):
    """What the peer asks."""

    def test_client(self) -> None:
        """A client answers with the token, from before the welcome on."""
        for ping, pong in (
            (b"PING :12 34", b"PONG :12 34\r\n"),
            (b"PING irc.example", b"PONG :irc.example\r\n"),
            (b":irc.example PING irc.example", b"PONG :irc.example\r\n"),
            ("PING :é".encode(), "PONG :é\r\n".encode()),
        ):
            bot = Bot()
            self.assertEqual(said(bot, ping), pong)
            self.assertEqual(bot.pings, [])

    def test_server(self) -> None:
        """A server names itself, if it has a name."""
        self.assertEqual(
            said(Hub(), b"PING 1"), b":hub.example PONG hub.example :1\r\n"
        )
        nameless = Hub()
        nameless.hostname = ""
        self.assertEqual(said(nameless, b"PING 1"), b"PONG :1\r\n")

    def test_waiting_to_be_started(self) -> None:
        """Before the welcome each is answered of a keepalive that waits for it."""
        self.assertEqual(said(Late(), b"PING 1", b"PING 2"), b"PONG :1\r\nPONG :2\r\n")

    def test_waiting_is_bounded(self) -> None:
        """No more than the burst, and none of a long token; then the newest waits."""
        pair = talk(Late(), Sink())
        long = b"PING :%s\r\n" % (b"x" * (MAX_PAYLOAD + 1))
        pair.server.transport.write(long * 100 + b"PING 1\r\n" * 200 + b"PING 2\r\n")
        pair.flush()
        self.assertEqual(pair.server.received, b"PONG :1\r\n" * BURST)
        pair.client.heartbeat.start()
        pair.advance(1)
        self.assertEqual(pair.server.received, b"PONG :1\r\n" * BURST + b"PONG :2\r\n")
        pair.lose()

    def test_waiting_after_the_welcome(self) -> None:
        """Once it is welcome, a client that waits, or is paused, says nothing."""
        for kind in (Late, Bot):
            pair = talk(kind(), Sink())
            pair.client.heartbeat.pause()
            pair.server.transport.write(WELCOME + b"PING 1\r\n" * 200 + b"PING 2\r\n")
            pair.advance(10)
            self.assertEqual(pair.server.received, b"")
            pair.client.heartbeat.start()
            pair.advance(1)
            self.assertEqual(pair.server.received, b"PONG :2\r\n")
            pair.lose()

    def test_server_waiting_to_be_started(self) -> None:
        """A server, whose answers are longer than a question, keeps the newest."""

        class Waiting(Hub):
            keepalive = Keepalive(autostart=False)

        pair: Pair[Any, Sink] = connect(Waiting(), Sink(), Clock())
        pair.server.transport.write(b"PING 1\r\n" * 200 + b"PING 2\r\n")  # type: ignore[union-attr]
        pair.flush()
        self.assertEqual(pair.server.received, b"")
        pair.client.heartbeat.start()
        pair.advance(1)
        self.assertEqual(pair.server.received, b":hub.example PONG hub.example :2\r\n")

    def test_without_token(self) -> None:
        """A ping that names nothing gets no answer, and is counted."""
        bot = Bot()
        self.assertEqual(said(bot, b"PING", b"PING :"), b"")
        self.assertEqual(bot.heartbeat.counters.pings_received, 2)

    def test_line_breaks(self) -> None:
        """A token cannot smuggle a second line into what we write."""
        self.assertEqual(said(Bot(), b"PING :1\x10nQUIT", b"PING :1\x10rX"), b"")
        self.assertEqual(said(Hub(), b"PING :1\rQUIT", b"PING :1\0"), b"")

    def test_flood_is_bounded(self) -> None:
        """A flood gets no more answers than the burst, and a long token none."""
        self.assertEqual(said(Bot(), *[b"PING 1"] * 200), b"PONG :1\r\n" * BURST)
        self.assertEqual(said(Bot(), b"PING " + b"x" * (MAX_PAYLOAD + 1)), b"")

    def test_other_commands(self) -> None:
        """All other commands reach the user."""
        bot = Bot()
        said(bot, b":irc.example PINGX 1", b":irc.example 999 nick")
        self.assertEqual(bot.unknown, ["PINGX", "999"])

    @settings(deadline=None, max_examples=60)
    @given(
        st.lists(
            st.one_of(
                st.binary(max_size=60),
                st.sampled_from(
                    [
                        b"PING",
                        b"PONG",
                        b" ",
                        b":",
                        b"\r\n",
                        b"\n",
                        b"1",
                        b"\x10n",
                        b"\r",
                    ]
                ),
                st.just(b"PING 1\r\n" * 50),
                st.just(WELCOME),
                st.just(b"PING " + b"x" * 5000 + b"\n"),
            ),
            max_size=40,
        )
    )
    def test_fuzz(self, pieces: list[bytes]) -> None:
        """Nothing is raised that Twisted does not raise itself; answers are bounded."""
        data = b"".join(pieces)
        for make, plain in ((Bot, irc.IRCClient), (Hub, irc.IRC)):
            pair = talk(make(), Sink())
            raised = _error_of(pair.client, data)
            pair.flush()
            self.assertLessEqual(pair.server.received.count(b"PONG"), BURST)
            self.assertLessEqual(len(pair.server.received), BURST * (MAX_PAYLOAD + 40))
            pair.lose()
            if raised is not None:
                self.assertIs(raised, _error_of(_plain(plain), data))
        self.flushLoggedErrors()


def _plain(kind: Any) -> Any:
    protocol = kind()
    protocol.performLogin = 0
    protocol._attemptedNick = "nick"
    protocol.heartbeatInterval = None
    protocol.makeConnection(talk(Sink(), Sink()).client.transport)
    return protocol


def _error_of(protocol: Any, data: bytes) -> type[BaseException] | None:
    try:
        protocol.dataReceived(data)
    except Exception as error:  # noqa: BLE001 - whatever it is
        return type(error)
    return None
