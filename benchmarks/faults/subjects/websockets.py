"""The `websockets` package, on asyncio: ``ping_interval`` and ``ping_timeout``.

Source:
    Its documentation, "Keepalive and latency".
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed

from benchmarks.faults.faults import GRACE
from benchmarks.faults.subjects.contract import CHUNK, Options, Program
from benchmarks.faults.subjects.on_asyncio import run_subject, trusting

if TYPE_CHECKING:
    from collections.abc import Coroutine

ABREAST = 100
"""Connections that are begun at once."""


class Socket:
    """One connection, and its actor."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._tasks: set[asyncio.Task[None]] = set()

    async def live(self, program: Program) -> None:
        """Take messages until it is over."""
        program.connected(self)
        try:
            while True:
                program.received += len(await self._connection.recv())
        except ConnectionClosed as error:
            program.lost(self, None, str(error))

    def send(self, size: int) -> None:
        """One big message."""
        self._do(self._connection.send(b"x" * size))

    def flow(self) -> None:
        """Messages, as fast as they go."""
        self._do(self._flow())

    def pause(self) -> None:
        """Read no more."""
        self._connection.transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        self._connection.transport.resume_reading()

    def close(self) -> None:
        """Close gracefully."""
        self._do(self._connection.close())

    async def _flow(self) -> None:
        while True:
            await self._connection.send(CHUNK)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        async def do() -> None:
            # Whoever receives says so.
            with contextlib.suppress(ConnectionClosed):
                await work

        task = asyncio.ensure_future(do())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def start(told: Options, program: Program) -> None:
    """Connect, and stay."""
    abreast = asyncio.Semaphore(ABREAST)

    async def one(begin: float) -> None:
        await asyncio.sleep(begin)
        try:
            async with abreast:
                connection = await _connect(told)
        except Exception as error:  # noqa: BLE001 - whatever it is
            program.lost(None, None, f"not connected: {error!r}")
        else:
            await Socket(connection).live(program)

    await asyncio.gather(*map(one, told.begin or told.count * (0.0,)))


async def _connect(told: Options) -> ClientConnection:
    settings: dict[str, Any] = {
        "ping_interval": told.interval,
        "ping_timeout": told.timeout,
        "close_timeout": GRACE,
        "max_size": None,
        "proxy": None,
    }
    if told.transport == "unix":
        return await unix_connect(told.address, **settings)
    if told.transport == "tls":
        return await connect(f"wss://{told.address}/", ssl=trusting(), **settings)
    return await connect(f"ws://{told.address}/", **settings)


if __name__ == "__main__":
    run_subject(start)
