"""What is said of the calls of programs that nobody here wrote."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor  # noqa: TID251 - what these programs use
from twisted.trial.unittest import TestCase

from heartbeat.graph.model import CallVerdict
from heartbeat.graph.survey import snapshot
from tests.graph.programs import BROWSERS, SOCKETS, Programs

OK = CallVerdict.OK
SERVICE = CallVerdict.SERVICE

RIGHT = {
    # HTTP: keep-alive, a slow answer, sessions, the date, a pool of connections.
    ("HTTPChannel.__timedOut", OK, "HTTPChannel"): BROWSERS + 1,
    ("Request.finish", OK, "HTTPChannel"): 1,
    ("Session.expire", SERVICE, ""): BROWSERS + 1,
    ("Site._updateLogDateTime", CallVerdict.FACTORY, ""): 1,
    ("HTTPConnectionPool._removeConnection", OK, "HTTP11ClientProtocol"): 1,
    # Mail, names, SSH.
    ("ESMTP.__timedOut", OK, "ESMTP"): 1,
    ("IMAP4Server.__timedOut", OK, "IMAP4Server"): 1,
    ("Pop.__timedOut", OK, "Pop"): 1,
    (
        "DNSDatagramProtocol._clearFailed",
        CallVerdict.LISTENING,
        "DNSDatagramProtocol",
    ): 1,
    ("SSHUserAuthServer.timeoutAuthentication", OK, "SSHServerTransport"): 1,
    # Services.
    ("ClientService", SERVICE, ""): 1,
    ("Programs._services.<lambda>", SERVICE, ""): 1,
}
"""Calls with their verdict and the protocol they are linked to, and how many."""

BATCHED = (
    "_BatchedTimer._notify_bucket",
    CallVerdict.SHARED,
    "WebSocketServerProtocol",
)
"""Autobahn pings all connections whose turn comes at about the same time in one call."""


class RealProgramTests(TestCase):
    """HTTP, SMTP, IMAP, POP3, DNS, SSH, WebSocket and services, in one process."""

    def setUp(self) -> None:
        self.programs = Programs(reactor)

    async def test_every_call(self) -> None:
        """Each pending call is judged rightly, and linked to the right connection."""
        await self.programs.start()
        try:
            found = self.counted()
        finally:
            await self.programs.stop()

        # As they were made at the same time, or nearly so.
        self.assertIn(found.pop(BATCHED), range(1, SOCKETS + 1))
        self.assertEqual(found, RIGHT)

    async def test_browsers_gone(self) -> None:
        """Once the browsers are gone, the answer to one of them is a stray call."""
        await self.programs.start()
        try:
            await self.programs.leave()
            strays = [timer.function for timer in snapshot(reactor).strays()]
        finally:
            await self.programs.stop()

        self.assertEqual(strays, ["Request.finish"])

    def counted(self) -> dict[Any, int]:
        """How many calls there are, by what is said of them."""
        seen = snapshot(reactor)
        counted: dict[Any, int] = {}
        for timer in seen.timers:
            ends = {seen.endpoint(target).protocol for target in timer.targets}
            names = "|".join(sorted(end.rpartition(".")[2] for end in ends))
            function = timer.function
            if timer.id in {service.timer for service in seen.services}:
                function = "ClientService"
            elif function == "onTimeout":
                continue  # trial's own
            key = function, timer.verdict, names
            counted[key] = counted.get(key, 0) + 1
        return counted
