"""The inside of a ``ClientService``, which Twisted keeps behind underscores.

Twisted 24.7 made it anew: until then its machine was a class with a method for each
state, since then it is a generated class around a core. One function an attribute; each
docstring names the versions it was read in.
"""

from __future__ import annotations

from types import FunctionType, MethodType

import attrs

from heartbeat.graph import static
from heartbeat.graph.endpoints import _names
from heartbeat.graph.reading import is_named, read

__all__ = [
    "MachineParts",
    "core_of",
    "is_machine",
    "machine",
    "machine_parts",
    "notified",
]


@attrs.frozen(kw_only=True)
class MachineParts:
    """What is inside of a ``ClientService``, whatever the version of Twisted.

    Attributes:
        state: One word, in small letters.
        endpoint: What it connects to.
        factory: Whose protocols it connects.
        failed_attempts: In a row.
        retry: The call that will try again, if that is what it waits for.
        protocol: What is connected, if something is.
    """

    state: str
    endpoint: object
    factory: object
    failed_attempts: object
    retry: object
    protocol: object


def machine(service: object) -> object:
    """What runs a ``ClientService``.

    Source:
        ``ClientService._machine``; Twisted 22.10 to 26.10.
    """
    return read(service, "_machine")


def is_machine(thing: object) -> bool:
    """Whether *thing* runs a ``ClientService``.

    Source:
        ``__automat_core__``, see `machine_parts`; other machines are of the same class.
    """
    if not is_named(type(thing), *_names.MACHINES):
        return False
    core = read(thing, "__automat_core__")
    return core is None or is_named(type(core), _names.CORE)


def core_of(machine: object) -> object | None:
    """The core of what runs a ``ClientService``; None of an old one.

    Source:
        ``__automat_core__``, see `machine_parts`.
    """
    found: object | None = read(machine, "__automat_core__")
    return found


def notified(proxy: object) -> object:
    """What is told when the connection of a ``ClientService`` is lost.

    Source:
        ``_ReconnectingProtocolProxy._lostNotification``; Twisted 22.10 to 26.10. A bound
        method; until 24.3 a function that automat made, which encloses its machine.
    """
    told = read(proxy, "_lostNotification")
    if type(told) is MethodType:
        return told.__self__
    cells = told.__closure__ or () if type(told) is FunctionType else ()
    return next(filter(is_machine, (cell.cell_contents for cell in cells)), None)


def machine_parts(runner: object) -> MachineParts:
    """What is inside of what runs a ``ClientService``.

    Source:
        ``__automat_core__``, ``__automat_transitioner__`` and ``__automat_data__`` of
        automat 24.8 to 26.7, used since Twisted 24.7; ``_ClientMachine`` before.
    """
    core = read(runner, "__automat_core__")
    if core is None:
        return _old_machine_parts(runner)
    state = read(read(runner, "__automat_transitioner__"), "_state")
    word = _small(read(state, "name"))
    # What belonged to an earlier state stays there.
    data = read(runner, "__automat_data__")
    return MachineParts(
        state=word,
        endpoint=read(core, "endpoint"),
        factory=read(core, "factory"),
        failed_attempts=read(core, "failedAttempts"),
        retry=data if word == "waiting" else None,
        protocol=data if word == "connected" else None,
    )


def _old_machine_parts(runner: object) -> MachineParts:
    """The same until Twisted 24.3.

    Source:
        ``application.internet._ClientMachine``, the attributes read here, and the one
        that its ``MethodicalMachine`` names in ``_symbol``; Twisted 22.10 to 24.3.
    """
    # One attribute stands before a descriptor of the class, which must not be run.
    own = dict(static.attributes(runner))
    symbol = read(static.class_attribute(type(runner), "_machine"), "_symbol", "")
    method = read(read(own.get(symbol), "_state"), "method")
    word = _small(read(method, "__name__")) or "init"
    return MachineParts(
        state=word,
        endpoint=own.get("_endpoint"),
        factory=own.get("_factory"),
        failed_attempts=own.get("_failedAttempts"),
        retry=own.get("_retryCall") if word == "waiting" else None,
        protocol=own.get("_currentConnection") if word == "connected" else None,
    )


def _small(name: object) -> str:
    return name.lower().strip("_") if type(name) is str else ""
