"""``heartbeat:tcp:8080:silence=60`` wherever Twisted takes an endpoint string.

A plugin of Twisted: it is found by its place, so there must be no ``__init__.py`` here.
It is loaded by every program that names any plugin in such a string, so it loads the
rest only when it is meant.
"""
# ruff: noqa: INP001 - see above

from typing import Any

from twisted.internet.interfaces import (
    IStreamClientEndpointStringParserWithReactor,
    IStreamServerEndpointStringParser,
)
from twisted.plugin import IPlugin
from zope.interface import implementer

__all__ = ["endpoints"]


@implementer(
    IPlugin,
    IStreamServerEndpointStringParser,
    IStreamClientEndpointStringParserWithReactor,
)
class _Parser:
    """Makes endpoints of strings that begin with ``heartbeat:``."""

    prefix = "heartbeat"

    def parseStreamServer(self, reactor: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N802 - Twisted's word
        """For ``serverFromString``."""
        from heartbeat.wrapping.strings import server_of  # noqa: PLC0415

        return server_of(reactor, args, kwargs)

    def parseStreamClient(self, reactor: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N802 - Twisted's word
        """For ``clientFromString``."""
        from heartbeat.wrapping.strings import client_of  # noqa: PLC0415

        return client_of(reactor, args, kwargs)


endpoints = _Parser()
