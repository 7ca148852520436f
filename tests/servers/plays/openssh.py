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
    rule="asked after a second, two may be unanswered "
    "(ClientAliveInterval 1, ClientAliveCountMax 2)",
    sends="keepalive@openssh.com after 1 s of silence; conch answers the server's",
    client=_client,
    policy=ssh_client(1, 2),
    answers=Keepalive(interval=None),
    hears=False,
    server_rule=ssh_server(1, 2),
    slowest=7,
    span=10,
    frozen=Kind.PEER_HUNG,
)

PLAY = Play(OpenSsh, [CASE], [steady, faults])


class SshTests(AskingTests, SynchronousTestCase):
    """SSH."""

    play, case = PLAY, CASE
