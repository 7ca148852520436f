"""``--reactor=heartbeat`` for ``twistd``, ``twist`` and ``trial``.

A plugin of Twisted: it is found by its place, so there must be no ``__init__.py`` here.
"""
# ruff: noqa: INP001 - see above

from twisted.application.reactors import Reactor

__all__ = ["heartbeat"]

heartbeat = Reactor(
    "heartbeat",
    "heartbeat.graph.attach.plugin",
    "The default reactor, open to SIGUSR2 and the heartbeat command.",
)
