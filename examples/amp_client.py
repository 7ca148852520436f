"""A client of the AMP service whose calls do not wait for ever.

    python examples/amp_client.py tcp:localhost:8230

``callRemote`` has no timeout: on a connection that lives, a call that is never answered
stays pending for ever. ``self.clock.timeout`` gives each call one, and ties it to the
connection as well.
"""

from __future__ import annotations

import argparse
from typing import Any

from amp_service import Average, Peer
from twisted.internet.defer import TimeoutError as CallTimeoutError
from twisted.internet.endpoints import clientFromString, connectProtocol
from twisted.internet.task import react


class Client(Peer):
    """Asks for averages."""

    async def average(self, *numbers: float, seconds: float, patience: float) -> float:
        """Their mean, or a timeout after *patience* seconds."""
        call = self.callRemote(Average, numbers=numbers, seconds=seconds)
        response = await self.clock.timeout(call, patience)
        return float(response["mean"])


async def main(reactor: Any, arguments: argparse.Namespace) -> None:
    """One call that is answered in time, one that is not, one that fails."""
    endpoint = clientFromString(reactor, arguments.server)
    client = await connectProtocol(endpoint, Client())
    mean = await client.average(1.0, 2.0, 6.0, seconds=0.0, patience=5)
    print(f"the mean is {mean}")
    try:
        await client.average(1.0, 2.0, seconds=60.0, patience=0.2)
    except CallTimeoutError:
        print("no answer in time")
    try:
        await client.average(seconds=0.0, patience=5)
    except ZeroDivisionError:
        print("nothing has no mean")
    print(f"a ping took {await client.heartbeat.ping():.4f} s")
    client.heartbeat.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A client of the AMP service.")
    parser.add_argument("server", nargs="?", default="tcp:localhost:8230")
    react(main, [parser.parse_args()])
