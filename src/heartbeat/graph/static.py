"""Looking at an object without running any of its code.

No property, ``__getattr__``, ``__eq__``, ``__hash__``, ``__repr__`` or ``__class__``
of the program is run, and no zope interface is queried: a query writes its answer into
the class, and for a class that took its interfaces back, that answer is wrong ever
after.

On CPython before 3.13, reading ``__dict__`` of an instance for the first time moves its
attributes from the object into a dictionary for good. The program sees no difference,
but ``self.x`` is slower from then on. `attribute` avoids it, so it is the way to read
protocols and transports; `attributes` does not.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, Final

from zope.interface.declarations import Implements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zope.interface.interface import InterfaceClass

__all__ = [
    "MISSING",
    "Memory",
    "attribute",
    "attributes",
    "class_attribute",
    "class_name",
    "forget",
    "has_attributes",
    "implements",
    "is_a",
    "mro_of",
    "plain_name",
    "text_of",
    "type_name",
]

MISSING: Final[Any] = object()
"""There is no such attribute, or code of the program would have to run to get it."""

KEPT = 20_000
"""Answers remembered about classes; then all are forgotten."""


class Memory(dict[Any, tuple[object, Any]]):
    """What was found out about classes, or code, until `forget` is called.

    By ``id()``: a metaclass may have its own ``__hash__`` and ``__eq__``. The class is
    kept with the answer, so that no other class takes its id meanwhile.
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        _memories.append(self)

    def of(self, cls: type, find: Callable[[type], Any]) -> Any:
        """What is known of *cls*; found out now if nothing is."""
        known = self.get(id(cls))
        return known[1] if known else self.note(id(cls), cls, find(cls))

    def note(self, key: Any, about: object, answer: Any) -> Any:
        """Remember *answer*; returns it."""
        if len(self) > KEPT:
            self.clear()
        self[key] = about, answer
        return answer


_memories: list[Memory] = []

# The interpreter's own, whatever a metaclass of the program says.
mro_of: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
"""The classes of a class in their order of resolution."""

_namespace: Callable[[type], Any] = type.__dict__["__dict__"].__get__
_module: Callable[[type], Any] = type.__dict__["__module__"].__get__
_qualname: Callable[[type], str] = type.__dict__["__qualname__"].__get__
_get = object.__getattribute__

# Descriptors made by the interpreter: to get them runs no code of the program.
_INERT = frozenset(map(id, (types.MemberDescriptorType, types.GetSetDescriptorType)))

# Where a C module has things in its objects: no attributes, though they look so.
_OFFSETS = {"__dictoffset__", "__weaklistoffset__", "__vectorcalloffset__"}

# What these raise: not set, and made for another class, or by a module in C.
_NOT_THERE = (AttributeError, TypeError, ValueError)

_readable = Memory()
_readers = Memory()
_names = Memory()


def attribute(thing: object, name: str) -> Any:
    """What ``thing.name`` is, or `MISSING`.

    Attributes of the instance, slots and plain values of the class are found;
    properties and other descriptors are not looked at.
    """
    cls = type(thing)
    known = _readable.get((id(cls), name))
    readable = known[1] if known else _note_readable(cls, name)
    if not readable:
        return MISSING
    try:
        # Not getattr: this one does not call __getattr__ of the class.
        return _get(thing, name)
    except _NOT_THERE:
        return MISSING


def attributes(thing: object) -> Iterator[tuple[str, Any]]:
    """Names and values of all attributes of the instance, slots included."""
    get_dict, slots = _readers_for(type(thing))
    namespace: Any = None if get_dict is None else get_dict(thing)
    if type(namespace) is dict or is_a(namespace, dict):
        # Not namespace.items(): it may be of a class derived from dict.
        for name, value in list(dict.items(namespace)):
            yield (name if type(name) is str else text_of(name)), value
    for name, get_slot in slots:
        try:
            value = get_slot(thing)
        except _NOT_THERE:
            continue
        yield name, value


def has_attributes(cls: type) -> bool:
    """Whether `attributes` can find anything: not in objects made by a C module."""
    return _readers_for(cls) != (None, ())


def class_attribute(cls: type, name: str) -> Any:
    """What a class or its bases have under *name*, as it stands there; or `MISSING`."""
    for base in mro_of(cls):
        namespace = _namespace(base)
        if name in namespace:
            return namespace[name]
    return MISSING


def is_a(thing: object, *classes: type) -> bool:
    """``isinstance`` by the real type: what ``__class__`` claims is not asked."""
    mro = mro_of(type(thing))
    # Not "in": that would compare, and a metaclass may have its own way to.
    return any(base is cls for base in mro for cls in classes)


def implements(cls: type, *interfaces: InterfaceClass) -> bool:
    """Whether *cls* was declared to implement one of *interfaces*, or a base was.

    Source:
        ``zope.interface.declarations.implementedBy``: ``__implemented__`` of a class
        holds what was declared for it and its bases at that time; ``__iro__``, a plain
        attribute, is that with what those interfaces extend.
    """
    for base in mro_of(cls):
        declared = _namespace(base).get("__implemented__")
        if type(declared) is Implements:
            found = set(map(id, declared.__iro__))
            if any(id(interface) in found for interface in interfaces):
                return True
    return False


def class_name(cls: type) -> str:
    """The name for people, with the module unless that is ``builtins``."""
    known = _names.get(id(cls))
    if known:
        name: str = known[1]
        return name
    try:
        module = _module(cls)
    except AttributeError:
        module = None
    name = plain_name(_qualname(cls))
    if type(module) is str and module != "builtins":
        name = f"{module}.{name}"
    _names.note(id(cls), cls, name)
    return name


def type_name(thing: object) -> str:
    """The name of its class, as `class_name` has it."""
    return class_name(type(thing))


def plain_name(qualname: str) -> str:
    """A qualified name without the functions around a class or function.

    >>> plain_name("test.<locals>.Chat.ping"), plain_name("Chat.made.<locals>.<lambda>")
    ('Chat.ping', 'Chat.made.<lambda>')
    """
    parts = text_of(qualname).split(".<locals>.")
    named = [n for n, part in enumerate(parts) if not part.startswith("<")]
    return ".".join(parts[named[-1] if named else 0 :])


def text_of(name: object) -> str:
    """A name as plain text, whatever class it is of; of what is no text, its type."""
    if type(name) is str:
        return name
    # Not str(name): it may be of a class derived from str.
    return str.__str__(name) if is_a(name, str) else f"<{type_name(name)}>"


def forget() -> None:
    """Let go of the classes that were met, and of what was found out about them."""
    for memory in _memories:
        memory.clear()


def _note_readable(cls: type, name: str) -> Any:
    return _readable.note((id(cls), name), cls, _is_readable(cls, name))


def _is_readable(cls: type, name: str) -> bool:
    """Whether ``object.__getattribute__`` runs nothing of the program for *name*."""
    found = class_attribute(cls, name)
    kind = type(found)
    # A function is only bound to the instance.
    if found is MISSING or id(kind) in _INERT or kind is types.FunctionType:
        return True
    return class_attribute(kind, "__get__") is MISSING


def _readers_for(cls: type) -> tuple[Any, tuple[tuple[str, Any], ...]]:
    known = _readers.get(id(cls))
    readers: tuple[Any, tuple[tuple[str, Any], ...]]
    readers = known[1] if known else _readers.note(id(cls), cls, _readers_of(cls))
    return readers


def _readers_of(cls: type) -> tuple[Any, tuple[tuple[str, Any], ...]]:
    """How to get the dictionary of an instance, None without one, and each slot."""
    get_dict: Any = None
    slots = []
    for base in mro_of(cls):
        for key, value in _namespace(base).items():
            if id(type(value)) not in _INERT:
                continue
            name = text_of(key)
            if name == "__dict__":
                get_dict = get_dict or value.__get__
            elif type(value) is types.MemberDescriptorType and name not in _OFFSETS:
                slots.append((name, value.__get__))
    return get_dict, tuple(slots)
