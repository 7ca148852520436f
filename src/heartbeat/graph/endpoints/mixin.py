"""What a connection of this package's mixin tells of itself, read from outside.

`heartbeat.protocol` and `heartbeat.keepalive` are not imported: a program that does not
use them need not pay for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from twisted.python.failure import Failure

from heartbeat import pinglog
from heartbeat._slots import DUE, LATER, SLOT, Bucket
from heartbeat.ending import Ended, Ending, ScopeState
from heartbeat.graph import static
from heartbeat.graph.model import KeepaliveInfo, ScopeInfo
from heartbeat.graph.reading import is_named, read
from heartbeat.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Mixed", "lost_by_transport", "mixed_in", "outermost"]

_SLOT_NAME = "_heartbeat_connection"
_CONNECTION = "heartbeat.connection.Connection"
_LATE = "heartbeat.late.LateTransport"

SCOPES = 50
"""Scopes of one connection that are told of."""


@attrs.frozen(kw_only=True)
class Mixed:
    """What the mixin knows of a connection.

    Attributes:
        clock: The connection's scope.
        scopes: That, and the scopes in it.
        keepalive: Its keepalive, if one was made.
        lost_ago: Seconds since it ended; None if it has not.
        lost_reason: Why, in words.
    """

    clock: Scope
    scopes: tuple[ScopeInfo, ...]
    keepalive: KeepaliveInfo | None
    lost_ago: float | None
    lost_reason: str | None


def mixed_in(protocol: object) -> Mixed | None:
    """What the mixin knows of *protocol*'s connection; None if it has no mixin."""
    connection = read(protocol, _SLOT_NAME)
    if connection is None or not is_named(type(connection), _CONNECTION):
        return None
    clock = read(connection, "clock")
    if not static.is_a(clock, Scope):
        return None
    ended = _ended(clock)
    return Mixed(
        clock=clock,
        scopes=tuple(_scopes(clock)),
        keepalive=_keepalive(read(connection, "_heartbeat")),
        lost_ago=None if ended is None else _ago(ended),
        lost_reason=_reason(protocol, ended),
    )


def lost_by_transport(protocol: object) -> bool:
    """Whether the mixin has replaced the transport, which it does at the loss."""
    return is_named(type(read(protocol, "transport")), _LATE)


def outermost(scope: object) -> Iterator[object]:
    """*scope* and the scopes that it is in, inside out."""
    while static.is_a(scope, Scope):
        yield scope
        scope = read(scope, "_parent")


def _scopes(clock: Scope) -> Iterator[ScopeInfo]:
    waiting: list[Any] = [clock]
    for _ in range(SCOPES):
        if not waiting:
            return
        scope = waiting.pop(0)
        name = read(scope, "name")
        ended = _ended(scope)
        yield ScopeInfo(
            name=name if type(name) is str else "",
            state=(ScopeState.OPEN if ended is None else ended.state).value,
            pending=sum(map(_count_pending, _inside(scope))),
            owned=sum(map(_count_owned, _inside(scope))),
        )
        waiting += _children(scope)


def _inside(scope: Scope) -> Iterator[Scope]:
    """*scope* and all scopes in it."""
    waiting = [scope]
    while waiting:
        inner = waiting.pop()
        yield inner
        waiting += _children(inner)


def _children(scope: Scope) -> list[Scope]:
    children = read(read(scope, "_estate"), "children")
    return [] if children is None else list(children)


def _count_owned(scope: Scope) -> int:
    owned = read(read(scope, "_estate"), "owned")
    return 0 if owned is None else len(owned)


def _count_pending(scope: Scope) -> int:
    calls = read(scope, "_several") or [read(scope, "_only")]
    return sum(read(call, "_work") is not None and _is_active(call) for call in calls)


def _is_active(call: object) -> bool:
    """Whether whoever has the reactor has not cancelled it there."""
    behind = read(call, "_call")
    if is_named(type(behind), "twisted.internet.base.DelayedCall"):
        return not (read(behind, "cancelled") or read(behind, "called"))
    return read(behind, "_time") is None


def _ended(scope: Scope) -> Ended | None:
    root = read(scope, "_root")
    return root if type(root) is Ended else None


def _ago(ended: Ended) -> float:
    return max(0.0, ended.seconds() - ended.ending.at)


def _reason(protocol: object, ended: Ended | None) -> str | None:
    if ended is None:
        return None
    told = read(read(read(protocol, "transport"), "_heartbeat_lost"), "reason")
    return told if type(told) is str and told else _in_words(ended.ending)


def _in_words(ending: Ending) -> str:
    """Words as they are; of an exception its type: its text is made by its code."""
    reason = ending.reason
    if type(reason) is str:
        return reason
    error = read(reason, "value") if type(reason) is Failure else reason
    return static.type_name(error)


def _keepalive(heartbeat: object) -> KeepaliveInfo | None:
    if heartbeat is None:
        return None
    policy = read(heartbeat, "policy")
    log = pinglog.read(read(heartbeat, "_log", pinglog.EMPTY))
    verdict = read(read(read(heartbeat, "_extras"), "verdict"), "kind")
    return KeepaliveInfo(
        state=read(heartbeat, "state").value,
        interval=read(policy, "interval"),
        timeout=read(policy, "timeout"),
        asked=log.sent,
        answered=log.answered,
        verdict=None if verdict is None else verdict.name.lower().replace("_", "-"),
        due=_due(heartbeat),
    )


def _due(heartbeat: object) -> float | None:
    """Seconds until it looks next; None if it does not."""
    bucket = read(heartbeat, "_bucket")
    if type(bucket) is not Bucket:
        return None
    if bucket.slot in (DUE, LATER):
        return 0.0
    now: float = read(heartbeat, "wheel").now()
    return bucket.slot * SLOT - now
