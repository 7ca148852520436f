"""Twisted's own Echo, whose class nobody touches, with a limit on silence.

    python examples/watched_echo.py tcp:8007 --silence 60

A client that says nothing for a minute is given up, whether it sleeps or is long gone.
Nothing is in the way of the bytes: ``Echo`` gets the transport that Twisted made.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory
from twisted.internet.task import react
from twisted.protocols.wire import Echo

from heartbeat import Keepalive
from heartbeat.wrapping import watch_server

if TYPE_CHECKING:
    from heartbeat import Verdict


def tell(_: Echo, verdict: Verdict) -> None:
    """Somebody is given up."""
    print(f"given up: {verdict}", flush=True)


async def main(reactor: Any, arguments: argparse.Namespace) -> None:
    """Listen until interrupted."""
    policy = Keepalive(interval=None, silence=arguments.silence)
    endpoint = serverFromString(reactor, arguments.endpoint)
    watched = watch_server(endpoint, policy, on_lost=tell)
    port: Any = await watched.listen(Factory.forProtocol(Echo))
    print("listening on", port.getHost().port, flush=True)
    await Deferred()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="An echo server.")
    parser.add_argument("endpoint", nargs="?", default="tcp:8007")
    parser.add_argument("--silence", type=float, default=60, help="seconds")
    react(main, [parser.parse_args()])
