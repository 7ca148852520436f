"""A device that sends samples to the gateway.

    python examples/telemetry_device.py gateway.pem localhost 8443 --samples 10

It sends one sample every ``period`` seconds and ends when the gateway has stored as
many as it was told to send. The gateway promises a sign of life every 30 s, so a device
that hears nothing for 75 s knows that something is wrong, without asking either.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import SSL4ClientEndpoint, connectProtocol
from twisted.internet.protocol import connectionDone
from twisted.internet.ssl import Certificate, optionsForClientTLS
from twisted.internet.task import react
from twisted.protocols.basic import Int32StringReceiver

from heartbeat import HeartbeatMixin, IntN, Keepalive

if TYPE_CHECKING:
    from twisted.python.failure import Failure


class Sensor(HeartbeatMixin, Int32StringReceiver):
    """The device's end of the connection."""

    keepalive = Keepalive(interval=None, silence=75)
    wire = IntN()

    def __init__(self, samples: int, period: float) -> None:
        self.samples = samples
        self.sent = 0
        self.period = period
        self.over: Deferred[str] = Deferred()

    def connectionMade(self) -> None:
        """Send now and every period; the loop ends with the connection."""
        self.clock.every(self.period, self.send_sample, now=True)

    def send_sample(self) -> None:
        """A temperature, made up, unless all are sent that were asked for."""
        if self.sent < self.samples:
            self.sent += 1
            sample = {"name": "temperature", "value": round(random.gauss(20, 1), 1)}
            self.sendString(json.dumps(sample).encode())

    def stringReceived(self, string: bytes) -> None:
        """How many samples the gateway has, or a goodbye."""
        if json.loads(string).get("stored", 0) >= self.samples:
            self.heartbeat.close()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell ``main``, in the words of the verdict if there is one."""
        self.over.callback(reason.getErrorMessage())


async def main(reactor: Any, arguments: argparse.Namespace) -> None:
    """Send some samples over one connection."""
    trusted = Certificate.loadPEM(arguments.certificate.read_bytes())
    options = optionsForClientTLS(arguments.host, trustRoot=trusted)
    endpoint = SSL4ClientEndpoint(reactor, arguments.host, arguments.port, options)
    sensor = Sensor(arguments.samples, arguments.period)
    await connectProtocol(endpoint, sensor)
    print(f"over: {await sensor.over}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A device that sends telemetry.")
    parser.add_argument("certificate", type=Path)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--period", type=float, default=5, help="seconds")
    react(main, [parser.parse_args()])
