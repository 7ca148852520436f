"""txredisapi's client of Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from txredisapi import RedisProtocol

from heartbeat.wires.redis import Redis
from tests.servers.clients.watched import Watched

if TYPE_CHECKING:
    from heartbeat import Keepalive

__all__ = ["RedisClient"]


class RedisClient(Watched, RedisProtocol):
    """Asks by ECHO."""

    wire = Redis()

    def __init__(self, policy: Keepalive | None) -> None:
        Watched.__init__(self, policy)
        RedisProtocol.__init__(self)

    def connectionMade(self) -> None:
        """Wait until it is not busy with loading."""
        RedisProtocol.connectionMade(self)
        asked: Any = self.ask(b"are you there")
        asked.addCallbacks(lambda _: self.let_in(), lambda _: None)

    def tell(self, _: None, payload: bytes) -> None:
        """Have it repeated."""
        said: Any = self.execute_command("ECHO", payload)
        said.addCallbacks(lambda reply: self.heard(reply.encode()), lambda _: None)
