"""The server of the `websockets` package, which answers pings by itself."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from websockets.asyncio.server import ServerConnection, serve, unix_serve
from websockets.exceptions import ConnectionClosed

from benchmarks.faults.peers.obeying import obeying
from benchmarks.faults.subjects.on_asyncio import run_peer, server_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.faults.subjects.contract import Options


class Socket:
    """A connection that answers."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._sending: asyncio.Task[None] | None = None

    def send(self, size: int) -> None:
        """One big message."""
        self._sending = asyncio.ensure_future(self._send(b"y" * size))

    def halfclose(self) -> None:
        """Say no more, and go on listening."""
        self._connection.transport.write_eof()

    def deaf(self) -> None:
        """Read no more."""
        self._connection.transport.pause_reading()

    async def live(self) -> None:
        """Take messages until it is over."""
        async for _ in self._connection:
            pass

    async def _send(self, message: bytes) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._connection.send(message)


async def start(told: Options) -> Callable[[str], object]:
    """Listen."""
    sockets: set[Socket] = set()

    async def take(connection: ServerConnection) -> None:
        socket = Socket(connection)
        sockets.add(socket)
        with contextlib.suppress(ConnectionClosed):
            await socket.live()
        sockets.discard(socket)

    settings: dict[str, Any] = {"ping_interval": None, "max_size": None}
    if told.transport == "unix":
        await unix_serve(take, told.address, **settings)
    else:
        if told.transport == "tls":
            settings["ssl"] = server_context(str(told.certificate))
        await serve(take, told.host, told.port, backlog=4096, **settings)
    return obeying(sockets)


if __name__ == "__main__":
    run_peer(start)
