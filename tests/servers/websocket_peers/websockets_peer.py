"""The library ``websockets``, on asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

INTERVAL, TIMEOUT = 0.4, 2.0


async def echo(connection: ServerConnection) -> None:
    """Send everything back."""
    async for message in connection:
        await connection.send(message)


async def run_server(port: str) -> None:
    """Listen for ever."""
    async with serve(
        echo, "127.0.0.1", int(port), ping_interval=INTERVAL, ping_timeout=TIMEOUT
    ) as server:
        await server.serve_forever()


async def visit(url: str) -> None:
    """Stay connected as long as it lasts."""
    async with connect(url, ping_interval=INTERVAL, ping_timeout=TIMEOUT) as connection:
        with contextlib.suppress(ConnectionClosed):
            while url.endswith("/busy"):
                await connection.send("busy")
                await connection.recv()
                await asyncio.sleep(0.02)
            await connection.wait_closed()


async def run_clients(*urls: str) -> None:
    """Visit them all."""
    await asyncio.gather(*map(visit, urls))


def end_with_input() -> None:
    """Leave when whoever started this does."""
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
run: Any = {"server": run_server, "client": run_clients}[sys.argv[1]]
asyncio.run(run(*sys.argv[2:]))
