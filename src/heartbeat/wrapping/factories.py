"""A factory whose protocols are watched, each from its connection to its loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from twisted.internet.interfaces import IProtocolFactory
from twisted.protocols.policies import ProtocolWrapper
from zope.interface import alsoProvides, implementer, providedBy

from heartbeat.protocol import HeartbeatMixin
from heartbeat.wrapping.proxies import Proxy, behind, passes_on
from heartbeat.wrapping.terms import Terms
from heartbeat.wrapping.watched import Opening, Watched

if TYPE_CHECKING:
    from twisted.internet.interfaces import IAddress, IReactorTime

    from heartbeat.host import Wire
    from heartbeat.policy import Keepalive
    from heartbeat.wrapping.terms import Hook

__all__ = ["WatchedFactory", "watch_factory"]


def watch_factory(
    factory: Any,
    policy: Keepalive,
    *,
    wire: Wire | None = None,
    reactor: IReactorTime | None = None,
    on_suspected: Hook | None = None,
    on_lost: Hook | None = None,
) -> WatchedFactory:
    """A factory that builds what *factory* builds, and watches every connection.

    Args:
        factory: Any protocol factory, for clients or servers.
        policy: The numbers; without a wire ``interval=None``.
        wire: How the protocol asks and shows life, if it is to.
        reactor: Where timers run; None is the global reactor.
        on_suspected: Called with the protocol and the verdict that threatens.
        on_lost: Called with the protocol and the verdict, before the close.

    Raises:
        TypeError: *policy* makes the protocol speak, and there is no wire; or the
            protocols have `HeartbeatMixin`, or are watched already.
    """
    terms = Terms(
        policy=policy,
        wire=wire,
        reactor=reactor,
        on_suspected=on_suspected,
        on_lost=on_lost,
    )
    return WatchedFactory(factory, terms)


@implementer(IProtocolFactory)
class WatchedFactory:
    """Builds what another factory builds; all else is that factory's.

    Args:
        factory: The other one.
        terms: What is promised about its connections.

    Raises:
        TypeError: Its protocols cannot be watched, as far as it says.
    """

    def __init__(self, factory: Any, terms: Terms) -> None:
        self._factory = factory
        self._terms = terms
        alsoProvides(self, *providedBy(factory))
        if isinstance(factory, WatchedFactory):
            _refuse(f"the protocols of {factory!r} are")
        _check_factory(factory, terms)

    def __getattr__(self, name: str) -> Any:
        if name == "_factory":
            # Asked for before there is one, by those who copy objects.
            raise AttributeError(name)
        return getattr(self._factory, name)

    def __repr__(self) -> str:
        return f"<WatchedFactory of {self._factory!r}>"

    def doStart(self) -> None:  # noqa: N802 - Twisted's word
        """Tell the factory."""
        self._factory.doStart()

    def doStop(self) -> None:  # noqa: N802 - Twisted's word
        """Tell the factory."""
        self._factory.doStop()

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """What the factory builds, to be watched once it is connected.

        Returns:
            The very same object; None if the factory refuses the connection. If
            no attributes can be set on it, a thin `Proxy` that provides the same.

        Raises:
            TypeError: It cannot be watched.
        """
        protocol = self._factory.buildProtocol(addr)
        if protocol is None:
            return None
        own = behind(protocol)
        _check_class(type(own), self._terms)
        if self._terms.wire is not None and not hasattr(own, "__dict__"):
            raise TypeError(
                f"the attributes of a {type(own).__name__} cannot be set, which a wire "
                "needs: only listen (interval=None, no wire=)"
            )
        return _prepared(protocol, own, self._terms)


def _prepared(protocol: Any, own: Any, terms: Terms) -> Any:
    """*protocol*, with an `Opening` before the user's *own* or what stands for it.

    Before the user's own if possible: what Twisted puts before it, TLS above all, may
    have reasons for a loss that hide ours.
    """
    if _stands_before(own, terms) or _stands_before(protocol, terms):
        return protocol
    proxy = Proxy(protocol)
    Opening(proxy, terms)
    return proxy


def _stands_before(target: Any, terms: Terms) -> bool:
    """Whether there is an `Opening` before *target* now."""
    found = target.makeConnection
    if isinstance(found, Opening) and found.terms is terms:
        # Built once more, without having been connected.
        return True
    if isinstance(found, Opening) or isinstance(target.connectionLost, Watched):
        _refuse(f"{target!r} is")
    if any(passes_on(target, name) for name in ("makeConnection", "connectionLost")):
        return False
    try:
        Opening(target, terms)
    except AttributeError:
        return False
    return True


def _check_factory(factory: Any, terms: Terms) -> None:
    if not callable(getattr(factory, "buildProtocol", None)):
        raise TypeError(
            f"{factory!r} has no buildProtocol(): make a factory first, as by "
            "Factory.forProtocol()"
        )
    named = getattr(factory, "protocol", None)
    # What a wrapper of Twisted's wraps is known when it is built.
    if isinstance(named, type) and not issubclass(named, ProtocolWrapper):
        _check_class(named, terms)


def _check_class(protocol_class: type, terms: Terms) -> None:
    if issubclass(protocol_class, HeartbeatMixin):
        raise TypeError(
            f"{protocol_class.__name__} has HeartbeatMixin, which watches by itself: "
            "set keepalive= on the class, and leave its factory or endpoint as it is"
        )
    if terms.wire is not None:
        terms.wire.check(protocol_class)


def _refuse(what: str) -> NoReturn:
    raise TypeError(
        f"{what} watched already: a connection has one watch, at its factory or at "
        "its endpoint, and a protocol one connection at a time"
    )
