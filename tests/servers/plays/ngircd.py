"""ngIRCd: it asks who was silent, and so do we."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, Kind
from heartbeat.profiles import irc_server
from tests.servers.acts import Case, Play
from tests.servers.clients.irc import IrcClient
from tests.servers.installed import Ngircd
from tests.servers.scenes import AskingTests, ListeningTests, faults, steady

CASE = Case(
    name="ngIRCd",
    rule="PING after 5 s of silence, 5 s for an answer (PingTimeout, PongTimeout)",
    sends="PING after 1 s of silence, PONG to every PING",
    client=lambda policy, _: IrcClient(policy),
    policy=irc_server(1, 3),
    answers=Keepalive(interval=None),
    server_rule=irc_server(5, 5),
    slowest=13,
    span=20,
    frozen=Kind.PEER_HUNG,
)

PLAY = Play(Ngircd, [CASE], [steady, faults])


class IrcTests(AskingTests, ListeningTests, SynchronousTestCase):
    """IRC."""

    play, case = PLAY, CASE
