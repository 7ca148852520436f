"""What a scope must see to when it closes, apart from its timers.

Inner scopes, calls that the user asked for (`CloseHook`), Deferreds that must not
outlive the scope (`Owned`): together the scope's `Estate`, made when the first of them
is. Each leaves the estate when it is over, so that a long-lived scope does not grow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure
from twisted.python.reflect import safe_repr

from heartbeat import events
from heartbeat._twisted import forget_unhandled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from heartbeat.ending import Ending
    from heartbeat.scope import Scope

__all__ = [
    "CloseHook",
    "Estate",
    "Expendable",
    "Owned",
    "end",
    "excuse",
    "no_deferred",
]

T = TypeVar("T")


class Estate:
    """Everything that ends with a scope, each kind oldest first.

    Attributes:
        children: Scopes inside the scope.
        hooks: Calls to make when it closes.
        owned: Deferreds to fail when it closes.
        ending: The scope's end; ``None`` until it is being settled.
    """

    __slots__ = ("children", "ending", "hooks", "owned")

    def __init__(self) -> None:
        # Dictionaries for their order; the values mean nothing.
        self.children: dict[Scope, None] = {}
        self.hooks: dict[CloseHook, None] = {}
        self.owned: dict[Owned, None] = {}
        self.ending: Ending | None = None

    def settle(self, ending: Ending) -> None:
        """Close the inner scopes, run the hooks, fail the Deferreds, in that order."""
        self.ending = ending
        # Each of these runs the user's code, which may change the dictionaries.
        children, hooks, owned = list(self.children), list(self.hooks), list(self.owned)
        self.children.clear()
        for child in children:
            child.close(ending.reason)
        for hook in hooks:
            hook.run(ending)
        for entry in owned:
            entry.fail(ending)
        ending.forget_frames()


class CloseHook:
    """A call that a scope makes once, when it closes."""

    __slots__ = ("_args", "_function", "_hooks", "_kwargs")

    def __init__(
        self,
        estate: Estate,
        function: Callable[..., object],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> None:
        self._function, self._args, self._kwargs = function, args, kwargs
        self._hooks = estate.hooks
        self._hooks[self] = None

    def forget(self) -> None:
        """Do not make the call after all; harmless when it was made or forgotten."""
        self._hooks.pop(self, None)
        self._function, self._args, self._kwargs = _nothing, (), {}

    def run(self, ending: Ending) -> None:
        """Make the call, with the reason first; what it raises is reported."""
        function, args, kwargs = self._function, self._args, self._kwargs
        self.forget()
        try:
            function(ending.reason, *args, **kwargs)
        except BaseException:  # noqa: BLE001 - must not stop the others
            _report("a call of on_close raised", ending)


class Owned:
    """A Deferred that fails when the scope closes.

    It is cancelled then, and a ``CancelledError`` that comes of it becomes the reason
    for every callback added after it was owned.

    Raises:
        TypeError: It is no Deferred.
    """

    __slots__ = ("_deferred", "_estate")

    def __init__(self, estate: Estate, deferred: Deferred[Any]) -> None:
        self._deferred = deferred
        self._estate = estate
        estate.owned[self] = None
        try:
            deferred.addBoth(self._settled)
        except AttributeError:
            del estate.owned[self]
            raise no_deferred(deferred) from None

    def fail(self, ending: Ending) -> None:
        """Cancel the Deferred; see to it that it fails whatever its canceller does.

        A coroutine is told once, however often it is owned: after that it cleans up.
        """
        if not getattr(self._deferred, "told", False):
            end(self._deferred, ending)

    def _settled(self, result: T) -> T | Failure:
        self._estate.owned.pop(self, None)
        ending = self._estate.ending
        if (
            ending
            and isinstance(result, Failure)
            and isinstance(result.value, CancelledError)
        ):
            return ending.failure
        return result


class Expendable(Owned):
    """An owned Deferred that nobody needs to handle: dying is its normal end."""

    __slots__ = ()

    def fail(self, ending: Ending) -> None:
        """Cancel the Deferred; nothing is logged if nobody handles the reason."""
        super().fail(ending)
        excuse(self._deferred, ending)


def no_deferred(value: object) -> TypeError:
    """The error for something passed as a Deferred that is none."""
    return TypeError(
        f"{safe_repr(value)} is no Deferred; use run() for a coroutine, and "
        "maybeDeferred() for a call that may return either"
    )


def excuse(deferred: Deferred[Any], ending: Ending) -> None:
    """Let *deferred* be collected quietly if all it holds is the scope's end."""
    if deferred.called and ending.caused(deferred.result):
        forget_unhandled(deferred)


def end(deferred: Deferred[Any], ending: Ending) -> None:
    """Cancel *deferred*; if its canceller raises, report that and fail it anyway."""
    try:
        deferred.cancel()
    except BaseException:  # noqa: BLE001 - must not stop the others
        _report("the canceller of an owned Deferred raised", ending)
        _fail_anyway(deferred)


def _fail_anyway(deferred: Deferred[Any]) -> None:
    """Do what a canceller that raised did not: fail what *deferred* waits for."""
    while deferred.called and isinstance(deferred.result, Deferred):
        deferred = deferred.result
    if not deferred.called:
        deferred.errback(Failure(CancelledError()))


def _report(what: str, ending: Ending) -> None:
    events.report(what, Failure(), scope=ending.name, peer=ending.peer)


def _nothing(*_: object) -> None:
    """A forgotten call."""
