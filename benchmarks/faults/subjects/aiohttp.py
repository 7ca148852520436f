"""The WebSocket client of `aiohttp`, with its ``heartbeat``.

It has one number: it asks after so many seconds without data, and waits for an answer
half as long. It is given twice the timeout if that is more than the interval, so that
no peer has to be quicker than with the others; what it promises is 1.5 times that.

Source:
    Its client reference, ``ClientSession.ws_connect(heartbeat=…)``.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import aiohttp

from benchmarks.faults.candidates import heartbeat
from benchmarks.faults.faults import GRACE
from benchmarks.faults.subjects.contract import CHUNK, Options, Program
from benchmarks.faults.subjects.on_asyncio import run_subject, trusting

if TYPE_CHECKING:
    from collections.abc import Coroutine

ABREAST = 100
"""Connections that are begun at once."""

_DATA = (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT)


class Socket:
    """One connection, and its actor."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse, link: Any) -> None:
        self._connection = connection
        self._transport = link
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None

    async def live(self, program: Program) -> None:
        """Take messages until it is over."""
        program.connected(self)
        async for message in self._connection:
            if message.type in _DATA:
                program.received += len(message.data)
        if self._closing is not None:
            await self._closing  # messages have ended, the connection has not
        why = self._connection.exception() or self._connection.close_code
        program.lost(self, None, f"{why!r}")

    def send(self, size: int) -> None:
        """One big message."""
        self._do(self._connection.send_bytes(b"x" * size))

    def flow(self) -> None:
        """Messages, as fast as they go."""
        self._do(self._flow())

    def pause(self) -> None:
        """Read no more."""
        self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        self._transport.resume_reading()

    def close(self) -> None:
        """Close gracefully."""
        self._closing = self._do(self._connection.close())

    async def _flow(self) -> None:
        while True:
            await self._connection.send_bytes(CHUNK)

    def _do(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[None]:
        async def do() -> None:
            # Whoever receives says so.
            with contextlib.suppress(ConnectionError, aiohttp.ClientError):
                await work

        task = asyncio.ensure_future(do())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def start(told: Options, program: Program) -> None:
    """Connect, and stay."""
    abreast = asyncio.Semaphore(ABREAST)
    async with _session(told) as session:

        async def one(begin: float) -> None:
            await asyncio.sleep(begin)
            try:
                async with abreast:
                    connection = await _connect(session, told)
            except Exception as error:  # noqa: BLE001 - whatever it is
                program.lost(None, None, f"not connected: {error!r}")
            else:
                # While it is open: later nobody knows its transport any more.
                link: Any = connection._conn
                await Socket(connection, link.transport).live(program)

        await asyncio.gather(*map(one, told.begin or told.count * (0.0,)))


def _session(told: Options) -> aiohttp.ClientSession:
    connector: aiohttp.BaseConnector
    if told.transport == "unix":
        connector = aiohttp.UnixConnector(told.address, limit=0)
    else:
        connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(connector=connector)


async def _connect(
    session: aiohttp.ClientSession, told: Options
) -> aiohttp.ClientWebSocketResponse:
    where = "localhost" if told.transport == "unix" else told.address
    scheme = "wss" if told.transport == "tls" else "ws"
    return await session.ws_connect(
        f"{scheme}://{where}/",
        heartbeat=heartbeat(told.interval, told.timeout),
        timeout=aiohttp.ClientWSTimeout(ws_close=GRACE),
        max_msg_size=0,
        ssl=trusting() if told.transport == "tls" else True,
    )


if __name__ == "__main__":
    run_subject(start)
