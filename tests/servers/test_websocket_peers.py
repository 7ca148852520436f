"""The wire of WebSocket, with servers and clients that nobody here wrote."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, DeferredList
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

from tests.connections import global_reactor
from tests.servers.observed import record
from tests.servers.websocket_peers.process import missing, version
from tests.servers.websocket_peers.scenes import with_a_client, with_a_server

RULES = {
    "websockets": "ping after 0.4 s, pong within 2 s (ping_interval, ping_timeout)",
    "aiohttp": "ping after 2 s of silence, pong within 1 s (heartbeat)",
    "autobahn": "ping after 1 s, pong within 2 s (autoPingInterval, autoPingTimeout)",
}
"""What each peer demands, as the scripts configure it."""

PLAYS = {"server": with_a_server, "client": with_a_client}
"""By what the peer is."""

SENDS = "a pong to each ping, within bounds; a ping 0.3 s after its last answer"


class InstalledTests(SynchronousTestCase):
    """Which libraries take part; in CI all of them have to."""

    def skip_without(self, library: str) -> None:
        """Say what is missing, where others can do without."""
        reason = missing(library)
        if reason:
            raise SkipTest(reason)

    def test_websockets(self) -> None:
        """The library ``websockets`` is here."""
        self.skip_without("websockets")

    def test_aiohttp(self) -> None:
        """The library ``aiohttp`` is here."""
        self.skip_without("aiohttp")

    def test_autobahn(self) -> None:
        """Autobahn is here."""
        self.skip_without("autobahn")


class PeerTests(TestCase):
    """All libraries that are here, at once, on one reactor.

    Each is idle and busy for many intervals, drops whoever does not answer its
    pings, is stopped, is killed, and comes back.
    """

    timeout = 60

    def test_peers(self) -> Deferred[None]:
        """Servers and clients live with us, and are judged rightly when they do not."""
        reactor = global_reactor()
        roles = [(each, role) for each in RULES if not missing(each) for role in PLAYS]
        played = [
            Deferred.fromCoroutine(PLAYS[role](library, reactor))
            for library, role in roles
        ]
        outcome: Any = DeferredList(played, consumeErrors=True)
        return outcome.addCallback(self.judge, roles)  # type: ignore[no-any-return]

    def judge(
        self, results: list[tuple[bool, Any]], roles: list[tuple[str, str]]
    ) -> None:
        """Record what was seen, or fail with everything that went wrong."""
        wrong = [str(failure) for succeeded, failure in results if not succeeded]
        if wrong:
            self.fail("\n".join(wrong))
        for (library, role), (_, observed) in zip(roles, results, strict=True):
            record(
                server=f"{library}, {role}",
                version=version(library),
                rule=RULES[library],
                sends=SENDS,
                observed=observed,
            )
