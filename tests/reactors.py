"""The real reactors of this platform, built fresh for a test and closed after it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING

from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.selectreactor import SelectReactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twisted.internet.base import ReactorBase

__all__ = ["REACTORS", "fresh", "run"]


def _asyncio_reactor() -> ReactorBase:
    return AsyncioSelectorReactor(asyncio.new_event_loop())


REACTORS: dict[str, Callable[[], ReactorBase]] = {
    "select": SelectReactor,
    "asyncio": _asyncio_reactor,
}
if sys.platform == "linux":
    from twisted.internet.epollreactor import EPollReactor
    from twisted.internet.pollreactor import PollReactor

    REACTORS["epoll"] = EPollReactor
    REACTORS["poll"] = PollReactor


@contextlib.contextmanager
def fresh(name: str) -> Iterator[ReactorBase]:
    """A reactor of the named kind; every descriptor it opened is closed at the end."""
    reactor = REACTORS[name]()
    try:
        yield reactor
    finally:
        _close(reactor)


def run(reactor: ReactorBase, seconds: float = 30.0) -> None:
    """Run *reactor* until something stops it; fail after *seconds* (wall clock)."""
    overran: list[bool] = []

    def give_up() -> None:
        overran.append(True)
        reactor.stop()

    guard = reactor.callLater(seconds, give_up)
    reactor.run(installSignalHandlers=False)
    if overran:
        raise AssertionError(f"the reactor was still running after {seconds} s")
    guard.cancel()


def _close(reactor: ReactorBase) -> None:
    """Close the waker and the poller: what Twisted keeps until the process ends."""
    waker = reactor.waker
    if waker is not None:
        reactor.removeReader(waker)
        reactor._internalReaders.discard(waker)
        waker.connectionLost(None)
        reactor.waker = None
    loop = getattr(reactor, "_asyncioEventloop", None)
    if loop is not None:
        loop.close()
    poller = getattr(reactor, "_poller", None)
    if poller is not None and hasattr(poller, "close"):
        poller.close()
