"""A service for ``twist`` and ``twistd``: tells subscribers the time.

    cd examples/twist
    PYTHONPATH=. twist heartbeat-time --listen tcp:8013
    PYTHONPATH=. twistd --nodaemon heartbeat-time --listen tcp:8013

What a plugin needs is a function from options to a service, `makeService`, and a line
that announces it, in ``twisted/plugins/time_plugin.py``.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
from twisted.application.internet import StreamServerEndpointService
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python import usage

from heartbeat import HeartbeatMixin, Keepalive, Lines

if TYPE_CHECKING:
    from twisted.application.service import IService
    from twisted.internet.interfaces import IAddress


class Subscriber(HeartbeatMixin, LineOnlyReceiver):
    """Hears the time until it hangs up, or is given up."""

    wire = Lines()

    def __init__(self, period: float) -> None:
        self.period = period

    def connectionMade(self) -> None:
        """Now, and again every period; nobody has to stop this."""
        self.clock.every(self.period, self.tell_time, now=True)

    def tell_time(self) -> None:
        """One line."""
        now = dt.datetime.now(dt.timezone.utc)
        self.sendLine(now.isoformat(timespec="seconds").encode())

    def lineReceived(self, line: bytes) -> None:
        """There is nothing to say to a clock; the wire takes PING and PONG."""


@attrs.define(eq=False)
class TimeFactory(Factory):
    """Subscribers of one service."""

    period: float
    keepalive: Keepalive

    def buildProtocol(self, addr: IAddress | None) -> Subscriber:
        """A subscriber, by the numbers of the command line."""
        subscriber = Subscriber(self.period)
        subscriber.keepalive = self.keepalive
        return subscriber


class Options(usage.Options):
    """What the command line may say."""

    optParameters: ClassVar[list[list[Any]]] = [
        ["listen", "l", "tcp:8013:interface=127.0.0.1", "Where to listen."],
        ["period", "p", 60.0, "Seconds between two lines.", float],
        ["interval", "i", 30.0, "Ask after this many seconds of silence.", float],
        ["timeout", "t", 20.0, "Seconds to wait for an answer.", float],
    ]

    def postOptions(self) -> None:
        """Refuse numbers that cannot be meant, in the words of the policy."""
        try:
            self["keepalive"] = Keepalive(
                interval=self["interval"], timeout=self["timeout"]
            )
        except ValueError as error:
            raise usage.UsageError(str(error)) from None


def makeService(options: Options) -> IService:
    """For ``twist`` and ``twistd``."""
    # Not at the top: `twist --reactor` has to choose one before it is imported.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    return StreamServerEndpointService(
        serverFromString(reactor, options["listen"]),
        TimeFactory(options["period"], options["keepalive"]),
    )
