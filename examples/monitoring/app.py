"""A service of lines that tells Prometheus how its connections fare.

    python examples/monitoring/app.py tcp:8123 9107
    prometheus --config.file=examples/monitoring/prometheus.yml

It says every line back. The second port is for Prometheus, which asks it for
``/metrics``; `prometheus.yml` and `alerts.yml` are for Prometheus, `dashboard.json` for
Grafana.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory
from twisted.internet.task import react
from twisted.protocols.basic import LineReceiver

from heartbeat import HeartbeatMixin, Keepalive, Lines
from heartbeat.metrics.prometheus import HeartbeatCollector

if TYPE_CHECKING:
    from twisted.internet.interfaces import IAddress


class Guest(HeartbeatMixin, LineReceiver):
    """The service's end of one connection."""

    keepalive = Keepalive(interval=30, timeout=10)
    wire = Lines()

    def lineReceived(self, line: bytes) -> None:
        """Say it back."""
        self.sendLine(line)


class Guests(Factory):
    """Everybody who connects."""

    noisy = False

    def __init__(self, keepalive: Keepalive) -> None:
        self.keepalive = keepalive

    def buildProtocol(self, addr: IAddress | None) -> Guest:
        """A guest, by the numbers of this service."""
        guest = Guest()
        guest.keepalive = self.keepalive
        return guest


def show_metrics(reactor: Any, port: int) -> int:
    """Answer scrapes on this machine, in a thread; the port, which 0 leaves open.

    Not in the reactor: while that stands still, somebody has to say so.
    """
    registry = CollectorRegistry()
    registry.register(HeartbeatCollector(reactor))
    ProcessCollector(registry=registry)  # memory, descriptors, processor time
    PlatformCollector(registry=registry)
    server, _ = start_http_server(port, "127.0.0.1", registry)
    return server.server_port


async def main(reactor: Any, arguments: argparse.Namespace) -> None:
    """Serve until interrupted."""
    policy = Keepalive(interval=arguments.interval, timeout=arguments.timeout)
    guests = serverFromString(reactor, arguments.listen)
    port = await guests.listen(Guests(policy))
    print(f"listening on {port.getHost().port}", flush=True)
    print(f"metrics on {show_metrics(reactor, arguments.metrics)}", flush=True)
    await Deferred()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A service that is watched.")
    parser.add_argument("listen", nargs="?", default="tcp:8123")
    parser.add_argument("metrics", nargs="?", type=int, default=9107, help="port")
    parser.add_argument("--interval", type=float, default=30, help="seconds")
    parser.add_argument("--timeout", type=float, default=10, help="seconds")
    react(main, [parser.parse_args()])
