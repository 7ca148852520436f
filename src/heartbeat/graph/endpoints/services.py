"""``ClientService`` objects: what keeps a connection up, and how it is doing.

Twisted 24.7 made it anew: until then it was a class with methods for its states, since
then it is a generated one around a core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartbeat.graph import static
from heartbeat.graph.endpoints import _machines, _names
from heartbeat.graph.endpoints.factories import unwrapped
from heartbeat.graph.endpoints.ids import id_of
from heartbeat.graph.model import Service
from heartbeat.graph.reading import is_named, number

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["core_of", "describe", "machine_of"]

_WORDS = {
    "init": "not started",
    "connecting": "connecting",
    "waiting": "waiting to retry",
    "connected": "connected",
    "disconnecting": "disconnecting",
    "restarting": "restarting",
    "stopped": "stopped",
}


def machine_of(thing: object) -> object | None:
    """What runs the service that *thing* is, or is a part of; None if it is of none.

    Args:
        thing: A ``ClientService``, what runs it, or what it puts around the protocol.
    """
    cls = type(thing)
    if is_named(cls, *_names.CLIENT_SERVICES):
        thing = _machines.machine(thing)
    elif is_named(cls, *_names.PROXY):
        thing = _machines.notified(thing)
    return thing if _machines.is_machine(thing) else None


def core_of(machine: object) -> object:
    """What the service of *machine* is about, which calls of it may lead to."""
    core = _machines.core_of(machine)
    return machine if core is None else core


def describe(machine: object, endpoint_id: Callable[[object], str | None]) -> Service:
    """The service that *machine* runs.

    Args:
        machine: From `machine_of`.
        endpoint_id: Tells what the connection of a protocol is called.
    """
    parts = _machines.machine_parts(machine)
    call, protocol = parts.retry, parts.protocol
    return Service(
        id=id_of(machine, "v"),
        state=_WORDS.get(parts.state, parts.state),
        endpoint=_type_name(parts.endpoint),
        factory=_type_name(unwrapped(parts.factory)),
        failed_attempts=number(parts.failed_attempts),
        timer=None if call is None else id_of(call, "t"),
        connection=None if protocol is None else endpoint_id(protocol),
    )


def _type_name(thing: object) -> str:
    return "" if thing is None else static.type_name(thing)
