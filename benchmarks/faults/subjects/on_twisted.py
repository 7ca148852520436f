"""Run a subject or a peer that is written for Twisted."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from twisted.internet import stdio
from twisted.internet.protocol import connectionDone
from twisted.internet.ssl import CertificateOptions, PrivateCertificate
from twisted.protocols.basic import LineOnlyReceiver

from benchmarks.faults.subjects.contract import Options, Program, emit, options

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IProtocolFactory
    from twisted.python.failure import Failure

__all__ = ["connect_each", "listen", "run_peer", "run_subject"]

BATCH = 250
"""Connections of a crowd that are begun at once."""


def run_subject(start: Callable[[Any, Options, Program], object]) -> None:
    """Run a subject to its end.

    Args:
        start: Makes all connections, by `connect` or otherwise.
    """
    from twisted.internet import reactor as found  # noqa: PLC0415, TID251

    reactor: Any = found
    told = options()

    def later(seconds: float, function: Callable[[], None]) -> None:
        # The reactor's own calls stand still when the wall clock is set back.
        timer = threading.Timer(seconds, reactor.callFromThread, [function])
        timer.daemon = True
        timer.start()

    def calls() -> int:
        return len(reactor.getDelayedCalls())

    program = Program(told.count, calls, later, lambda: _stop(reactor))
    stdio.StandardIO(_Commands(program.command, lambda: _stop(reactor)))

    def begin() -> None:
        program.report("ready")
        start(reactor, told, program)

    reactor.callWhenRunning(begin)
    reactor.run()


def run_peer(
    make: Callable[
        [Any, Options], tuple[IProtocolFactory | None, Callable[[str], object]]
    ],
) -> None:
    """Run a peer to its end.

    Args:
        make: Its factory, None if it listens by itself, and what obeys commands from
            the bench, like ``send 1000``.
    """
    from twisted.internet import reactor as found  # noqa: PLC0415, TID251

    reactor: Any = found
    told = options()
    factory, obey = make(reactor, told)
    stdio.StandardIO(_Commands(obey, lambda: _stop(reactor)))

    def begin() -> None:
        if factory is not None:
            listen(reactor, told, factory)
        emit("listening")

    reactor.callWhenRunning(begin)
    reactor.run()


def connect_each(reactor: Any, told: Options, factory: Any) -> None:
    """Make all connections, each at its time; of a crowd some at a time."""

    def some(left: int) -> None:
        for _ in range(min(BATCH, left)):
            connect(reactor, told, factory)
        if left > BATCH:
            reactor.callLater(0.05, some, left - BATCH)

    if told.begin:
        for seconds in told.begin:
            reactor.callLater(seconds, connect, reactor, told, factory)
    else:
        some(told.count)


def connect(reactor: Any, told: Options, factory: Any) -> None:
    """Make one connection."""
    if told.transport == "unix":
        reactor.connectUNIX(told.address, factory)
    elif told.transport == "tls":
        trusting = CertificateOptions(verify=False)
        reactor.connectSSL(told.host, told.port, factory, trusting)
    else:
        reactor.connectTCP(told.host, told.port, factory)


def listen(reactor: Any, told: Options, factory: Any) -> None:
    """Listen; with TLS by the certificate we were told."""
    if told.transport == "unix":
        reactor.listenUNIX(told.address, factory)
    elif told.transport == "tls":
        with open(str(told.certificate), "rb") as pem:  # noqa: PTH123 - one line
            pair = PrivateCertificate.loadPEM(pem.read())
        reactor.listenSSL(
            told.port, factory, pair.options(), backlog=4096, interface=told.host
        )
    else:
        reactor.listenTCP(told.port, factory, backlog=4096, interface=told.host)


class _Commands(LineOnlyReceiver):
    """Standard input."""

    delimiter = b"\n"

    def __init__(
        self, obey: Callable[[str], object], end: Callable[[], object]
    ) -> None:
        self._obey = obey
        self._end = end

    def lineReceived(self, line: bytes) -> None:
        """Obey, but for the last command, which is everybody's."""
        if line == b"quit":
            self._end()
        else:
            self._obey(line.decode())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The bench is gone."""
        del reason
        self._end()


def _stop(reactor: Any) -> None:
    if reactor.running:
        reactor.stop()
