"""Where a timed call was made, and while the code of which connection ran.

Both are read off the stack when the call is made, in a microsecond or two: a code
object, the place in it, and a weak reference. All else is left until somebody asks,
which is why Twisted's own reports can show it: a `Creation` is a sequence of lines, as
``DelayedCall.creator`` is, that are not written before they are read.

The place is where a person would look. Twisted, the standard library and this package
make calls on behalf of somebody, so the nearest line that belongs to none of these is
taken. Where there is none before the event loop, it is that of the timed call which is
being run: every call of a ``LoopingCall`` was made where that was started.
"""

from __future__ import annotations

import inspect
import sys
import traceback
import weakref
from collections.abc import Callable, Sequence
from sys import getrefcount, gettrace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, overload

from heartbeat.calls import ScopedCall
from heartbeat.graph.model import Site
from heartbeat.graph.search.roles import Role, role_of
from heartbeat.graph.static import attribute, is_a, plain_name

if TYPE_CHECKING:
    from types import CodeType, FrameType

__all__ = ["STEPS", "Creation", "creation_at", "creation_of", "local_of"]

STEPS: Final = 12
"""Frames looked at: the usual way from a protocol's method to ``callLater`` is short,
and each step costs a quarter of a microsecond."""

KEPT = 4096
"""Code objects remembered; then all are forgotten, for programs can make new ones."""

_PLUMBING = frozenset(
    {
        "twisted.internet.defer",
        "twisted.internet.task",
        "twisted.protocols.policies",
    }
)
"""Modules whose lines say nothing: they make a call for whoever called them."""

_LIBRARIES = frozenset(
    {"attr", "attrs", "automat", "heartbeat", "incremental", "twisted", "zope"}
) | frozenset(sys.stdlib_module_names)
"""Packages whose lines are shown only if there is no other."""

_LOOPS: dict[str, tuple[str, ...]] = {
    "runUntilCurrent": ("call",),
    "advance": ("call",),
    "_doReadOrWrite": ("selectable", "source"),
    "_readOrWrite": ("selectable",),
}
"""Functions from which everything is run, and the local variables that say what.

Source:
    ``ReactorBase.runUntilCurrent``, ``Clock.advance``, ``_doReadOrWrite`` of the other
    reactors and ``_readOrWrite`` of the asyncio reactor, Twisted 22.10 to 26.10.
"""

_SEES_LOCALS = frozenset(
    () if sys.version_info >= (3, 13) else ("locals", "vars", "eval", "exec")
)
"""Names in a function that may have the dictionary of its variables, where that is one
and the same each time."""

_REWRITTEN = "@py_builtins"
"""A name in a function whose asserts pytest has rewritten: they call ``locals()``, and
do not keep what they get."""

_ALONE = 3
"""References to a dictionary that only the frame has: its, the variable's, and the
argument's of ``getrefcount``."""


class _Known(NamedTuple):
    """What there is to know of a function by its code.

    Attributes:
        code: Kept, so that no other gets its ``id()``.
        shown: Whether its lines are those of somebody's program.
        plain: Whether it is a line of a library that says something.
        names: The variables to read: ``self``, or those of an event loop.
        loop: Whether the stack above it is no concern of the call.
    """

    code: CodeType
    shown: bool
    plain: bool
    names: tuple[str, ...]
    loop: bool


_known: dict[int, _Known] = {}


class Creation(Sequence[str]):
    """What is known of the making of a call; the lines of ``DelayedCall.creator``.

    Args:
        code: The function whose line made the call.
        instruction: Which of its instructions.
        origin: A weak reference to the protocol or transport whose code made it.
        explain: Called with this when it is read; what the call is about, a line each.

    Attributes:
        stack: The lines that were there already, of ``DelayedCall.debug``.
    """

    __slots__ = ("_code", "_explain", "_instruction", "_origin", "stack")

    def __init__(
        self,
        code: CodeType,
        instruction: int,
        origin: weakref.ref[Any] | None,
        explain: Callable[[Creation], str],
    ) -> None:
        self._code = code
        self._instruction = instruction
        self._origin = origin
        self._explain = explain
        self.stack: Sequence[str] = ()

    @property
    def site(self) -> Site:
        """The place."""
        code = self._code
        name = plain_name(getattr(code, "co_qualname", code.co_name))
        return Site(code.co_filename, _line(code, self._instruction), name)

    @property
    def origin(self) -> Any:
        """The protocol or transport whose code made it; None if unknown, or gone."""
        return None if self._origin is None else self._origin()

    @property
    def inherited(self) -> tuple[tuple[CodeType, int], weakref.ref[Any] | None]:
        """What a call takes over that is made while this one's is run."""
        return (self._code, self._instruction), self._origin

    def __len__(self) -> int:
        return len(self.stack) + 1

    def __bool__(self) -> bool:
        return True

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[place] for place in range(len(self))[index]]
        place = range(len(self))[index]
        return self.stack[place] if place < len(self.stack) else self._text()

    def __repr__(self) -> str:
        return f"<Creation at {self.site}>"

    def _text(self) -> str:
        """The line as in a traceback, and what the call is about."""
        site = self.site
        entry = traceback.FrameSummary(site.file, site.line, site.function)
        line = "" if self.stack else "".join(traceback.format_list([entry]))
        return line + self._explain(self)


def creation_at(frame: FrameType, explain: Callable[[Creation], str]) -> Creation:
    """What the stack from *frame* on says of the call that is being made there."""
    best: tuple[CodeType, int] | None = None
    shown = False
    origin: weakref.ref[Any] | None = None
    place: FrameType | None = frame
    for _ in range(STEPS):
        if place is None:
            break
        code = place.f_code
        known = _known.get(id(code)) or _learn(place)
        if known.loop:
            earlier, its_origin = _at_the_loop(place, known)
            best = best if shown else earlier or best
            origin = origin or its_origin
            break
        if origin is None and known.names:
            thing = local_of(place, "self")
            origin = _weakly(thing) if role_of(thing) is Role.ENDPOINT else None
        if not shown and (known.shown or (known.plain and best is None)):
            best = code, place.f_lasti
            shown = known.shown
        if shown and origin is not None:
            break
        place = place.f_back
    code, instruction = best or (frame.f_code, frame.f_lasti)
    return Creation(code, instruction, origin, explain)


def creation_of(call: object) -> Creation | None:
    """What was noted of a call, of a scope or of the reactor; None if nothing was."""
    if is_a(call, ScopedCall):
        call = attribute(call, "_call")
    found = attribute(call, "creator")
    return found if type(found) is Creation else None


def local_of(frame: FrameType, name: str) -> Any:
    """A local variable of a running function, None if it has no value.

    Nothing is left behind. Before Python 3.13, ``f_locals`` is a dictionary that the
    frame keeps, which for a coroutine may be long, and with it what its variables
    referred to. So it is emptied, unless somebody else has it, too: a debugger, or a
    function that called ``locals()``. A trace function would take an empty one for the
    wish to delete all variables.
    """
    values = frame.f_locals
    value = values.get(name)
    if type(values) is dict and getrefcount(values) == _ALONE and gettrace() is None:
        values.clear()
    return value


def _learn(frame: FrameType) -> _Known:
    code = frame.f_code
    if len(_known) >= KEPT:
        _known.clear()
    module = dict.get(frame.f_globals, "__name__")
    known = _judged(code, module if type(module) is str else "")
    _known[id(code)] = known
    return known


def _judged(code: CodeType, module: str) -> _Known:
    package = module.partition(".")[0]
    if package == "twisted" and code.co_name in _LOOPS:
        return _Known(code, False, False, _LOOPS[code.co_name], True)
    own = package == "heartbeat" and not module.startswith("heartbeat.demo")
    library = own or (package in _LIBRARIES and package != "heartbeat")
    says = not own and module not in _PLUMBING
    names = () if own else _first_names(code)
    return _Known(code, not library, library and says, names, False)


def _first_names(code: CodeType) -> tuple[str, ...]:
    """``self`` if a function has it, as its first argument or from around it."""
    if not code.co_flags & inspect.CO_OPTIMIZED:
        return ()  # the body of a class: what it has for variables is the class
    names = code.co_names
    if _REWRITTEN not in names and not _SEES_LOCALS.isdisjoint(names):
        return ()  # it may have the dictionary that would be brought up to date
    arguments = code.co_varnames[: min(code.co_argcount, 1)]
    return ("self",) if "self" in (*arguments, *code.co_freevars) else ()


def _at_the_loop(
    frame: FrameType, known: _Known
) -> tuple[tuple[CodeType, int] | None, weakref.ref[Any] | None]:
    """What is taken over from the timed call or the connection that is being run."""
    for name in known.names:
        value = local_of(frame, name)
        creation = creation_of(value)
        if creation is not None:
            return creation.inherited
        if role_of(value) is Role.ENDPOINT:
            return None, _weakly(value)
    return None, None


def _weakly(thing: Any) -> weakref.ref[Any] | None:
    try:
        return weakref.ref(thing)
    except TypeError:
        return None


def _line(code: CodeType, instruction: int) -> int:
    for start, end, line in code.co_lines():
        if start <= instruction < end and line is not None:
            return line
    return code.co_firstlineno
