"""`Tracker`: notes where each timed call of a reactor was made, and for whom.

It stands in front of ``callLater`` of *one* reactor object, or clock, from ``start`` to
``stop``, and of its ``addReader`` and ``removeReader`` if it has these. What it notes is
kept by the call, so it ends with the call; of connections it keeps weak references.

The notes are what ``DelayedCall.creator`` is, so trial's report of a dirty reactor, and
the log of an exception in a timed call, show them.

Limit: who holds the method ``reactor.callLater`` itself, taken before `start`, calls
past it.
"""

from __future__ import annotations

import functools
import sys
import weakref
from typing import TYPE_CHECKING, Any

from heartbeat.errors import HeartbeatError
from heartbeat.graph.tracking.creation import Creation, creation_at, creation_of
from heartbeat.graph.tracking.explaining import Explainer
from heartbeat.graph.tracking.history import History

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IReactorTime

    from heartbeat.graph.model import Site

__all__ = ["AlreadyTrackedError", "Tracker", "track", "tracking"]


class AlreadyTrackedError(HeartbeatError):
    """There is another tracker on the reactor."""


class Tracker:
    """Notes where calls were made; at most one is running on a reactor.

    Args:
        reactor: A reactor, a ``task.Clock``, or whatever else has ``callLater`` and
            takes an attribute. It is not kept alive.
    """

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = weakref.ref(reactor)
        self._history = History()
        self._explain = Explainer(self._reactor)
        self._wrappings: list[_Wrapping] = []

    @property
    def reactor(self) -> Any:
        """The reactor; None if it is gone."""
        return self._reactor()

    @property
    def running(self) -> bool:
        """Whether calls are noted."""
        return bool(self._wrappings)

    def start(self) -> None:
        """Note the calls that are made from now on; harmless if it does already.

        Raises:
            AlreadyTrackedError: Another tracker does.
        """
        reactor = self.reactor
        running = tracking(reactor)
        if running is self:
            return
        if running is not None:
            raise AlreadyTrackedError(
                f"the {type(reactor).__name__} has a tracker: take that one, from "
                "heartbeat.graph.tracking.tracker.track(reactor), or stop it first"
            )
        self._wrap(reactor, "callLater", self._tracked)
        if hasattr(reactor, "addReader"):
            self._wrap(reactor, "addReader", self._adding)
            self._wrap(reactor, "removeReader", self._removing)
        _running[id(reactor)] = self

    def stop(self) -> None:
        """Note no more, and leave the reactor as it was; harmless if it did not.

        What was noted stays with the calls. Where somebody else stands before us
        meanwhile, our function stays behind theirs, and only passes calls on.
        """
        reactor = self.reactor
        if reactor is not None and _running.get(id(reactor)) is self:
            del _running[id(reactor)]
        for wrapping in self._wrappings:
            wrapping.undo(reactor)
        self._wrappings = []

    def created(self, call: object) -> Site | None:
        """The line that made *call*; None if that was not seen."""
        creation = creation_of(call)
        return None if creation is None else creation.site

    def origin(self, call: object) -> Any:
        """The protocol or transport whose code made *call*, if it is still there."""
        creation = creation_of(call)
        return None if creation is None else creation.origin

    def opened_at(self, transport: object) -> float | None:
        """When *transport* was connected, on `time.monotonic`; None if not seen."""
        return self._history.opened_at(transport)

    def lost(self, transport: object) -> tuple[float, str] | None:
        """Seconds since *transport* was lost, and why; None if that was not seen."""
        return self._history.lost(transport)

    def transports(self) -> list[Any]:
        """The transports that were connected since `start` and are alive, paused too."""
        return self._history.transports()

    def _wrap(
        self, reactor: Any, name: str, make: Callable[[Any, _Wrapping], Any]
    ) -> None:
        self._wrappings.append(_Wrapping(reactor, name, make, self))

    def _tracked(self, call_later: Any, wrapping: _Wrapping) -> Any:
        explain, frame_of = self._explain, sys._getframe  # noqa: SLF001 - no other way

        def tracked(*args: Any, **kwargs: Any) -> Any:
            call = call_later(*args, **kwargs)
            if wrapping.live:
                _note(call, creation_at(frame_of(1), explain))
            return call

        return tracked

    def _adding(self, add: Any, wrapping: _Wrapping) -> Any:
        added = self._history.added

        def adding(reader: Any) -> Any:
            if wrapping.live:
                added(reader)
            return add(reader)

        return adding

    def _removing(self, remove: Any, wrapping: _Wrapping) -> Any:
        removed, frame_of = self._history.removed, sys._getframe  # noqa: SLF001

        def removing(reader: Any) -> Any:
            if wrapping.live:
                removed(reader, frame_of(1))
            return remove(reader)

        return removing


def tracking(reactor: object) -> Tracker | None:
    """The tracker that is running on *reactor*, if there is one."""
    tracker = _running.get(id(reactor))
    return tracker if tracker is not None and tracker.reactor is reactor else None


def track(reactor: IReactorTime) -> Tracker:
    """The tracker that is running on *reactor*, started now if there was none."""
    tracker = tracking(reactor)
    if tracker is None:
        tracker = Tracker(reactor)
        tracker.start()
    return tracker


# By id(), for a reactor of the program may be equal to another. A tracker that runs is
# kept by the functions that its reactor has, and so ends with it.
_running: weakref.WeakValueDictionary[int, Tracker] = weakref.WeakValueDictionary()


class _Wrapping:
    """A method of one object, replaced by a function on that object.

    The function refers to this, so what it is for lives as long as it is there.

    Args:
        owner: The object.
        name: The method.
        make: Called with the method and this, returns the function.
        tracker: What it is for.

    Attributes:
        live: Whether the function is to do more than to pass on.
    """

    def __init__(
        self,
        owner: Any,
        name: str,
        make: Callable[[Any, _Wrapping], Any],
        tracker: Tracker,
    ) -> None:
        self._name = name
        self._tracker: Tracker | None = tracker
        self._own = name in vars(owner)
        self.live = True
        original = getattr(owner, name)
        function = functools.wraps(original)(make(original, self))
        setattr(owner, name, function)
        # Not the function itself, which leads to the owner.
        self._function = weakref.ref(function)

    def undo(self, owner: Any) -> None:
        """Put back what was there, unless it was replaced by somebody else since."""
        self.live = False
        self._tracker = None
        function = self._function()
        if (
            owner is None
            or function is None
            or vars(owner).get(self._name) is not function
        ):
            return
        if self._own:
            setattr(owner, self._name, function.__wrapped__)
        else:
            delattr(owner, self._name)


def _note(call: Any, creation: Creation) -> None:
    """Let *call* have the note, and what ``DelayedCall.debug`` has noted."""
    try:
        stack = call.creator
        if stack is not None:
            creation.stack = stack
        call.creator = creation
    except AttributeError:
        pass  # not a call of Twisted's, and without a place for it
