"""A lifetime, and everything that ends with it.

A scope closes in two halves, because of what goes in between for a connection: the
protocol's own ``connectionLost``. `Scope.seal` cancels every timer before it, so that
nothing fires any more; `Scope.close` tells everybody who waits after it.
"""
# ruff: noqa: SLF001 - scopes reach into the scopes around them

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from heartbeat.calls import IN_A_LIST, NO_CALL, NO_MORE, SeveralCalls, uncallable
from heartbeat.ending import Ended, Ending, Reason, ScopeState
from heartbeat.ownership import CloseHook, Estate, Owned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IReactorTime

    from heartbeat.calls import ScopedCall

__all__ = ["NO_CALLS", "AfterClose", "Scope"]

T = TypeVar("T")

AfterClose = Literal["raise", "drop"]
"""What ``callLater`` does once the scope is closed."""


NO_CALLS: Final = SeveralCalls(limit=0)
"""The list of every scope that needs none: it has one call at a time, or has ended.

Nothing is ever added.
"""


class Scope:
    """What `heartbeat.clock.ScopedClock` is, apart from telling the time.

    Attributes:
        name: What it is for, for people who read errors and graphs.
    """

    __slots__ = (
        "__weakref__",
        "_after_close",
        "_estate",
        "_only",
        "_parent",
        "_peer",
        "_root",
        "_several",
        "name",
    )

    def __init__(
        self, parent: IReactorTime, name: str, after_close: AfterClose
    ) -> None:
        self.name = name
        self._after_close = after_close
        self._peer = ""
        self._parent = parent
        # The reactor itself; once the scope has ended, what refuses calls.
        self._root: IReactorTime | Ended = parent
        # Most scopes have one pending call at a time: it is here, and moves to the list
        # only when there is a newer one. With a dictionary of all pending calls, a call
        # and its cancellation take 500 instructions more. It may be over.
        self._only: ScopedCall = NO_CALL
        self._several = NO_CALLS
        self._estate: Estate | None = None
        if isinstance(parent, Scope):
            parent._adopt(self)

    @property
    def parent(self) -> IReactorTime:
        """The clock underneath, for a timer meant to outlive this scope."""
        return self._parent

    @property
    def peer(self) -> str:
        """The other end of the connection, ``""`` while that is not known."""
        if not self._peer and isinstance(self._parent, Scope):
            return self._parent.peer
        return self._peer

    @peer.setter
    def peer(self, peer: str) -> None:
        self._peer = peer

    @property
    def state(self) -> ScopeState:
        """How far it has come."""
        return self._ended.state if self._ended else ScopeState.OPEN

    @property
    def ending(self) -> Ending | None:
        """Why and when it ended; ``None`` while it is open."""
        return self._ended.ending if self._ended else None

    @property
    def reason(self) -> Reason | None:
        """What `close` or `seal` was given; ``None`` while it is open."""
        return self._ended.ending.reason if self._ended else None

    @property
    def dropped(self) -> int:
        """Calls refused since it closed, with ``after_close="drop"``."""
        return self._ended.dropped if self._ended else 0

    @property
    def owned(self) -> int:
        """Deferreds and coroutines it and its inner scopes own, not yet over."""
        if self._estate is None:
            return 0
        inner = sum(child.owned for child in self._estate.children)
        return len(self._estate.owned) + inner

    def own(self, deferred: Deferred[T]) -> Deferred[T]:
        """Fail *deferred* with the reason when the scope closes.

        It is cancelled then. The ``CancelledError`` becomes the reason for every
        callback added after this call; earlier ones see it as it is. A failure that
        nobody handles is logged as ever.

        Returns:
            The same Deferred.

        Raises:
            TypeError: It is no Deferred.
        """
        Owned(self._obligations(), deferred)
        return deferred

    def on_close(
        self, function: Callable[..., object], /, *args: Any, **kwargs: Any
    ) -> CloseHook:
        """Call *function* once, when the scope closes, with the reason first.

        Calls are made in the order they were asked for, after every timer was
        cancelled and before owned Deferreds fail. What one raises is reported and
        stops nothing.

        Returns:
            A handle, to `CloseHook.forget` the call.
        """
        if not callable(function):
            raise uncallable(function)
        return CloseHook(self._obligations(), function, args, kwargs)

    def seal(self, reason: Reason = "closed") -> None:
        """Cancel every pending call, inner scopes included; the first half of `close`.

        Nothing of the user's runs. Harmless on a scope that is not open.
        """
        calls = list(self._sealed(reason))
        for call in calls:
            call.expire()
        # Only now, when no call is left that could run, because dropping the last
        # reference to an argument may run its __del__.
        for call in calls:
            call.release()

    def close(self, reason: Reason = "closed") -> None:
        """End everything this scope owns.

        Every pending call is cancelled before anything of the user's runs. Then inner
        scopes close, calls of `on_close` are made, and owned Deferreds and coroutines
        fail, each kind oldest first. May be called again, and from anything it runs
        or cancels.

        Args:
            reason: What `on_close` calls and owned Deferreds get. Words become a
                `heartbeat.errors.ScopeClosedError` for Deferreds. If the scope was
                sealed before, that reason counts.
        """
        self.seal(reason)
        ended = self._ended
        if ended is None or ended.state is ScopeState.CLOSED:
            return
        ended.state = ScopeState.CLOSED
        if isinstance(self._parent, Scope):
            self._parent._children().pop(self, None)
        estate, self._estate = self._estate, None
        if estate:
            estate.settle(ended.ending)

    @property
    def _ended(self) -> Ended | None:
        return self._root if isinstance(self._root, Ended) else None

    def _sealed(self, reason: Reason) -> Iterator[ScopedCall]:
        """Stop this scope and those inside it from taking more; their pending calls."""
        if isinstance(self._root, Ended):
            return
        ending = Ending(reason, self._root.seconds(), self.name, self.peer)
        self._root = Ended(self._root, ending, drop=self._after_close == "drop")
        calls = self._taken()
        self._several, self._only = NO_CALLS, NO_MORE
        yield from calls
        for child in self._children():
            yield from child._sealed(reason)

    def _taken(self) -> list[ScopedCall]:
        """Its calls that were not cancelled here and did not run, oldest first."""
        calls = self._several or [self._only]
        return [call for call in calls if call._work is not None]

    def _pending(self) -> Iterator[ScopedCall]:
        # Whoever has the reactor may have cancelled some there.
        yield from (call for call in self._taken() if call.active())
        for child in self._children():
            yield from child._pending()

    def _make_room(self, call: ScopedCall) -> None:
        """Take *call* when there is no place for it; not once the scope has ended."""
        if self._only is NO_MORE:
            # It was dropped; or the scope ended while the reactor scheduled it.
            call.expire()
            call.release()
            return
        if self._several is NO_CALLS:
            self._several = SeveralCalls()
            self._several.append(self._only)
            self._only = IN_A_LIST
        self._several.tidy()
        if self._several:
            self._several.append(call)
        else:
            self._several, self._only = NO_CALLS, call

    def _children(self) -> dict[Scope, None]:
        return self._estate.children if self._estate else {}

    def _adopt(self, child: Scope) -> None:
        self._require_open()
        self._obligations().children[child] = None
        # Straight to the reactor: nesting costs a call nothing.
        child._root = self._root

    def _obligations(self) -> Estate:
        """The estate, to add something to; refused once closed."""
        if self.state is ScopeState.CLOSED:
            self._require_open()
        if self._estate is None:
            self._estate = Estate()
        return self._estate

    def _require_open(self) -> None:
        if self._ended:
            raise self._ended.refusal()
