"""Pings and calls of AMP."""

from __future__ import annotations

import struct
from typing import Any, ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as DeferTimeoutError
from twisted.internet.error import ConnectionLost
from twisted.internet.protocol import ClientFactory, Factory, Protocol
from twisted.internet.task import Clock
from twisted.protocols import amp
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import HeartbeatMixin, Keepalive, PeerLostError
from heartbeat.answering import BURST, MAX_PAYLOAD
from heartbeat.errors import NotReadyError, PolicyError, ScopeClosedError
from heartbeat.policy import Proof
from heartbeat.testing import Pair, assert_nothing_left, connect
from heartbeat.wires.amp import AmpPing, Ping, call
from tests.connections import Sink

POLICY = Keepalive(interval=30, timeout=10, jitter=0, proof=Proof.REPLY)


def _box(values: dict[bytes, bytes]) -> bytes:
    pieces = [piece for pair in values.items() for piece in pair]
    return b"".join(struct.pack("!H", len(each)) + each for each in pieces) + b"\0\0"


WORDS = st.sampled_from(
    [b"", b"1", b"heartbeat-", b"heartbeat-1", Ping.commandName, b"Sum", b"x" * 2000]
) | st.binary(max_size=MAX_PAYLOAD + 10)
BOXES: st.SearchStrategy[bytes] = st.dictionaries(
    st.sampled_from([b"_ask", b"_answer", b"_error", b"_command", b"payload", b"a"]),
    WORDS,
).map(_box)


class NoRoomError(Exception):
    """No room."""


class Sum(amp.Command):
    arguments: ClassVar[Any] = [(b"a", amp.Integer()), (b"b", amp.Integer())]
    response: ClassVar[Any] = [(b"total", amp.Integer())]
    errors: ClassVar[Any] = {NoRoomError: b"NO_ROOM"}


class Note(amp.Command):
    requiresAnswer = False  # noqa: N815 - Twisted's word


class Upgrade(amp.ProtocolSwitchCommand):
    """To another protocol."""


class Responders(amp.CommandLocator):
    """Answers later, when the test says so."""

    def __init__(self) -> None:
        self.sums: list[Deferred[Any]] = []

    @Sum.responder
    def sum(self, a: int, b: int) -> Deferred[Any]:
        """Let the test decide."""
        self.sums.append(Deferred())
        return self.sums[-1].addCallback(lambda _: {"total": a + b})

    @Upgrade.responder
    def upgrade(self) -> Protocol:
        """Switch."""
        return Sink()


class Writer(HeartbeatMixin, Responders, amp.AMP):
    """With the wire; writes down its end."""

    keepalive = POLICY
    wire = AmpPing()
    reason: Any = None

    def __init__(self) -> None:
        Responders.__init__(self)
        amp.AMP.__init__(self)

    def connectionLost(self, reason: Any = None) -> None:
        """Write it down."""
        self.reason = reason
        super().connectionLost(reason)


class Careless(HeartbeatMixin, amp.AMP):
    """Neither its ``__init__`` nor its end does what AMP's would."""

    keepalive = POLICY
    wire = AmpPing()

    def __init__(self) -> None:
        """Do nothing."""

    def connectionLost(self, reason: Any = None) -> None:
        """Do nothing."""


class Bare(Responders, amp.AMP):
    """Knows nothing of pings."""

    def __init__(self) -> None:
        Responders.__init__(self)
        amp.AMP.__init__(self)


class Responding(amp.AMP):
    """Answers pings without the wire."""

    @Ping.responder
    def ping(self, payload: bytes | None = None) -> dict[str, bytes | None]:
        """Answer."""
        return {"payload": payload}


def talk(client: Any, server: Any) -> Pair[Any, Any]:
    """Two of them, connected in memory."""
    return connect(client, server, Clock())


class WireTests(SynchronousTestCase):
    """Questions, answers, beats."""

    def assert_kept(self, client: Any, server: Any) -> None:
        """The client keeps the connection by answers of the server."""
        pair = talk(client, server)
        pair.advance(1000)
        counters = client.heartbeat.counters
        self.assertIsNone(client.heartbeat.verdict)
        self.assertGreater(counters.pongs, 20)
        self.assertEqual(counters.pongs, counters.pings_sent)
        pair.lose()

    def test_both_with_the_wire(self) -> None:
        """Two sides with the wire keep each other alive."""
        self.assert_kept(Writer(), Writer())

    def test_peer_with_a_responder(self) -> None:
        """A peer may answer by a responder of its own."""
        self.assert_kept(Writer(), Responding())

    def test_peer_without_the_command(self) -> None:
        """A peer that knows no such command refuses it, and lives."""
        self.assert_kept(Writer(), Bare())

    def test_init_not_called(self) -> None:
        """A subclass whose ``__init__`` AMP has to make up for works, too."""
        self.assert_kept(Careless(), Careless())

    def test_separate_receiver(self) -> None:
        """So does one whose boxes go to another object."""

        class Apart(HeartbeatMixin, amp.BinaryBoxProtocol):
            keepalive = POLICY
            wire = AmpPing()

        def apart() -> Apart:
            return Apart(amp.BoxDispatcher(Responders()))

        self.assert_kept(apart(), apart())

    def test_peer_asks_by_command(self) -> None:
        """The peer's ``callRemote`` is answered with its payload, or without one."""
        pair = talk(Writer(), Bare())
        asked = pair.server.callRemote(Ping, payload=b"42")
        plain = pair.server.callRemote(Ping)
        pair.flush()
        self.assertEqual(self.successResultOf(asked), {"payload": b"42"})
        self.assertEqual(self.successResultOf(plain), {"payload": b""})

    def test_own_name(self) -> None:
        """The command has the name that the user gives it."""

        class Named(Writer):
            wire = AmpPing(command=b"NoOp")

        pair = talk(Named(), Sink())
        pair.client.send_ping(b"1")
        pair.flush()
        box = amp.parseString(pair.server.received)[0]
        self.assertEqual(
            dict(box), {b"_ask": b"heartbeat-1", b"_command": b"NoOp", b"payload": b"1"}
        )

    def test_silence(self) -> None:
        """A peer that answers nothing is given up."""
        pair = talk(Writer(), Sink())
        pair.advance(100)
        self.assertTrue(pair.client.reason.check(PeerLostError))
        assert_nothing_left(pair.clock, pair.client)

    def test_beat(self) -> None:
        """A beat harms no peer, whether it knows the command; its answer is ignored."""
        for server in (Writer(), Bare(), Responding()):
            pair = talk(Writer(), server)
            pair.client.send_beat()
            pair.flush()
            counters = pair.client.heartbeat.counters
            self.assertEqual((counters.unsolicited_pongs, counters.pongs), (0, 0))
            self.assertIsNone(pair.client.reason)

    def test_question_without_answer(self) -> None:
        """A ping that wants no answer gets none, and is a sign of life."""
        pair = talk(Writer(), Sink())
        pair.server.transport.write(amp.Box(_command=Ping.commandName).serialize())
        pair.flush()
        self.assertEqual(pair.server.received, b"")
        self.assertEqual(pair.client.heartbeat.counters.unsolicited_pongs, 1)

    def test_user_calls_go_through(self) -> None:
        """The protocol's own commands and answers are untouched."""
        pair = talk(Writer(), Writer())
        asked = pair.client.callRemote(Sum, a=1, b=2)
        pair.flush()
        pair.server.sums.pop().callback(None)
        pair.flush()
        self.assertEqual(self.successResultOf(asked), {"total": 3})

    def test_flood_is_bounded(self) -> None:
        """A flood gets no more answers than the burst."""
        pair = talk(Writer(), Sink())
        ask = amp.Box(_command=Ping.commandName, _ask=b"1", payload=b"x").serialize()
        pair.server.transport.write(ask * 200)
        pair.flush()
        answer = amp.Box(_answer=b"1", payload=b"x").serialize()
        self.assertEqual(pair.server.received, answer * BURST)

    def test_echo_is_bounded(self) -> None:
        """Neither a long payload nor a long tag is echoed."""
        pair = talk(Writer(), Sink())
        for tag, payload in ((b"1", b"x" * 126), (b"x" * 126, b"1")):
            box = amp.Box(_command=Ping.commandName, _ask=tag, payload=payload)
            pair.server.transport.write(box.serialize())
        pair.flush()
        self.assertEqual(pair.server.received, b"")
        self.assertEqual(pair.client.heartbeat.counters.pings_received, 2)

    def test_switched(self) -> None:
        """After a switch of protocols nothing is said, and nothing reported."""
        pair = talk(Writer(), Bare())
        inner: Any = Sink()
        factory: Any = ClientFactory()
        factory.buildProtocol = lambda _: inner
        done = pair.client.callRemote(Upgrade, factory)
        self.failureResultOf(pair.client.heartbeat.ping(), NotReadyError)
        pair.flush()
        self.successResultOf(done)
        self.assertRaises(NotReadyError, pair.client.send_beat)
        pair.advance(100)
        self.assertEqual(inner.received, b"")
        pair.lose()

    def test_preparing_tls(self) -> None:
        """A ping waits while STARTTLS is prepared; a peer that never answers is dead."""
        pair = talk(Writer(), Sink())
        started = pair.client.callRemote(amp.StartTLS)
        pair.flush()
        before = pair.server.received
        pair.client.send_ping(b"1")
        pair.flush()
        self.assertEqual(pair.server.received, before)
        pair.advance(100)
        self.assertTrue(pair.client.reason.check(PeerLostError))
        self.failureResultOf(started)

    def test_detached(self) -> None:
        """After the loss the protocol is as if there had been no wire."""
        pair = talk(Writer(), Bare())
        kept = pair.client.ampBoxReceived
        pair.lose()
        self.assertNotIn("ampBoxReceived", vars(pair.client))
        self.assertRaises(amp.NoEmptyBoxes, kept, amp.Box())
        kept.__self__.remove()

    def test_check(self) -> None:
        """A class without boxes is refused where it is written."""
        with self.assertRaisesRegex(TypeError, r"Plain has no sendBox\(\)"):
            type("Plain", (HeartbeatMixin, Protocol), {"wire": AmpPing()})

    def test_command_is_checked(self) -> None:
        """A name that no box can carry is refused."""
        for value in (b"", b"x" * 256, "Ping", None):
            options: Any = {"command": value}
            error = self.assertRaises(PolicyError, AmpPing, **options)
            self.assertEqual((error.field, error.value), ("command", value))
            self.assertIn("must be bytes, 1 up to 255", str(error))

    @settings(deadline=None, max_examples=60)
    @given(st.lists(st.one_of(st.binary(max_size=60), BOXES)))
    def test_fuzz(self, pieces: list[bytes]) -> None:
        """Nothing is raised that AMP does not raise itself; answers are bounded."""
        data = b"".join(pieces)
        pair, plain = talk(Writer(), Sink()), talk(Bare(), Sink())
        raised = [_error_of(each, data) for each in (pair, plain)]
        if raised[0] is not None:
            self.assertIsNotNone(raised[1])
        counters = pair.client.heartbeat.counters
        self.assertLessEqual(counters.pings_answered, BURST)
        self.assertLessEqual(
            pair.server.received.count(b"\0\7_answer"), counters.pings_answered
        )
        for each in (pair, plain):
            each.lose()
        self.flushLoggedErrors()


class CallTests(SynchronousTestCase):
    """`call`: with a deadline, on the scope."""

    def test_answer(self) -> None:
        """An answer in time is the result."""
        pair = talk(Writer(), Bare())
        asked = call(pair.client, Sum, within=5, a=1, b=2)
        pair.advance(4)
        pair.server.sums.pop().callback(None)
        pair.flush()
        self.assertEqual(self.successResultOf(asked), {"total": 3})
        pair.lose()
        assert_nothing_left(pair.clock, pair.client)

    def test_error(self) -> None:
        """An error that the command declares arrives as itself."""
        pair = talk(Writer(), Bare())
        asked = call(pair.client, Sum, within=5, a=1, b=2)
        pair.flush()
        pair.server.sums.pop().errback(NoRoomError())
        pair.flush()
        self.failureResultOf(asked, NoRoomError)

    def test_unhandled_error(self) -> None:
        """An error that nobody handles is logged, and ends no connection."""
        pair = talk(Writer(), Bare())
        call(pair.client, Sum, within=5, a=1, b=2)
        pair.flush()
        pair.server.sums.pop().errback(NoRoomError())
        pair.flush()
        self.assertEqual(len(self.flushLoggedErrors(NoRoomError)), 1)
        self.assertIsNone(pair.client.reason)

    def test_late_answers(self) -> None:
        """What comes after the deadline is dropped, quietly; the connection goes on."""
        pair = talk(Writer(), Bare())
        asked = [call(pair.client, Sum, within=5, a=1, b=2) for _ in range(2)]
        pair.advance(6)
        for each in asked:
            self.failureResultOf(each, DeferTimeoutError)
        pair.server.sums.pop().callback(None)
        pair.server.sums.pop().errback(NoRoomError())
        pair.advance(1)
        self.assertIsNone(pair.client.reason)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_late_answer_to_a_failure_nobody_handled_yet(self) -> None:
        """Nor does it matter whether the timeout was handled when the answer comes."""
        pair = talk(Writer(), Bare())
        asked = call(pair.client, Sum, within=5, a=1, b=2)
        pair.advance(6)
        pair.server.sums.pop().callback(None)
        pair.flush()
        self.assertIsNone(pair.client.reason)
        self.failureResultOf(asked, DeferTimeoutError)

    def test_cancelled(self) -> None:
        """Cancelling gives up waiting; the answer is dropped."""
        pair = talk(Writer(), Bare())
        asked = call(pair.client, Sum, within=5, a=1, b=2)
        pair.flush()
        asked.cancel()
        self.failureResultOf(asked)
        pair.server.sums.pop().callback(None)
        pair.flush()
        self.assertIsNone(pair.client.reason)
        assert_nothing_left(pair.client)

    def test_loss(self) -> None:
        """It fails with the reason, also if the protocol keeps AMP from saying so."""
        for client in (Writer(), Careless()):
            pair = talk(client, Bare())
            asked = call(client, Sum, within=5, a=1, b=2)
            pair.lose()
            self.failureResultOf(asked, ConnectionLost)
            assert_nothing_left(pair.clock, client)

    def test_closed(self) -> None:
        """After the loss nothing is sent, and the error says so at once."""
        pair = talk(Writer(), Bare())
        pair.lose()
        self.assertRaises(ScopeClosedError, call, pair.client, Sum, within=5, a=1, b=2)

    def test_bad_arguments(self) -> None:
        """Arguments that cannot be encoded fail it, and leave nothing."""
        pair = talk(Writer(), Bare())
        self.failureResultOf(
            call(pair.client, Sum, within=5, a=1), amp.InvalidSignature
        )
        assert_nothing_left(pair.client)

    def test_switched(self) -> None:
        """So does a connection that was switched to another protocol."""
        pair = talk(Writer(), Bare())
        pair.client.callRemote(Upgrade, Factory()).addErrback(lambda _: None)
        asked = call(pair.client, Sum, within=5, a=1, b=2)
        self.failureResultOf(asked, amp.ProtocolSwitched)

    def test_no_answer_wanted(self) -> None:
        """A command that asks for no answer is refused."""
        pair = talk(Writer(), Bare())
        with self.assertRaisesRegex(TypeError, "Note asks for no answer"):
            call(pair.client, Note, within=5)

    def test_separate_receiver(self) -> None:
        """The call is made by whoever dispatches commands."""

        class Apart(HeartbeatMixin, amp.BinaryBoxProtocol):
            wire = AmpPing()

        pair = talk(Apart(amp.BoxDispatcher(Responders())), Bare())
        asked = call(pair.client, Sum, within=5, a=1, b=2)
        pair.flush()
        pair.server.sums.pop().callback(None)
        pair.flush()
        self.assertEqual(self.successResultOf(asked), {"total": 3})


def _error_of(pair: Pair[Any, Any], data: bytes) -> type[BaseException] | None:
    try:
        pair.client.dataReceived(data)
        pair.flush()
    except Exception as error:  # noqa: BLE001 - whatever it is
        return type(error)
    return None
