"""OpenSSH's sshd: it asks who was silent, and so do we."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, Kind
from heartbeat.profiles import ssh_client, ssh_server
from tests.servers.acts import Case, Play
from tests.servers.clients.ssh import SshClient
from tests.servers.installed import OpenSsh
from tests.servers.scenes import AskingTests, faults, steady


def _client(policy: Keepalive | None, server: Any) -> SshClient:
    return SshClient(policy, server.user, server.key)


CASE = Case(
    name="OpenSSH sshd",
    # 9.2 asks where more than the interval is over, in whole seconds of the clock.
    rule="asked after 3 to 6 s: looks every 3 s, and counts whole ones; two may be "
    "unanswered (ClientAliveInterval 3, ClientAliveCountMax 2)",
    sends="keepalive@openssh.com after 2.5 s of silence; conch answers the server's",
    client=_client,
    policy=ssh_client(2.5, 2),
    answers=Keepalive(interval=None),
    hears=False,
    server_rule=ssh_server(3, 2),
    slowest=20,
    span=20,
    frozen=Kind.PEER_HUNG,
)

PLAY = Play(OpenSsh, [CASE], [steady, faults])


class SshTests(AskingTests, SynchronousTestCase):
    """SSH."""

    play, case = PLAY, CASE
