"""Refuses a protocol class that cannot work, where the class is written.

Every message names the class, the value, the rule, and what to write instead.
"""

from __future__ import annotations

import inspect
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import BaseProtocol
from twisted.python.reflect import safe_repr

from heartbeat.host import check_voice
from heartbeat.policy import Keepalive

__all__ = ["check_class", "check_instance", "check_reactor", "taken"]

CONFIGURATION = ("keepalive", "wire", "reactor")
"""Names the mixin puts into a class for it to set."""

OWN = ("clock", "heartbeat")
"""Names that nobody may define anew."""

HOOKS = {
    "send_ping": ("payload",),
    "send_beat": (),
    "peer_suspected": ("verdict",),
    "peer_lost": ("verdict",),
}
"""Methods that a class may define, and what they are called with."""

VOICE = ("check", "attach", "send_ping", "send_beat")
"""What a wire can do: the methods of `heartbeat.host.Wire`."""


def check_class(cls: type, mixin: type) -> None:
    """Raise `TypeError` if *cls*, a subclass of *mixin*, cannot work.

    It lists the mixin after a protocol or keeps the connection from it, uses one of
    its names for something else, or has a policy, a wire or a hook that do not fit.
    Whether it can speak is left for later while it is no protocol yet, but a mixin
    itself.
    """
    _check_order(cls, mixin)
    _check_upcall(cls, mixin)
    _check_names(cls, mixin)
    _check_hooks(cls)
    _check_values(cls, cls)
    if _is_protocol(cls, mixin):
        _check_fit(cls)


def check_instance(protocol: Any) -> None:
    """Raise `TypeError` if what was set on *protocol* itself cannot work."""
    cls = type(protocol)
    # Not by vars(protocol): it makes a dictionary that the instance can do without.
    if any(getattr(protocol, name) is not getattr(cls, name) for name in CONFIGURATION):
        _check_values(cls, protocol)


def check_reactor(cls: type, reactor: object) -> None:
    """Raise `TypeError` unless timers can run on *reactor*."""
    if not IReactorTime.providedBy(reactor):
        raise TypeError(
            f"{cls.__name__}.reactor is {safe_repr(reactor)}; it takes an "
            "IReactorTime, like a reactor or a task.Clock, or None for the global one"
        )


def taken(cls: type, name: str, value: object) -> str:
    """What to say where an instance of *cls* sets *name*, which is ours, to *value*."""
    instead = (
        f"set reactor instead, self.{name} will run on it"
        if name == "clock" and IReactorTime.providedBy(value)
        else _WAY_OUT
    )
    return (
        f"{cls.__name__} sets self.{name} to {safe_repr(value)}, but HeartbeatMixin "
        f"keeps its own {name} there: {instead}"
    )


_WAY_OUT = (
    "rename it, or go without the mixin: self.timers = ScopedClock(reactor), "
    "closed in connectionLost"
)


def _check_order(cls: type, mixin: type) -> None:
    for base in cls.__mro__[: cls.__mro__.index(mixin)]:
        if issubclass(base, BaseProtocol) and not issubclass(base, mixin):
            raise TypeError(
                f"{cls.__name__} lists {mixin.__name__} after {base.__name__}, where "
                "it would not see the connection being made: write "
                f"class {cls.__name__}({_in_order(cls, mixin)})"
            )


def _in_order(cls: type, mixin: type) -> str:
    """The bases of *cls*, those with the mixin first."""
    ordered = sorted(cls.__bases__, key=lambda base: not issubclass(base, mixin))
    return ", ".join(base.__name__ for base in ordered)


def _check_upcall(cls: type, mixin: type) -> None:
    for base in cls.__mro__[: cls.__mro__.index(mixin)]:
        method = vars(base).get("makeConnection")
        if inspect.isfunction(method) and not _may_call(method, "makeConnection"):
            raise TypeError(
                f"{base.__name__}.makeConnection() does not call that of its bases, "
                f"by which {mixin.__name__} learns of the connection: add "
                "super().makeConnection(transport), or define connectionMade() instead"
            )


def _may_call(function: Any, name: str) -> bool:
    """Whether *function* mentions *name*, or functions that it was made with."""
    code = function.__code__
    return name in code.co_names or bool(code.co_freevars)


def _check_names(cls: type, mixin: type) -> None:
    ours = set(mixin.__mro__)
    mro = cls.__mro__
    for base in mro:
        hidden = mro.index(base) > mro.index(mixin)
        for name in (
            *OWN,
            *(CONFIGURATION if hidden else ()),
            *(HOOKS if hidden else ()),
        ):
            if base not in ours and name in vars(base):
                raise TypeError(_conflict(cls, base, name, mixin))


def _conflict(cls: type, base: type, name: str, mixin: type) -> str:
    value = safe_repr(vars(base)[name])
    if name in OWN:
        return (
            f"{base.__name__}.{name} is {value}, but {mixin.__name__} keeps its own "
            f"{name} there in {cls.__name__}: {_WAY_OUT}"
        )
    return (
        f"{base.__name__}.{name} is {value}, and {cls.__name__} would hide it, for "
        f"{mixin.__name__} has a {name}, too: list {base.__name__} first if it is "
        f"meant for the mixin; otherwise {_WAY_OUT}"
    )


def _check_hooks(cls: type) -> None:
    for name, arguments in HOOKS.items():
        hook = getattr(cls, name)
        if inspect.isfunction(hook):
            _check_hook(cls, hook, arguments)
        elif not callable(hook):
            raise TypeError(
                f"{cls.__name__}.{name} is {safe_repr(hook)}; it takes a method, "
                f"as in {_as_written(name, arguments)}"
            )


def _check_hook(cls: type, hook: Any, arguments: tuple[str, ...]) -> None:
    name = hook.__name__
    try:
        inspect.signature(hook).bind(None, *arguments)
    except TypeError as error:
        raise TypeError(
            f"{cls.__name__}.{name}() cannot be called ({error}): write "
            f"{_as_written(name, arguments)}; if it is something else, rename it"
        ) from None
    if inspect.iscoroutinefunction(hook):
        raise TypeError(
            f"{cls.__name__}.{name}() is a coroutine, which nobody would wait for: "
            f"write {_as_written(name, arguments)}, and self.clock.run(…) in it"
        )


def _as_written(name: str, arguments: tuple[str, ...]) -> str:
    return f"def {name}({', '.join(('self', *arguments))})"


def _check_values(cls: type, owner: Any) -> None:
    """What is configured, on *cls* or on one of its instances, is of the right kind."""
    _check_policy(cls, owner.keepalive)
    _check_wire(cls, owner.wire)
    if owner.reactor is not None and not isinstance(owner.reactor, property):
        check_reactor(cls, owner.reactor)


def _check_policy(cls: type, policy: object) -> None:
    if policy is not None and not isinstance(policy, Keepalive):
        raise TypeError(
            f"{cls.__name__}.keepalive is {safe_repr(policy)}; it takes a Keepalive, "
            "as in keepalive = Keepalive(interval=30, timeout=10), or None"
        )


def _check_wire(cls: type, wire: object) -> None:
    speaks = all(callable(getattr(wire, method, None)) for method in VOICE)
    if wire is not None and (isinstance(wire, type) or not speaks):
        raise TypeError(
            f"{cls.__name__}.wire is {safe_repr(wire)}; it takes an instance of a "
            "wire, as in wire = Lines(), or None"
        )


def _is_protocol(cls: type, mixin: type) -> bool:
    behind = cls.__mro__[cls.__mro__.index(mixin) + 1 :]
    return any("makeConnection" in vars(base) for base in behind)


def _check_fit(cls: Any) -> None:
    if cls.wire is not None:
        cls.wire.check(cls)
    if cls.keepalive is not None:
        check_voice(cls, cls.keepalive)
