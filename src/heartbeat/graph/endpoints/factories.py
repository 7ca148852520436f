"""Factories: which class they are once unwrapped, and what they build."""

from __future__ import annotations

from heartbeat.graph import static
from heartbeat.graph.endpoints import _names
from heartbeat.graph.reading import is_named, read

__all__ = ["builds", "is_tls", "unwrapped"]

MOST = 16
"""Factories around a factory that are seen through."""


def unwrapped(factory: object) -> object | None:
    """The factory inside any number of wrapping ones: the user's."""
    return _chain(factory)[-1]


def is_tls(factory: object) -> bool:
    """Whether one of the wrapping factories adds TLS."""
    return any(is_named(type(f), _names.TLS_FACTORY) for f in _chain(factory))


def builds(factory: object) -> str:
    """The class of the protocols that a factory builds; ``""`` if it does not say."""
    protocol = read(factory, "protocol")
    if static.is_a(protocol, type):
        return static.class_name(protocol)
    # Twisted's own has a function there, which makes a channel in a wrapper.
    if is_named(type(factory), _names.HTTP_FACTORY):
        return _names.HTTP_CHANNEL
    return ""


def _chain(factory: object) -> list[object]:
    found = [factory]
    for _ in range(MOST):
        inner = _inside(found[-1])
        if inner is None:
            break
        found.append(inner)
    return found


def _inside(factory: object) -> object | None:
    cls = type(factory)
    for name, attribute in _names.WRAPPED_FACTORIES.items():
        if is_named(cls, name):
            found: object | None = read(factory, attribute)
            return found
    return None
