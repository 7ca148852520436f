"""The library ``websockets``, on asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake

RULE: Any = {"ping_interval": 0.5, "ping_timeout": 4}


async def echo(connection: Any) -> None:
    """Send everything back."""
    async for message in connection:
        await connection.send(message)


async def run_server(port: str, pem: str = "") -> None:
    """Listen for ever."""
    context = None
    if pem:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
    async with serve(echo, "127.0.0.1", int(port), ssl=context, **RULE) as server:
        await server.serve_forever()


async def visit(port: str) -> None:
    """Stay connected as long as it lasts, and come again."""
    while True:
        with contextlib.suppress(OSError, ConnectionClosed, InvalidHandshake):
            async with connect(f"ws://127.0.0.1:{port}", **RULE) as connection:
                await echo(connection)
        await asyncio.sleep(0.2)


async def run_client(*ports: str) -> None:
    """Visit them all."""
    await asyncio.gather(*map(visit, ports))


sys.stderr.write("begins\n")
run: Any = {"server": run_server, "client": run_client}[sys.argv[1]]
asyncio.run(run(*sys.argv[2:]))
