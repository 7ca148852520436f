"""What describing one endpoint needs to know beside the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from heartbeat.graph import static
from heartbeat.graph.endpoints.factories import unwrapped
from heartbeat.graph.endpoints.ids import id_of

if TYPE_CHECKING:
    from heartbeat.graph.endpoints.watching import Watching

__all__ = ["Context", "Fields"]

Fields: TypeAlias = dict[str, Any]
"""Attributes of an `heartbeat.graph.model.Endpoint`, by name."""


class Context:
    """For one snapshot.

    Args:
        watching: What the reactor watches.

    Attributes:
        watching: As given.
    """

    def __init__(self, watching: Watching) -> None:
        self.watching = watching
        # Ports and connectors by id, kept for as long as the id is used.
        self._factories: dict[int, tuple[object, str | None]] = {}
        self._ports: dict[int, tuple[object, str]] = {}

    def factory_of(self, factory: object) -> str | None:
        """The class of a factory, wrapping ones seen through."""
        known = self._factories.get(id(factory))
        if known is None:
            name = None if factory is None else static.type_name(unwrapped(factory))
            known = self._factories[id(factory)] = factory, name
        return known[1]

    def port_id(self, port: object) -> str | None:
        """What a listening port is called."""
        if port is None:
            return None
        known = self._ports.get(id(port))
        if known is None:
            known = self._ports[id(port)] = port, id_of(port, "l")
        return known[1]
