"""Keepalives of SSH, between conch's own two ends."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import succeed
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import HeartbeatMixin, Keepalive, PeerLostError
from heartbeat.errors import NotReadyError
from heartbeat.policy import Proof
from heartbeat.testing import Pair, assert_nothing_left, connect
from heartbeat.wires.ssh import Ssh
from tests.connections import Sink

with warnings.catch_warnings():
    # An older conch imports ciphers that a newer cryptography is about to drop.
    warnings.simplefilter("ignore")
    from twisted.conch.ssh import channel, connection, factory, keys, service, transport
    from twisted.conch.ssh.common import NS

POLICY = Keepalive(interval=30, timeout=10, jitter=0, proof=Proof.REPLY)


class Requests(connection.SSHConnection):
    """Writes down the global requests it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[bytes] = []

    def gotGlobalRequest(self, requestType: bytes, data: bytes) -> Any:  # noqa: N802, N803
        """Write it down."""
        self.requests.append(requestType)
        return super().gotGlobalRequest(requestType, data)


class Knowing(Requests):
    """Knows the request."""

    def gotGlobalRequest(self, requestType: bytes, data: bytes) -> Any:  # noqa: N802, N803
        """Accept it."""
        super().gotGlobalRequest(requestType, data)
        return 1


class Mute(Requests):
    """Says nothing."""

    def ssh_GLOBAL_REQUEST(self, packet: bytes) -> None:  # noqa: N802
        """Drop it."""


class Client(transport.SSHClientTransport):
    """Logs in without ado."""

    def verifyHostKey(self, hostKey: Any, fingerprint: Any) -> Any:  # noqa: N802, N803
        """Trust anybody."""
        return succeed(True)

    def connectionSecure(self) -> None:  # noqa: N802
        """Ask for the connection service."""
        self.requestService(Requests())


class Careful(HeartbeatMixin, Client):
    """With the wire."""

    keepalive = POLICY
    wire = Ssh()
    reason: Any = None

    def connectionLost(self, reason: Any = None) -> None:
        """Write it down."""
        self.reason = reason
        super().connectionLost(reason)


class Watching(HeartbeatMixin, transport.SSHServerTransport):
    """A server with the wire."""

    keepalive = POLICY
    wire = Ssh()


class Party(factory.SSHFactory):
    """Gives the connection service to everybody.

    Args:
        kind: The class of that.
    """

    def __init__(self, kind: type[Requests]) -> None:
        self.kind = kind
        self.publicKeys = {b"ecdsa-sha2-nistp256": _key().public()}
        self.privateKeys = {b"ecdsa-sha2-nistp256": _key()}

    def getService(self, transport: Any, service: bytes) -> Any:  # noqa: N802
        """Give it."""
        return self.kind

    def getPrimes(self) -> None:  # noqa: N802
        """Other exchanges of keys will do."""


@functools.cache
def _key() -> keys.Key:
    return keys.Key(ec.generate_private_key(ec.SECP256R1()))


def talk(client: Any, kind: type[Requests] = Requests, server: Any = None) -> Any:
    """A client and a server that run the connection service."""
    server = server or transport.SSHServerTransport()
    server.factory = Party(kind)
    return connect(client, server, Clock())


class SshTests(SynchronousTestCase):
    """`Ssh`."""

    def test_refusal_and_acceptance(self) -> None:
        """A server lives by a refusal of the request as by its acceptance."""
        for kind in (Requests, Knowing):
            pair = talk(Careful(), kind)
            pair.advance(300)
            counters = pair.client.heartbeat.counters
            self.assertIsNone(pair.client.heartbeat.verdict)
            self.assertEqual((counters.pongs, counters.pings_sent), (10, 10))
            self.assertEqual(
                set(pair.server.service.requests), {b"keepalive@openssh.com"}
            )
            pair.lose()
            assert_nothing_left(pair.clock, pair.client)

    def test_silence(self) -> None:
        """A server that answers nothing is given up; no Deferred fails unheard."""
        pair = talk(Careful(), Mute)
        pair.advance(100)
        self.assertTrue(pair.client.reason.check(PeerLostError))
        self.assertEqual(pair.client.service.deferreds["global"], [])

    def test_replies_in_order(self) -> None:
        """The application's requests and ours each get their own reply."""
        pair = talk(Careful(), Knowing)
        ours = pair.client.heartbeat.ping()
        theirs = pair.client.service.sendGlobalRequest(b"x", b"", wantReply=1)
        pair.flush()
        self.successResultOf(ours)
        self.assertEqual(self.successResultOf(theirs), b"")

    def test_not_before_the_service(self) -> None:
        """Before the login is over nothing is said, and nothing judged."""
        client = Careful()
        pair: Pair[Any, Sink] = connect(client, Sink(), Clock())
        before = pair.server.received
        pair.advance(300)
        self.assertEqual(pair.server.received, before)
        self.failureResultOf(client.heartbeat.ping(), NotReadyError)
        self.assertRaises(NotReadyError, client.send_beat)
        client.service = service.SSHService()
        client.service.name = b"ssh-userauth"
        self.failureResultOf(client.heartbeat.ping(), NotReadyError)
        self.assertIsNone(client.reason)

    def test_new_keys(self) -> None:
        """While keys are exchanged again a ping waits, and is answered after that."""
        pair = talk(Careful())
        pair.client.sendKexInit()
        ping = pair.client.heartbeat.ping()
        self.assertNoResult(ping)
        pair.flush()
        self.successResultOf(ping)

    def test_peer_asks(self) -> None:
        """Conch answers the peer's keepalives, each; they are counted."""
        pair = talk(Careful(), Requests, Watching())
        asked = [pair.client.service.sendGlobalRequest(*_KEEPALIVE) for _ in range(30)]
        other = pair.client.service.sendGlobalRequest(b"x", b"", wantReply=1)
        pair.flush()
        for each in [*asked, other]:
            self.failureResultOf(each)
        self.assertEqual(pair.server.heartbeat.counters.pings_received, 30)
        self.assertEqual(len(pair.server.service.requests), 31)

    def test_peer_asks_on_a_channel(self) -> None:
        """So they are when asked on a channel, as OpenSSH's server does."""
        pair = talk(Careful(), Requests, Watching())
        pair.server.service.getChannel = lambda *_: channel.SSHChannel()
        service = pair.client.service
        opened: Any = channel.SSHChannel()
        opened.name = b"session"
        service.openChannel(opened)
        pair.flush()

        asked = [
            service.sendRequest(opened, name, b"", wantReply=1)
            for name in (b"keepalive@openssh.com", b"exec")
        ]
        pair.flush()

        for each in asked:
            self.failureResultOf(each)
        self.assertEqual(pair.server.heartbeat.counters.pings_received, 1)

    def test_flood(self) -> None:
        """A flood of them is judged."""
        pair = talk(Client(), Requests, Watching())
        for _ in range(1100):
            pair.client.service.sendGlobalRequest(b"keepalive@x", b"")
        pair.flush()
        self.assertEqual(pair.server.heartbeat.verdict.kind.name, "PING_FLOOD")

    def test_beat(self) -> None:
        """A beat is a message that the peer ignores."""
        pair = talk(Careful())
        ignored: list[bytes] = []
        pair.server.ssh_IGNORE = ignored.append
        pair.client.send_beat()
        pair.flush()
        self.assertEqual(ignored, [NS(b"")])

    def test_detached(self) -> None:
        """After the loss protocol and service are as if there had been no wire."""
        pair = talk(Careful(), Requests, Watching())
        running = pair.server.service
        for name in ("gotGlobalRequest", "ssh_CHANNEL_REQUEST"):
            self.assertIn(name, vars(running))
        pair.lose()
        for name in ("gotGlobalRequest", "ssh_CHANNEL_REQUEST"):
            self.assertNotIn(name, vars(running))
        for side in (pair.client, pair.server):
            self.assertNotIn("setService", vars(side))
            self.assertNotIn("_heartbeat_wire", vars(side))

    def test_lost_before_the_service(self) -> None:
        """So it is without a service."""
        pair: Pair[Any, Sink] = connect(Careful(), Sink(), Clock())
        pair.lose()
        self.assertNotIn("setService", vars(pair.client))

    def test_check(self) -> None:
        """A class of anything else is refused where it is written."""
        with self.assertRaisesRegex(TypeError, r"Plain has no setService\(\)"):
            type("Plain", (HeartbeatMixin, Protocol), {"wire": Ssh()})

    @settings(deadline=None, max_examples=60)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from([80, 81, 82, 2, 3, 4, 80, 90, 99]),
                st.one_of(
                    st.binary(max_size=40),
                    st.just(NS(b"keepalive@openssh.com") + b"\1"),
                    st.just(NS(b"keepalive@openssh.com") + b"\0"),
                ),
            ),
            max_size=30,
        )
    )
    def test_fuzz(self, packets: list[tuple[int, bytes]]) -> None:
        """Nothing is raised that conch does not raise itself; one reply a request."""
        raised: list[type[BaseException] | None] = []
        for make in (Careful, Client):
            client: Any = make()
            clock = Clock()
            client.reactor = clock
            client.makeConnection(connect(Sink(), Sink(), clock).client.transport)
            client.setService(Requests())
            raised.append(_error_of(client, packets))
            if isinstance(client, Careful):
                asked = [kind for kind, _ in packets].count(80)
                counters = client.heartbeat.counters
                self.assertLessEqual(counters.pings_received, asked)
        self.assertEqual(raised[0], raised[1])
        self.flushLoggedErrors()


_KEEPALIVE = (b"keepalive@openssh.com", b"", 1)


def _error_of(client: Any, packets: list[tuple[int, bytes]]) -> Any:
    try:
        for kind, payload in packets:
            client.dispatchMessage(kind, payload)
    except Exception as error:  # noqa: BLE001 - whatever it is
        return type(error)
    return None
