"""A stand-in for protocols whose instances cannot be shadowed.

Pure ``__slots__``, frozen classes, and Twisted's web channel, which passes what is set
on it to whatever it stands for at the time. Twisted then connects a `Proxy`; the protocol
is told everything, and gets the transport as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import ILoggingContext
from twisted.protocols.policies import ProtocolWrapper
from zope.interface import alsoProvides, providedBy

from heartbeat import _twisted

if TYPE_CHECKING:
    from twisted.internet.interfaces import ITransport
    from twisted.python.failure import Failure

__all__ = ["Proxy", "behind", "passes_on", "unveiled"]


class Proxy:
    """Passes everything on to *protocol*, and provides what it provides.

    Args:
        protocol: Any protocol.
    """

    def __init__(self, protocol: Any) -> None:
        self._heartbeat_protocol = protocol
        alsoProvides(self, *providedBy(protocol), ILoggingContext)

    def __getattr__(self, name: str) -> Any:
        if name == "_heartbeat_protocol":
            # Asked for before there is one, by those who copy objects.
            raise AttributeError(name)
        return getattr(self._heartbeat_protocol, name)

    def __repr__(self) -> str:
        return f"<Proxy of {self._heartbeat_protocol!r}>"

    def makeConnection(self, transport: ITransport) -> None:
        """Connect the protocol."""
        self._heartbeat_protocol.makeConnection(transport)

    def connectionLost(self, reason: Failure) -> Any:
        """Tell the protocol."""
        return self._heartbeat_protocol.connectionLost(reason)

    def logPrefix(self) -> str:
        """What the protocol is called in Twisted's log."""
        protocol = self._heartbeat_protocol
        if ILoggingContext.providedBy(protocol):
            prefix: str = protocol.logPrefix()
            return prefix
        return type(protocol).__name__


def passes_on(target: object, name: str) -> bool:
    """Whether setting an attribute on *target* sets it elsewhere.

    Source:
        ``twisted.python.components.proxyForInterface``, of which the channel of
        ``twisted.web.http.HTTPFactory`` is one: it changes to HTTP/2 by replacing what
        it stands for, and with that all that was set there.
    """
    for base in type(target).__mro__:
        if name in vars(base):
            return hasattr(type(vars(base)[name]), "__set__")
    return False


def unveiled(protocol: Any) -> Any:
    """What a `Proxy` stands for; *protocol* itself if it is none."""
    return protocol._heartbeat_protocol if isinstance(protocol, Proxy) else protocol  # noqa: SLF001 - ours


def behind(target: Any) -> Any:
    """The user's own protocol, whatever of Twisted's or ours stands before it."""
    for _ in range(_twisted.MAX_LAYERS):
        inner = _next(target)
        if inner is None:
            break
        target = inner
    return target


def _next(protocol: Any) -> Any:
    """Whom *protocol* passes everything on to; None if it is the last.

    Source:
        ``ProtocolWrapper.wrappedProtocol``, TLS included. What `ClientService` makes for
        each connection is of a class without ``connectionMade``: that comes from the
        protocol behind it, and so the method says whose it is.
    """
    if isinstance(protocol, Proxy):
        return unveiled(protocol)
    if isinstance(protocol, ProtocolWrapper):
        return protocol.wrappedProtocol
    if any("connectionMade" in vars(base) for base in type(protocol).__mro__):
        return None
    inner = getattr(getattr(protocol, "connectionMade", None), "__self__", None)
    return inner if hasattr(inner, "makeConnection") else None
