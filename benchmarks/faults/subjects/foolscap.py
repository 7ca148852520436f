"""Foolscap's Tubs, with ``keepaliveTimeout`` and ``disconnectTimeout``.

Foolscap always negotiates TLS of its own, on whatever it is given: plain TCP and TLS are
the same to it. Its listeners fail on UNIX sockets (``addr.host``), and two clients with
one identity would share a connection: there is one connection, over TCP.

Source:
    ``foolscap.pb.Tub``: ping when the connection has been idle for so long, disconnect
    after so much idle time; both in whole seconds, by ``setOption``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from benchmarks.faults.subjects.by_hand import Commands
from benchmarks.faults.subjects.contract import Options, Program, emit
from benchmarks.faults.subjects.foolscap_identity import NAME, certificate
from benchmarks.faults.subjects.on_twisted import run_subject

if TYPE_CHECKING:
    from twisted.python.failure import Failure

_api: Any = importlib.import_module("foolscap.api")
_crypto: Any = importlib.import_module("foolscap.crypto")


class Taker(_api.Referenceable):  # type: ignore[misc]
    """What the peer sends messages to.

    Attributes:
        program: It is told of them.
    """

    def __init__(self, program: Program) -> None:
        self.program = program

    def remote_take(self, message: bytes) -> None:
        """Take a message."""
        self.program.received += len(message)


class Reference(Commands):
    """One connection, and its actor."""

    def __init__(self, remote: Any, program: Program) -> None:
        self._remote = remote
        self.transport = remote.tracker.broker.transport
        remote.notifyOnDisconnect(program.lost, self, None, "disconnected")

    def send(self, size: int) -> None:
        """One big message."""
        self._remote.callRemoteOnly("take", b"x" * size)

    def sendLine(self, data: bytes) -> None:  # noqa: N802 - what a flow calls
        """One message."""
        self._remote.callRemoteOnly("take", data)


def start(reactor: Any, told: Options, program: Program) -> None:
    """Connect."""
    del reactor
    if told.transport == "unix" or told.count > 1:
        emit("unable", command=told.transport if told.count == 1 else "count")
        return
    tub = _api.Tub()
    tub.setOption("keepaliveTimeout", round(told.interval))
    tub.setOption("disconnectTimeout", round(told.interval + told.timeout))
    tub.startService()
    found = tub.getReference(_where(told))
    found.addCallbacks(_greet, _not_connected, [program], None, [program])


def _where(told: Options) -> str:
    cert = _crypto.loadCertificate(certificate())
    tub_id = _crypto.digest32(cert.digest("sha1"))
    return f"pb://{tub_id}@tcp:{told.address}/{NAME}"


def _greet(remote: Any, program: Program) -> None:
    actor = Reference(remote, program)
    remote.callRemoteOnly("meet", Taker(program))
    program.connected(actor)


def _not_connected(failure: Failure, program: Program) -> None:
    program.lost(None, None, f"not connected: {failure.value}")


if __name__ == "__main__":
    run_subject(start)
