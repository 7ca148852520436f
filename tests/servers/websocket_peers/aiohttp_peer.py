"""The library ``aiohttp``, server and client."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from typing import Any

import aiohttp
from aiohttp import web

HEARTBEAT = 2.0  # and half of it for the pong


async def echo(request: web.Request) -> web.WebSocketResponse:
    """Send everything back."""
    connection = web.WebSocketResponse(heartbeat=HEARTBEAT)
    await connection.prepare(request)
    async for message in connection:
        await connection.send_str(message.data)
    return connection


async def run_server(port: str) -> None:
    """Listen for ever."""
    application = web.Application()
    application.router.add_get("/{path:.*}", echo)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(port)).start()
    await asyncio.Event().wait()


async def visit(session: aiohttp.ClientSession, url: str) -> None:
    """Stay connected as long as it lasts."""
    async with session.ws_connect(url, heartbeat=HEARTBEAT) as connection:
        with contextlib.suppress(ConnectionError, TypeError):
            while url.endswith("/busy"):
                await connection.send_str("busy")
                await connection.receive_str()
                await asyncio.sleep(0.02)
            async for _ in connection:
                pass


async def run_clients(*urls: str) -> None:
    """Visit them all."""
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(visit(session, url) for url in urls))


def end_with_input() -> None:
    """Leave when whoever started this does."""
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
run: Any = {"server": run_server, "client": run_clients}[sys.argv[1]]
asyncio.run(run(*sys.argv[2:]))
