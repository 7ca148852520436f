"""The library ``aiohttp``."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import Any

import aiohttp
from aiohttp import web

# The answer to a ping has half of that, and no number of its own: shorter ones would
# give up a process that has only to wait for its turn.
HEARTBEAT = 5.0


async def echo(connection: Any) -> None:
    """Send everything back; what is no message is the end."""
    async for message in connection:
        if message.type is not aiohttp.WSMsgType.BINARY:
            break
        await connection.send_bytes(message.data)


async def serve(request: web.Request) -> web.WebSocketResponse:
    """Be the server of one connection."""
    connection = web.WebSocketResponse(heartbeat=HEARTBEAT)
    await connection.prepare(request)
    await echo(connection)
    return connection


async def run_server(port: str) -> None:
    """Listen for ever."""
    application = web.Application()
    application.router.add_get("/", serve)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(port)).start()
    await asyncio.Event().wait()


async def visit(session: aiohttp.ClientSession, port: str) -> None:
    """Stay connected as long as it lasts, and come again."""
    url = f"ws://127.0.0.1:{port}"
    while True:
        with contextlib.suppress(OSError, aiohttp.ClientError):
            async with session.ws_connect(url, heartbeat=HEARTBEAT) as connection:
                await echo(connection)
        await asyncio.sleep(0.2)


async def run_client(*ports: str) -> None:
    """Visit them all."""
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(visit(session, port) for port in ports))


sys.stderr.write("begins\n")
run: Any = {"server": run_server, "client": run_client}[sys.argv[1]]
asyncio.run(run(*sys.argv[2:]))
