"""The WebSocket server of `aiohttp`, which answers pings by itself."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from aiohttp import web

from benchmarks.faults.peers.obeying import obeying
from benchmarks.faults.subjects.on_asyncio import run_peer, server_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.faults.subjects.contract import Options


class Socket:
    """A connection that answers."""

    def __init__(self, connection: web.WebSocketResponse, link: Any) -> None:
        self._connection = connection
        self._transport = link
        self._sending: asyncio.Task[None] | None = None

    def send(self, size: int) -> None:
        """One big message."""
        self._sending = asyncio.ensure_future(self._send(b"y" * size))

    def halfclose(self) -> None:
        """Say no more, and go on listening."""
        self._transport.write_eof()

    def deaf(self) -> None:
        """Read no more."""
        self._transport.pause_reading()

    async def _send(self, message: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            await self._connection.send_bytes(message)


async def start(told: Options) -> Callable[[str], object]:
    """Listen."""
    sockets: set[Socket] = set()

    async def take(request: web.Request) -> web.WebSocketResponse:
        connection = web.WebSocketResponse(max_msg_size=0)
        await connection.prepare(request)
        socket = Socket(connection, request.transport)
        sockets.add(socket)
        with contextlib.suppress(ConnectionError):
            async for _ in connection:
                pass
        sockets.discard(socket)
        return connection

    application = web.Application()
    application.router.add_get("/", take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await _site(runner, told).start()
    return obeying(sockets)


def _site(runner: web.AppRunner, told: Options) -> web.BaseSite:
    if told.transport == "unix":
        return web.UnixSite(runner, told.address)
    context = server_context(str(told.certificate)) if told.transport == "tls" else None
    return web.TCPSite(runner, told.host, told.port, backlog=4096, ssl_context=context)


if __name__ == "__main__":
    run_peer(start)
