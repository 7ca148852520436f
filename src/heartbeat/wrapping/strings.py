"""Endpoint strings: ``heartbeat:tcp:8080:silence=60``.

Everything but the numbers of the watch is the description of another endpoint. Twisted
finds ``heartbeat:`` by the plugin ``twisted.plugins.heartbeat_endpoints``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twisted.internet.endpoints import (
    clientFromString,
    quoteStringArgument,
    serverFromString,
)

from heartbeat.errors import PolicyError
from heartbeat.policy import Keepalive
from heartbeat.wrapping.endpoints import watch_client, watch_server

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from heartbeat.wrapping.endpoints import (
        WatchedClientEndpoint,
        WatchedServerEndpoint,
    )

__all__ = ["NAMES", "client_of", "parse", "server_of"]

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
_SWITCH = {"true": True, "false": False}


def _number(name: str, text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise PolicyError(
            field=name,
            value=text,
            rule="must be a number in decimal digits",
            way_out=f"write {name}=60 or {name}=0.5, and nothing else behind the =",
        )
    return float(text)


def _switch(name: str, text: str) -> bool:
    if text not in _SWITCH:
        raise PolicyError(
            field=name,
            value=text,
            rule="must be true or false",
            way_out=f"write {name}=false to only report",
        )
    return _SWITCH[text]


NAMES: dict[str, Callable[[str, str], Any]] = {
    "silence": _number,
    "idle": _number,
    "max_age": _number,
    "grace": _number,
    "jitter": _number,
    "enforce": _switch,
}
"""What a string may say of a `Keepalive`, and how each is read."""

_LIMITS = ("silence", "idle", "max_age", "grace")
"""A watch without any of these would never find anything."""

_SPOKEN = ("interval", "attempts", "beacon", "proof")
"""What needs a wire, or code."""


def server_of(
    reactor: Any, args: Sequence[str], kwargs: Mapping[str, str]
) -> WatchedServerEndpoint:
    """The endpoint of a string that ``serverFromString`` has taken apart.

    Args:
        reactor: What the endpoint inside listens by, and where timers run.
        args: The parts without ``=``.
        kwargs: Those with ``=``, by name.

    Raises:
        PolicyError: A number cannot be meant.
        TypeError: A name is unknown, here and to the endpoint inside.
        ValueError: There is no such endpoint inside.
    """
    policy, inner = parse(args, kwargs)
    endpoint = _made(serverFromString, reactor, inner)
    return watch_server(endpoint, policy, reactor=reactor)


def client_of(
    reactor: Any, args: Sequence[str], kwargs: Mapping[str, str]
) -> WatchedClientEndpoint:
    """The endpoint of a string that ``clientFromString`` has taken apart.

    Args and what is raised are those of `server_of`.
    """
    policy, inner = parse(args, kwargs)
    endpoint = _made(clientFromString, reactor, inner)
    return watch_client(endpoint, policy, reactor=reactor)


def parse(args: Sequence[str], kwargs: Mapping[str, str]) -> tuple[Keepalive, str]:
    """What the parts of a string promise, and the description of what is inside.

    Args:
        args: The parts without ``=``. A single one with colons, escaped in the
            string, is a description by itself.
        kwargs: Those with ``=``, by name.
    """
    _check_names(args, kwargs)
    ours = {name: NAMES[name](name, kwargs[name]) for name in NAMES if name in kwargs}
    _check_limits(ours)
    rest = {name: value for name, value in kwargs.items() if name not in NAMES}
    if len(args) == 1 and ":" in args[0]:
        if rest:
            raise TypeError(_unknown(", ".join(rest)))
        inner = args[0]
    else:
        named = [f"{_quoted(name)}={_quoted(value)}" for name, value in rest.items()]
        inner = ":".join([*map(_quoted, args), *named])
    return Keepalive(interval=None, **ours), inner


def _quoted(part: str) -> str:
    quoted: str = quoteStringArgument(part)
    # Which it leaves alone, though it ends the name of an argument.
    return quoted.replace("=", r"\=")


def _check_names(args: Sequence[str], kwargs: Mapping[str, str]) -> None:
    if not "".join(args):
        raise ValueError(
            "'heartbeat:' wraps another endpoint, and there is none: write "
            "heartbeat:tcp:8080:silence=60; one that is escaped has a backslash before "
            "every colon and every ="
        )
    for name in _SPOKEN:
        if name in kwargs:
            raise TypeError(
                f"{name}={kwargs[name]} makes a protocol speak, and a string cannot say "
                "how: use silence= here, or heartbeat.wrapping with a wire= in code"
            )


def _check_limits(ours: Mapping[str, Any]) -> None:
    """0 switches one off, so all of them at 0 are none."""
    if not any(ours.get(name) for name in _LIMITS):
        raise TypeError(
            f"'heartbeat:' is told to watch for nothing: give {', '.join(_LIMITS[:-1])} "
            f"or {_LIMITS[-1]}, as in heartbeat:tcp:8080:silence=60"
        )


def _made(make: Callable[[Any, str], Any], reactor: Any, description: str) -> Any:
    try:
        return make(reactor, description)
    except TypeError as error:
        raise TypeError(_unknown(f"{description!r} ({error})")) from error


def _unknown(what: str) -> str:
    return (
        f"not understood: {what}; 'heartbeat:' takes {', '.join(NAMES)}, and leaves the "
        "rest to the endpoint inside"
    )
