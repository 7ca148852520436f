"""Run a subject or a peer that is written for asyncio."""

from __future__ import annotations

import asyncio
import ssl
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.faults.subjects.contract import Options, Program, emit, options

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["run_peer", "run_subject", "server_context", "trusting"]


def run_subject(
    start: Callable[[Options, Program], Awaitable[object]],
) -> None:
    """Run a subject until standard input ends.

    Args:
        start: Makes all connections; it may go on as long as they live. A connection
            that is lost is told to the program, and is no reason to raise.
    """
    asyncio.run(_subject(start))


def run_peer(
    start: Callable[[Options], Awaitable[Callable[[str], object]]],
) -> None:
    """Run a peer until standard input ends.

    Args:
        start: Listens, then returns what obeys commands like ``send 1000``.
    """
    asyncio.run(_peer(start))


def trusting() -> ssl.SSLContext:
    """A client that believes anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def server_context(certificate: str) -> ssl.SSLContext:
    """A server by the PEM file *certificate*."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def _subject(start: Callable[[Options, Program], Awaitable[object]]) -> None:
    told = options()
    loop: Any = asyncio.get_running_loop()
    ended = asyncio.Event()
    own: list[Any] = []

    def later(seconds: float, function: Callable[[], None]) -> None:
        own.append(loop.call_later(seconds, function))

    starting: list[asyncio.Future[object]] = []

    def calls() -> int:
        timed = [each for each in loop._scheduled if not each.cancelled()]
        mine = {asyncio.current_task(), main, *starting}
        tasks = asyncio.all_tasks() - mine
        return sum(each not in own for each in timed) + len(tasks)

    main = asyncio.current_task()
    program = Program(told.count, calls, later, ended.set)
    await _listen_to_bench(program.command, ended)
    program.report("ready")
    starting.append(asyncio.ensure_future(start(told, program)))
    await ended.wait()


async def _peer(start: Callable[[Options], Awaitable[Callable[[str], object]]]) -> None:
    ended = asyncio.Event()
    obey = await start(options())
    await _listen_to_bench(obey, ended)
    emit("listening")
    await ended.wait()


async def _listen_to_bench(obey: Callable[[str], object], ended: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: _Commands(obey, ended), sys.stdin)


class _Commands(asyncio.Protocol):
    """Standard input."""

    def __init__(self, obey: Callable[[str], object], ended: asyncio.Event) -> None:
        self._obey = obey
        self._ended = ended
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line == b"quit":
                self._ended.set()
            else:
                self._obey(line.decode())

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._ended.set()
