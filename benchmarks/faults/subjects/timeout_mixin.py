"""Twisted's `TimeoutMixin`: reset by each line, and a loop that asks for one.

The mixin only judges silence. So that an idle peer has something to say, it is asked
every interval, by a `LoopingCall`; the limit is the interval and the timeout together.

Source:
    Twisted's API reference, ``twisted.protocols.policies.TimeoutMixin``: ``setTimeout``
    when the connection is made, ``resetTimeout`` when there is activity; what happens
    then is its own ``timeoutConnection``, which calls ``loseConnection``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import connectionDone
from twisted.internet.task import LoopingCall
from twisted.protocols.policies import TimeoutMixin

from benchmarks.faults.subjects.by_hand import Line, connect_all
from benchmarks.faults.subjects.on_twisted import run_subject

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from benchmarks.faults.subjects.contract import Options, Program


class Timed(TimeoutMixin, Line):
    """A connection that must not be silent for too long."""

    def connectionMade(self) -> None:
        """Begin to ask, and to wait."""
        self.asking = LoopingCall(self.sendLine, b"PING 1")
        self.asking.start(self.told.interval, now=False)
        self.setTimeout(self.told.interval + self.told.timeout)
        super().connectionMade()

    def lineReceived(self, line: bytes) -> None:
        """Any line will do."""
        self.resetTimeout()
        super().lineReceived(line)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End both, as the reference says."""
        self.setTimeout(None)
        self.asking.stop()
        super().connectionLost(reason)


def start(reactor: Any, told: Options, program: Program) -> None:
    """Connect."""
    connect_all(reactor, told, program, partial(Timed, reactor, told, program))


if __name__ == "__main__":
    run_subject(start)
