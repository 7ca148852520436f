"""Conch's client of SSH, which has what it says repeated by ``cat``."""

# ruff: noqa: N802, N803 - conch's words

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.conch.ssh.channel import SSHChannel
from twisted.conch.ssh.common import NS
from twisted.conch.ssh.connection import SSHConnection
from twisted.conch.ssh.keys import Key
from twisted.conch.ssh.transport import SSHClientTransport
from twisted.conch.ssh.userauth import SSHUserAuthClient
from twisted.internet.defer import Deferred, succeed

from heartbeat.wires.ssh import Ssh
from tests.servers.clients.watched import Watched

if TYPE_CHECKING:
    from pathlib import Path

    from heartbeat import Keepalive

__all__ = ["SshClient"]


class _Login(SSHUserAuthClient):
    """By the one key there is."""

    def __init__(self, user: str, key: Key, instance: SSHConnection) -> None:
        super().__init__(user.encode(), instance)
        self._key = key

    def getPublicKey(self) -> Key:
        """The key."""
        public: Key = self._key.public()
        return public

    def getPrivateKey(self) -> Deferred[Key]:
        """The key."""
        return succeed(self._key)


class _Cat(SSHChannel):
    """A process there that repeats lines."""

    name = b"session"

    def __init__(self, client: SshClient) -> None:
        super().__init__()
        self._client = client
        self._line = b""

    def channelOpen(self, specificData: bytes) -> None:
        """Start the process."""
        del specificData
        assert self.conn is not None
        started: Any = self.conn.sendRequest(self, b"exec", NS(b"cat"), wantReply=1)
        started.addCallbacks(lambda _: self._client.let_in(), lambda _: None)

    def dataReceived(self, data: bytes) -> None:
        """A line, or a part of one."""
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            self._client.heard(line)


class _Connection(SSHConnection):
    """Opens one channel.

    Args:
        client: Whose it is; if it is without our keepalive, this refuses to say
            anything to the server's questions.
    """

    def __init__(self, client: SshClient) -> None:
        super().__init__()
        self._client = client

    def serviceStarted(self) -> None:
        """We are in."""
        super().serviceStarted()
        self._client.cat = _Cat(self._client)
        self.openChannel(self._client.cat)

    def ssh_GLOBAL_REQUEST(self, packet: bytes) -> None:
        """Answer, as conch does, or do not."""
        if not self._client.alone:
            super().ssh_GLOBAL_REQUEST(packet)

    def ssh_CHANNEL_REQUEST(self, packet: bytes) -> None:
        """The same: OpenSSH asks on a channel if there is one."""
        if not self._client.alone:
            super().ssh_CHANNEL_REQUEST(packet)


class SshClient(Watched, SSHClientTransport):  # type: ignore[misc] # a default more
    """One session.

    Args:
        policy: As of `Watched`.
        user: Who logs in.
        key: The file with the key.
    """

    wire = Ssh()
    cat: _Cat

    def __init__(self, policy: Keepalive | None, user: str, key: Path) -> None:
        super().__init__(policy)
        self._user = user
        self._key = key

    def verifyHostKey(self, hostKey: bytes, fingerprint: str) -> Deferred[int]:
        """We started it, on this host."""
        del hostKey, fingerprint
        return succeed(1)

    def connectionSecure(self) -> None:
        """Log in."""
        key = Key.fromFile(str(self._key))
        self.requestService(_Login(self._user, key, _Connection(self)))

    def tell(self, _: None, payload: bytes) -> None:
        """Let it be repeated."""
        self.cat.write(payload + b"\n")
