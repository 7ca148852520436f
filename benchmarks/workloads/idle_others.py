"""A server of idle connections on a stack of its own, and its own keepalive.

    python -m benchmarks.workloads.idle_others CANDIDATE INTERVAL

Foolscap's is its lowest layer, Banana, on bare TCP: what keeps a connection alive is
there, and its negotiation and TLS, which come before, are left out.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.workloads.idle_gauge import (
    ALLOWED,
    BACKLOG,
    HOST,
    allow_many_files,
    answer_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def websockets(interval: float) -> None:
    """The `websockets` package, on asyncio."""
    from websockets.asyncio.server import ServerConnection, serve  # noqa: PLC0415

    async def take(connection: ServerConnection) -> None:
        async for _ in connection:
            pass

    async def main() -> None:
        async with serve(
            take,
            HOST,
            0,
            backlog=BACKLOG,
            ping_interval=interval,
            ping_timeout=ALLOWED,
        ) as server:
            answer_for(_port(server.sockets))
            await server.serve_forever()

    asyncio.run(main())


def aiohttp(interval: float) -> None:
    """The WebSockets of `aiohttp`, on asyncio."""
    from aiohttp import web  # noqa: PLC0415

    async def take(request: web.Request) -> web.WebSocketResponse:
        connection = web.WebSocketResponse(heartbeat=interval)
        await connection.prepare(request)
        async for _ in connection:
            pass
        return connection

    async def main() -> None:
        application = web.Application()
        application.router.add_get("/", take)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0, backlog=BACKLOG).start()
        answer_for(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(main())


def foolscap(interval: float) -> None:
    """Foolscap's Banana, on Twisted."""
    from twisted.internet.protocol import Factory  # noqa: PLC0415

    from benchmarks.workloads.idle_reactor import run  # noqa: PLC0415

    banana: Any = importlib.import_module("foolscap.banana")

    def kept() -> Any:
        protocol = banana.Banana()
        protocol.keepaliveTimeout = interval
        protocol.disconnectTimeout = interval + ALLOWED
        return protocol

    run(Factory.forProtocol(kept))


CANDIDATES: dict[str, Callable[[float], None]] = {
    "websockets": websockets,
    "aiohttp": aiohttp,
    "foolscap": foolscap,
}


def _port(sockets: Any) -> int:
    port: int = next(iter(sockets)).getsockname()[1]
    return port


def main(candidate: str, interval: str) -> None:
    """Serve until killed."""
    allow_many_files()
    CANDIDATES[candidate](float(interval))


if __name__ == "__main__":
    main(*sys.argv[1:])
