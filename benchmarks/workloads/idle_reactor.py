"""Serve in the platform's reactor, with a stopwatch on the timer of our keepalives."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from twisted.internet import reactor as _reactor  # noqa: TID251 - for programs

from benchmarks.workloads.idle_gauge import (
    BACKLOG,
    HOST,
    allow_many_files,
    answer_for,
)

if TYPE_CHECKING:
    from twisted.internet.interfaces import IProtocolFactory

__all__ = ["SharedTimer", "reactor", "run"]

reactor: Any = _reactor


def run(factory: IProtocolFactory, timer: SharedTimer | None = None) -> None:
    """Listen in the platform's reactor until killed.

    Args:
        factory: Of the protocols.
        timer: Where there are keepalives of ours.
    """
    allow_many_files()
    port = reactor.listenTCP(0, factory, backlog=BACKLOG, interface=HOST)
    if timer is None:
        answer_for(port.getHost().port)
    else:
        timer.find()
        answer_for(port.getHost().port, checks=lambda: timer.seconds)
    reactor.run(installSignalHandlers=False)


class SharedTimer:
    """A stopwatch on the timer that all keepalives of ours in a reactor share.

    Attributes:
        seconds: CPU between its wakes and their ends so far; 0 while there is none.
    """

    EVERY = 0.05
    """Seconds between two looks whether there is one: it comes with a connection."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def find(self) -> None:
        """Look among the reactor's descriptors until it is there."""
        for reader in reactor.getReaders():
            if reader.logPrefix() == "heartbeat":
                self._measure(type(reader))
                return
        reactor.callLater(self.EVERY, self.find)

    def _measure(self, driver: Any) -> None:
        wake = driver.doRead

        def measured(reader: Any) -> Any:
            started = time.thread_time()
            try:
                return wake(reader)
            finally:
                self.seconds += time.thread_time() - started

        driver.doRead = measured
