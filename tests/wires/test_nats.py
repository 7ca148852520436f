"""PING and PONG of NATS."""

from __future__ import annotations

from hypothesis import strategies as st
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.answering import BURST
from heartbeat.testing import connect
from heartbeat.wires.nats import Nats, NatsServer
from tests.wires.stream_cases import StreamCases, Streaming, opened

INFO = b'INFO {"server_id":"x","max_payload":1048576}\r\n'
CONNECT = b'CONNECT {"verbose":false}\r\n'


def message(word: bytes, payload: bytes) -> bytes:
    """A line with a payload."""
    return b"%s subject 1 %d\r\n%s\r\n" % (word, len(payload), payload)


PAYLOADS = st.binary(max_size=30) | st.sampled_from(
    [b"PING\r\n", b"PONG\r\n", b"\r\nPING\r\n", b"MSG a 1 5\r\n"]
)
FOREIGN = st.one_of(
    st.builds(message, st.sampled_from([b"MSG", b"HMSG", b"msg", b"PUB"]), PAYLOADS),
    st.sampled_from(
        [b"+OK\r\n", b"-ERR 'PING'\r\n", INFO, b"SUB x 1\r\n", b"PINGS\r\n", b"\r\n"]
    ),
    st.sampled_from([b"PING" + b" " * 20 + b"\r\n", b"MSG\ta\t1\treply\t2\r\nab\r\n"]),
)
WORDS = (
    b"PING",
    b"PONG\r\n",
    b"pInG\r\n",
    b"MSG a 1 ",
    b"5\r\n",
    b"\r\n",
    b"HMSG a 1 2 999999999\r\n",
    b"x" * 100,
)


class Client(Streaming, Protocol):
    wire = Nats()


class Server(Streaming, Protocol):
    wire = NatsServer()


class ValueTests(SynchronousTestCase):
    def test_equal(self) -> None:
        """Wires are values: one is like another of its class."""
        self.assertEqual({Nats(), Nats(), NatsServer()}, {Nats(), NatsServer()})
        self.assertNotEqual(Nats(), NatsServer())
        self.assertEqual(repr(NatsServer()), "NatsServer()")


class NatsTests(StreamCases, SynchronousTestCase):
    """A client's side."""

    wire = Nats()
    opening = INFO
    foreign = FOREIGN
    taken = (b"PING\r\n", b"ping\n", b"PING \t\r\n")
    words = WORDS

    def test_answers(self) -> None:
        """The server's questions are answered, whatever their case, within bounds."""
        pair = opened(Client, INFO)
        pair.client.dataReceived(b"PING\r\n+OK\r\nping\r\n")
        pair.flush()
        self.assertEqual(pair.server.received, b"PONG\r\nPONG\r\n")
        self.assertEqual(pair.client.received, b"+OK\r\n")
        pair.client.dataReceived(b"PING\r\n" * 500)
        pair.flush()
        self.assertEqual(pair.server.received, b"PONG\r\n" * BURST)
        pair.advance(20)
        self.assertEqual(pair.server.received, b"PONG\r\n" * 2 * BURST)

    def test_before_info(self) -> None:
        """What comes before INFO is the protocol's."""
        pair = opened(Client)
        pair.client.dataReceived(b"PING\r\nPONG\r\n")
        pair.flush()
        self.assertEqual(pair.client.received, b"PING\r\nPONG\r\n")
        self.assertEqual(pair.server.received, b"")

    def test_in_a_payload(self) -> None:
        """Bytes of a payload are no line."""
        pair = opened(Client, INFO)
        data = message(b"MSG", b"\r\nPING\r\n") + message(b"HMSG", b"PING\r\n")
        pair.client.dataReceived(data)
        self.assertEqual(pair.client.pieces, [data])

    def test_half_a_line(self) -> None:
        """A line that is not ours reaches the protocol as it comes."""
        pair = opened(Client, INFO)
        for piece in (b"MSG subj", b"ect 1 1", b"1\r", b"\nhello ", b"world\r\nPI"):
            pair.client.dataReceived(piece)
        pair.client.dataReceived(b"NG\r\n")
        self.assertEqual(
            pair.client.pieces,
            [b"MSG subj", b"ect 1 1", b"1\r", b"\nhello ", b"world\r\n"],
        )

    def test_byte_by_byte(self) -> None:
        """A question that comes in pieces is one, and one too long is none."""
        pair = opened(Client, INFO)
        for byte in b"+OK\r\nPING \r\nPING" + b" " * 20 + b"\r\n":
            pair.client.dataReceived(bytes([byte]))
        self.assertEqual(pair.client.received, b"+OK\r\nPING" + b" " * 20 + b"\r\n")
        pair.flush()
        self.assertEqual(pair.server.received, b"PONG\r\n")

    def test_no_size(self) -> None:
        """Without a size of the payload all is the protocol's from then on."""
        for size in (b"x", b"1234567890", b"-1", b"5" + b" " * 40, b"55" + b" " * 22):
            line = b"MSG a 1 %s\r\n" % size
            pair = opened(Client, INFO)
            pair.client.dataReceived(line + b"PING\r\n")
            pair.client.dataReceived(b"PING\r\n")
            self.assertEqual(pair.client.received, line + b"PING\r\nPING\r\n")

    def test_asks(self) -> None:
        """A silent server is asked, and its answer keeps the connection."""
        pair = opened(Client, INFO)
        pair.advance(30)
        self.assertEqual(pair.server.received, b"PING\r\n")
        pair.client.dataReceived(b"PONG\r\n")
        self.assertEqual(pair.client.heartbeat.counters.pongs, 1)
        self.assertEqual(pair.client.received, b"")
        pair.advance(41)
        self.assertEqual(len(pair.server.lost), 1)

    def test_shared(self) -> None:
        """Answers beyond those that we are owed are the application's."""
        pair = opened(Client, INFO)
        pair.client.transport.write(b"PING\r\n")
        pair.client.heartbeat.ping().addErrback(lambda _: None)
        pair.client.send_beat()
        pair.client.dataReceived(b"PONG\r\n" * 3)
        self.assertEqual(pair.client.received, b"PONG\r\n")
        counters = pair.client.heartbeat.counters
        self.assertEqual((counters.pongs, counters.unsolicited_pongs), (2, 0))
        pair.lose()


class NatsServerTests(StreamCases, SynchronousTestCase):
    """A server's side."""

    wire = NatsServer()
    opening = CONNECT
    foreign = FOREIGN | st.sampled_from([b"PING\r\n", message(b"HPUB", b"PONG\r\n")])
    taken = (b"PONG\r\n", b"pong\n")
    owed = True
    words = WORDS

    def test_questions_are_its_own(self) -> None:
        """A client's flush is answered by the server itself."""
        pair = opened(Server, CONNECT)
        pair.client.dataReceived(b"PUB a 1\r\nx\r\nPING\r\nPONG\r\n")
        pair.flush()
        self.assertEqual(pair.client.received, b"PUB a 1\r\nx\r\nPING\r\nPONG\r\n")
        pair.client.dataReceived(b"PING\r\n" * 2000)
        pair.flush()
        self.assertEqual(pair.server.received, b"")
        self.assertIsNone(pair.client.heartbeat.verdict)

    def test_both_sides(self) -> None:
        """A server and a client with these wires keep each other."""
        pair = connect(Client(), Server(), Clock())
        pair.client.transport.write(CONNECT)  # type: ignore[union-attr]
        pair.server.transport.write(INFO)  # type: ignore[union-attr]
        pair.advance(1000)
        for side, opening in ((pair.client, INFO), (pair.server, CONNECT)):
            self.assertEqual(side.heartbeat.verdict, None)
            self.assertEqual(side.received.replace(b"PING\r\n", b""), opening)
        self.assertGreater(pair.server.heartbeat.counters.pongs, 10)
        pair.lose()
