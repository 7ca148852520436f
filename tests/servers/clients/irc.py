"""Twisted's client of IRC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.words.protocols.irc import IRCClient

from heartbeat.wires.irc import Irc
from tests.servers.clients.watched import Watched, unique

if TYPE_CHECKING:
    from heartbeat import Keepalive

__all__ = ["IrcClient"]


class IrcClient(Watched, IRCClient):
    """Talks to itself in private."""

    wire = Irc()
    heartbeatInterval: Any = None  # noqa: N815 - Twisted's: its own keepalive, off

    def __init__(self, policy: Keepalive | None) -> None:
        super().__init__(policy)
        self.nickname = unique()

    def signedOn(self) -> None:  # noqa: N802 - Twisted's
        """The server has welcomed us."""
        self.let_in()

    def privmsg(self, user: str, channel: str, message: str) -> None:
        """We said something."""
        del user, channel
        self.heard(message.encode())

    def irc_PING(self, prefix: str, params: list[str]) -> None:  # noqa: N802 - Twisted's
        """Keep silent: with our wire this is not called."""

    def irc_ERROR(self, prefix: str, params: list[str]) -> None:  # noqa: N802 - Twisted's
        """The server's last words."""
        del prefix
        self.last_words = params[-1]

    @property
    def address(self) -> str:
        """Of our own."""
        return self.nickname

    def say(self, payload: bytes) -> None:  # type: ignore[override]
        """Tell ourselves."""
        self.tell(self.address, payload)

    def tell(self, address: str, payload: bytes) -> None:
        """In private."""
        self.msg(address, payload.decode())
