"""What ends with a scope, and in what order: `Scope.seal` and `Scope.close`."""

from __future__ import annotations

import gc
import sys
import weakref
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
)
from twisted.internet.defer import Deferred
from twisted.internet.error import AlreadyCancelled, ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from heartbeat.clock import ScopedClock, ScopeState
from heartbeat.errors import ScopeClosedError
from heartbeat.scope import NO_CALLS

from .scope_case import ScopeTestCase

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall


class Thing:
    """Something a weak reference can be made to."""

    def method(self, *_: object) -> None:
        """For timers and hooks."""


class CloseTests(ScopeTestCase):
    """`close` ends everything, once, in order, whoever calls it from where."""

    def later(self, delay: float, what: str) -> IDelayedCall:
        """Schedule a call that logs."""
        return self.scope.callLater(delay, self.log.append, what)

    def test_nothing_runs_afterwards(self) -> None:
        """No pending call runs, and the parent has none left."""
        for delay in (0, 1, 1, 5):
            self.later(delay, "ran")
        self.scope.close()

        self.assertEqual(list(self.clock.getDelayedCalls()), [])
        self.clock.advance(10)
        self.assertEqual(self.log, [])

    def test_order(self) -> None:
        """Timers are cancelled before hooks run, and hooks run before Deferreds fail."""
        call = self.later(1, "ran")
        deferred = self.scope.own(Deferred[None]())
        deferred.addErrback(lambda _: self.log.append("deferred"))
        self.scope.on_close(lambda _: self.log.append(("hook", call.active())))
        self.scope.close()

        self.assertEqual(self.log, [("hook", False), "deferred"])

    def test_states(self) -> None:
        """OPEN, CLOSING from seal on, CLOSED before anything of the user's runs."""
        self.scope.on_close(lambda _: self.log.append(self.scope.state))
        self.assertIs(self.scope.state, ScopeState.OPEN)
        self.assertIsNone(self.scope.reason)
        self.assertIsNone(self.scope.ending)
        self.scope.seal("lost")
        self.assertIs(self.scope.state, ScopeState.CLOSING)
        self.scope.close("other")

        self.assertEqual(self.log, [ScopeState.CLOSED])
        self.assertIs(self.scope.state, ScopeState.CLOSED)
        self.assertEqual(self.scope.reason, "lost")

    def test_closed_twice(self) -> None:
        """Closing, or sealing, a closed scope does nothing; the first reason counts."""
        self.scope.on_close(self.log.append)
        for reason in ("first", "second"):
            self.scope.close(reason)
            self.scope.seal(reason)

        self.assertEqual(self.log, ["first"])
        self.assertEqual(self.scope.reason, "first")

    def test_ending(self) -> None:
        """A closed scope knows when it ended, and why."""
        self.clock.advance(5)
        reason = Failure(ConnectionDone())
        self.scope.close(reason)
        self.clock.advance(5)

        ending = self.scope.ending
        assert ending is not None
        self.assertEqual((ending.at, ending.name), (5, "test"))
        self.assertIs(ending.failure, reason)
        self.assertIs(self.scope.reason, reason)

    def test_from_its_own_timer(self) -> None:
        """A timer may close its scope; the running call is not cancelled."""

        def function() -> None:
            self.scope.close()
            self.assertRaises(ScopeClosedError, self.scope.callLater, 1, int)
            self.log.append("went on")

        call = self.scope.callLater(1, function)
        self.later(1, "due in the same instant")
        self.later(0, "before")
        self.clock.advance(1)

        self.assertEqual(self.log, ["before", "went on"])
        self.assertFalse(call.active())

    def test_reason_given_back(self) -> None:
        """Closing leaves the traceback of an exception as it was."""
        error = ConnectionDone()
        self.scope.run(self.forever())
        self.scope.close(error)

        self.assertIsNone(error.__traceback__)

    def test_del_of_an_argument(self) -> None:
        """An argument's __del__ runs only when no call is left that could run."""
        log, scope, clock = self.log, self.scope, self.clock

        class Final:
            def __del__(self) -> None:
                log.append(len(clock.getDelayedCalls()))
                scope.close()
                try:
                    scope.callLater(0, log.append, "ran")
                except ScopeClosedError:
                    log.append("refused")

        scope.callLater(1, int, Final())
        scope.callLater(1, int)
        scope.on_close(lambda _: log.append("hook"))
        scope.close()

        self.assertEqual(log, [0, "hook", "refused"])

    def test_does_not_grow(self) -> None:
        """Calls that are over do not pile up behind others that are pending."""
        calls = [self.later(n, "late") for n in range(5)]
        for _ in range(100):
            calls.append(self.later(9, "late"))
            calls.pop(3).cancel()
        self.assertEqual(self.scope.getDelayedCalls(), calls)
        self.assertLess(sys.getrefcount(self.scope), 60)
        self.scope.close()

    def test_drops(self) -> None:
        """With after_close="drop" it counts the calls it did not take, and keeps none."""
        scope = ScopedClock(self.clock, after_close="drop")
        self.assertEqual(scope.dropped, 0)
        scope.close()
        call = scope.callLater(1, self.log.append, "ran")

        self.assertEqual(scope.dropped, 1)
        self.assertEqual((call.active(), call.function), (False, None))

    def test_takes_no_more(self) -> None:
        """A closed scope takes no hook and no Deferred; a hook must be callable."""
        self.assertRaises(TypeError, self.scope.on_close, "hook")
        self.scope.close()

        self.assertRaises(ScopeClosedError, self.scope.on_close, int)
        self.assertRaises(ScopeClosedError, self.scope.own, Deferred())

    def test_keeps_nothing(self) -> None:
        """After close the scope refers to no callback, argument, Deferred, coroutine."""
        things, gone = self.things(6)
        self.scope.callLater(1, things[0].method, things[1], key=things[1])
        self.scope.on_close(things[2].method, things[3])
        self.scope.own(Deferred(things[4].method)).addErrback(things[4].method)
        self.scope.every(1, things[5].method)
        self.scope.child().callLater(1, things[5].method)
        deferreds = [
            self.scope.sleep(1),
            self.scope.own(Deferred[None]()),
            self.scope.run(self.forever()),
            self.scope.timeout(Deferred[None](), 5),
        ]
        for deferred in deferreds:
            deferred.addErrback(lambda _: None)
            gone.append(weakref.ref(deferred))
        del things[:], deferreds[:], deferred
        self.scope.close(ConnectionDone())
        gc.collect()

        self.assertEqual([ref() for ref in gone if ref()], [])
        self.assertIs(self.scope.state, ScopeState.CLOSED)

    def test_idle_scope_is_collected(self) -> None:
        """A scope that nobody uses goes away without the garbage collector."""
        gc.disable()
        self.addCleanup(gc.enable)
        scope = ScopedClock(self.clock)
        gone = weakref.ref(scope)
        scope.close()
        del scope

        self.assertIsNone(gone())

    def things(self, n: int) -> tuple[list[Thing], list[weakref.ref[Any]]]:
        """Some things, and weak references to them."""
        things = [Thing() for _ in range(n)]
        return things, [weakref.ref(thing) for thing in things]

    async def forever(self) -> None:
        """Await something that never comes."""
        await Deferred()


class RoomTests(ScopeTestCase):
    """Where pending calls are kept."""

    def test_one_again(self) -> None:
        """After a burst that was cancelled, the list is gone and one call has a slot."""
        for call in [self.scope.callLater(9, int) for _ in range(500)]:
            call.cancel()
        while self.scope._several is not NO_CALLS:
            self.scope.callLater(9, int).cancel()

        pending = self.scope.callLater(9, int)
        self.assertEqual(self.scope.getDelayedCalls(), [pending])


class ChildTests(ScopeTestCase):
    """A scope inside a scope closes with it, or earlier."""

    def test_closes_with_its_parent(self) -> None:
        """All timers of the tree are cancelled first; inner scopes close first."""
        child = self.scope.child("inner")
        grandchild = child.child("innermost")
        calls = [s.callLater(1, int) for s in (self.scope, child, grandchild)]
        for scope in (self.scope, child, grandchild):
            scope.on_close(
                lambda reason, name: self.log.append(
                    (name, reason, [call.active() for call in calls])
                ),
                scope.name,
            )
        self.scope.close("lost")

        self.assertEqual(
            self.log,
            [(n, "lost", [False] * 3) for n in ("innermost", "inner", "test")],
        )
        self.assertIs(grandchild.state, ScopeState.CLOSED)

    def test_closes_earlier(self) -> None:
        """A child that is closed leaves its parent alone, which forgets it."""
        child = self.scope.child()
        gone = weakref.ref(child)
        call = self.scope.callLater(1, self.log.append, "ran")
        child.callLater(1, self.log.append, "never")
        child.close()
        del child
        gc.collect()
        self.clock.advance(1)

        self.assertEqual(self.log, ["ran"])
        self.assertFalse(call.active())
        self.assertIsNone(gone())

    def test_siblings(self) -> None:
        """Siblings close oldest first, and may close each other."""
        first, second, third = (self.scope.child(n) for n in ("1", "2", "3"))
        for scope in (first, second, third):
            scope.on_close(lambda _, name: self.log.append(name), scope.name)
        first.on_close(lambda _: third.close())
        self.scope.close()

        self.assertEqual(self.log, ["1", "3", "2"])

    def test_closes_its_parent(self) -> None:
        """A child's hook may close the parent."""
        child = self.scope.child()
        deferred = child.own(Deferred[None]())
        child.on_close(self.scope.close)
        self.scope.on_close(self.log.append)
        child.close("from below")

        self.assertEqual(self.log, ["from below"])
        self.failureResultOf(deferred, ScopeClosedError)

    def test_seal(self) -> None:
        """Sealing seals the tree; an inner scope closes when its parent does."""
        child = self.scope.child()
        child.callLater(1, int)
        self.scope.seal("lost")
        self.assertIs(child.state, ScopeState.CLOSING)
        self.assertRaises(ScopeClosedError, child.callLater, 1, int)
        self.assertRaises(ScopeClosedError, self.scope.child)
        child.on_close(self.log.append)
        self.scope.close()

        self.assertEqual(self.log, ["lost"])

    def test_sealed_on_its_own(self) -> None:
        """A child sealed earlier keeps its own reason."""
        child = self.scope.child()
        child.on_close(self.log.append)
        child.seal("logged in")
        self.scope.close("lost")

        self.assertEqual(self.log, ["logged in"])

    def test_made_from_a_scope(self) -> None:
        """``ScopedClock(scope)`` is a child of the scope."""
        child = ScopedClock(self.scope, name="inner")
        child.callLater(1, self.log.append, "ran")

        self.assertIs(child.parent, self.scope)
        self.assertEqual(len(self.scope.getDelayedCalls()), 1)
        self.scope.close()
        self.assertIs(child.state, ScopeState.CLOSED)
        self.assertRaises(ScopeClosedError, ScopedClock, self.scope)

    def test_straight_to_the_reactor(self) -> None:
        """A nested scope's call is wrapped once, however deep the scope."""
        call = self.scope.child().child().callLater(1, int)
        (reactors,) = self.clock.getDelayedCalls()

        self.assertIs(reactors.func, call)  # type: ignore[attr-defined]

    def test_peer(self) -> None:
        """A child has its parent's peer, also when that is set later, or its own."""
        child = self.scope.child()
        self.assertEqual((self.scope.peer, child.peer), ("", ""))
        self.scope.peer = "192.0.2.1:7"
        self.assertEqual(child.peer, "192.0.2.1:7")
        child.peer = "192.0.2.2:7"
        self.assertEqual((self.scope.peer, child.peer), ("192.0.2.1:7", "192.0.2.2:7"))

    def test_owned(self) -> None:
        """`owned` counts what the tree owns and is not over."""
        self.assertEqual(self.scope.owned, 0)
        child = self.scope.child()
        deferred = child.own(Deferred[None]())
        sleeping = self.scope.sleep(1)
        self.assertEqual((self.scope.owned, child.owned), (2, 1))
        deferred.callback(None)
        self.clock.advance(1)

        self.assertEqual(self.scope.owned, 0)
        self.assertIsNone(self.successResultOf(sleeping))


class ScopeMachine(RuleBasedStateMachine):
    """Any use of a tree of scopes, against a model of what must be pending."""

    scopes = Bundle("scopes")
    calls = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.root = ScopedClock(self.clock)
        self.parents: dict[ScopedClock, ScopedClock | None] = {self.root: None}
        # {call: (its scope, when it is due)}
        self.pending: dict[IDelayedCall, tuple[ScopedClock, float]] = {}
        self.inert: set[IDelayedCall] = set()
        self.closed: set[ScopedClock] = set()

    @rule(target=scopes)
    def the_root(self) -> ScopedClock:
        """The outermost scope may be used."""
        return self.root

    @rule(target=scopes, parent=scopes)
    def child(self, parent: ScopedClock) -> ScopedClock:
        """Make an inner scope, unless its parent is closed."""
        if parent in self.closed:
            try:
                parent.child()
            except ScopeClosedError:
                return parent
            raise AssertionError("a closed scope had a child")
        child = parent.child()
        self.parents[child] = parent
        return child

    @rule(target=calls, scope=scopes, delay=st.integers(0, 5), closes=st.booleans())
    def call_later(
        self, scope: ScopedClock, delay: int, *, closes: bool
    ) -> IDelayedCall | None:
        """Schedule a call, that may close its scope, unless that is closed."""
        try:
            call = scope.callLater(delay, lambda: self.ran(call, closes=closes))
        except ScopeClosedError:
            assert scope in self.closed
            return None
        assert scope not in self.closed
        self.pending[call] = scope, self.clock.seconds() + delay
        return call

    @rule(call=consumes(calls), seconds=st.integers(0, 5))
    def reset(self, call: IDelayedCall | None, seconds: int) -> None:
        """Move a call; an inert one does not care."""
        if call in self.pending:
            call.reset(seconds)
            self.pending[call] = self.pending[call][0], self.clock.seconds() + seconds
        elif call in self.inert:
            call.reset(seconds)

    @rule(call=calls)
    def cancel(self, call: IDelayedCall | None) -> None:
        """Cancel a call; an inert one does not care."""
        if call in self.pending:
            del self.pending[call]
            call.cancel()
            try:
                call.cancel()
            except AlreadyCancelled:
                return
            raise AssertionError("cancelled twice")
        if call in self.inert:
            call.cancel()

    @precondition(lambda self: not self.closed)
    @rule(seconds=st.integers(0, 4))
    def advance(self, seconds: int) -> None:
        """Let time pass."""
        self.clock.advance(seconds)

    @rule(scope=scopes)
    def close(self, scope: ScopedClock) -> None:
        """Close a scope."""
        self.close_in_model(scope)
        scope.close()

    def ran(self, call: IDelayedCall, *, closes: bool) -> None:
        """A call runs: it must be pending and due."""
        scope, due = self.pending.pop(call)
        assert due <= self.clock.seconds()
        if closes:
            self.close_in_model(scope)
            scope.close()

    def close_in_model(self, scope: ScopedClock) -> None:
        """Everything in the scope, and in those inside it, is over."""
        for call, (owner, _) in list(self.pending.items()):
            if self.inside(owner, scope):
                del self.pending[call]
                self.inert.add(call)
        self.closed.update(s for s in self.parents if self.inside(s, scope))

    def inside(self, scope: ScopedClock | None, outer: ScopedClock) -> bool:
        """Whether *scope* is *outer* or somewhere inside it."""
        while scope is not None and scope is not outer:
            scope = self.parents[scope]
        return scope is outer

    @invariant()
    def lists_what_is_pending(self) -> None:
        """Each scope lists the pending calls inside it, the clock all of them."""
        for scope in self.parents:
            expected = {
                c for c, (s, _) in self.pending.items() if self.inside(s, scope)
            }
            assert set(scope.getDelayedCalls()) == expected
        assert len(self.clock.getDelayedCalls()) == len(self.pending)
        for call, (_, due) in self.pending.items():
            assert call.active()
            assert call.getTime() == due
        assert not any(call.active() for call in self.inert)

    def teardown(self) -> None:
        """Nothing survives the outermost close."""
        self.root.close()
        assert not self.clock.getDelayedCalls()


class ScopeMachineTests(ScopeMachine.TestCase):  # type: ignore[misc, valid-type]
    """The state machine above, as a test."""

    settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
