"""Looking at objects runs nothing of theirs, and leaves them as they were."""

from __future__ import annotations

import collections
import functools
import gc
import sys
import types
import weakref
from typing import Any, ClassVar
from unittest import skipIf

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.interfaces import IHalfCloseableProtocol, IProtocol, ITransport
from twisted.internet.protocol import Protocol
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import (
    Interface,
    classImplements,
    implementedBy,
    implementer,
    implementer_only,
    providedBy,
)

from heartbeat.graph import static
from heartbeat.graph.static import (
    MISSING,
    Memory,
    attribute,
    attributes,
    class_attribute,
    class_name,
    forget,
    has_attributes,
    implements,
    is_a,
    mro_of,
    plain_name,
    text_of,
    type_name,
)
from tests.graph.traps import TRAP, armed, watched


class Plain:
    """An object like most."""

    kind = "plain"

    def __init__(self) -> None:
        self.one = 1

    def method(self) -> None:
        """Nothing."""


class Slotted:
    """One with slots, of which one is never set."""

    __slots__ = ("__hidden", "left", "never")

    def __init__(self) -> None:
        self.left, self.__hidden = 1, 2


class Both(Slotted):
    """Slots of a base, and a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.more = 3


class Told(Exception):
    """Code that must not run, ran."""


class Descriptor:
    """A descriptor of the program."""

    def __get__(self, instance: object, owner: object) -> Any:
        raise Told


class Computed:
    """Attributes that are code."""

    custom = Descriptor()
    cached = functools.cached_property(lambda _: 1)
    called: ClassVar[Any] = classmethod(lambda _: 1)

    @property
    def value(self) -> int:
        raise Told

    def __getattr__(self, name: str) -> Any:
        raise Told

    def __getattribute__(self, name: str) -> Any:
        raise Told


class AttributeTests(SynchronousTestCase):
    """One attribute."""

    def test_found(self) -> None:
        """Of the instance, of its slots, and of its class."""
        thing, slotted = Plain(), Both()

        self.assertEqual(attribute(thing, "one"), 1)
        self.assertEqual(attribute(thing, "kind"), "plain")
        self.assertEqual(attribute(thing, "method"), thing.method)
        self.assertEqual(attribute(slotted, "left"), 1)
        self.assertEqual(attribute(slotted, "_Slotted__hidden"), 2)
        self.assertEqual(attribute(slotted, "more"), 3)

    def test_missing(self) -> None:
        """What is not there, or not set, is missing."""
        self.assertIs(attribute(Plain(), "other"), MISSING)
        self.assertIs(attribute(Slotted(), "never"), MISSING)

    def test_again(self) -> None:
        """The second time, and of another instance, the answer is as good."""
        one, two = Plain(), Plain()
        two.one = 2

        found = [attribute(each, "one") for each in (one, two, one)]

        self.assertEqual(found, [1, 2, 1])

    def test_code(self) -> None:
        """What code would have to say is missing."""
        thing = Computed()

        for name in ("custom", "cached", "called", "value", "absent"):
            self.assertIs(attribute(thing, name), MISSING, name)

    def test_instance_of_computed(self) -> None:
        """What the instance has is read past ``__getattribute__``."""
        thing = Computed()
        object.__setattr__(thing, "own", 5)

        self.assertEqual(attribute(thing, "own"), 5)

    def test_inherited_property(self) -> None:
        """A property of a base counts, and a plain value over it as well."""

        class Over(Computed):
            value = 7

        class Under(Computed):
            pass

        self.assertEqual(attribute(Over(), "value"), 7)
        self.assertIs(attribute(Under(), "value"), MISSING)

    def test_setter_only(self) -> None:
        """A descriptor that can only be set has nothing to run."""

        class Setter:
            def __set__(self, instance: object, value: object) -> None:
                raise Told

        class Thing:
            field = Setter()

        thing = Thing()
        vars(thing)["field"] = 1

        self.assertEqual(attribute(thing, "field"), 1)

    def test_borrowed_slot(self) -> None:
        """The slot of another class, which cannot be read here, is missing."""

        class Borrows:
            left = vars(Slotted)["left"]

        self.assertIs(attribute(Borrows(), "left"), MISSING)
        self.assertEqual(list(attributes(Borrows())), [])

    def test_c_attribute(self) -> None:
        """Attributes made in C are read, and one that raises is missing."""

        def outer() -> Any:
            def inner() -> object:
                return late

            cell = (inner.__closure__ or ())[0]
            empty = attribute(cell, "cell_contents")
            late = 1
            return empty, attribute(cell, "cell_contents")

        self.assertEqual(attribute(functools.partial(int, "3"), "args"), ("3",))
        self.assertEqual(outer(), (MISSING, 1))

    def test_changed_class(self) -> None:
        """Once all is forgotten, a class that has changed is looked at anew."""

        class Changing:
            field: Any = 1

        self.assertEqual(attribute(Changing(), "field"), 1)
        Changing.field = property(lambda _: 2)
        forget()

        self.assertIs(attribute(Changing(), "field"), MISSING)

    def test_not_materialised(self) -> None:
        """Reading attributes does not give an instance a dictionary of its own."""
        thing = Plain()
        thing.one = 2
        before = [*gc.get_referents(thing)], sys.getsizeof(thing)

        for name in ("one", "kind", "method", "other", "__class__"):
            attribute(thing, name)

        self.assertEqual(([*gc.get_referents(thing)], sys.getsizeof(thing)), before)

    @skipIf(not (3, 11) <= sys.version_info < (3, 13), "instances have one, or views")
    def test_materialised(self) -> None:
        """The measure for that is right: reading all attributes does it."""
        thing = Plain()
        before = gc.get_referents(thing)
        list(attributes(thing))

        self.assertNotEqual(gc.get_referents(thing), before)

    def test_protocols_not_materialised(self) -> None:
        """Nor of a protocol and a transport."""
        for thing in (Protocol(), StringTransport()):
            before = list(map(id, gc.get_referents(thing)))
            for name in ("transport", "factory", "connected", "protocol", "nothing"):
                attribute(thing, name)

            self.assertEqual(list(map(id, gc.get_referents(thing))), before)


class AttributesTests(SynchronousTestCase):
    """All of them."""

    def test_all(self) -> None:
        """Those in the dictionary and those in slots, but none that are not set."""
        self.assertEqual(dict(attributes(Plain())), {"one": 1})
        self.assertEqual(
            dict(attributes(Slotted())), {"left": 1, "_Slotted__hidden": 2}
        )
        self.assertEqual(
            dict(attributes(Both())), {"left": 1, "_Slotted__hidden": 2, "more": 3}
        )

    def test_none(self) -> None:
        """An object of a C module has none."""
        self.assertEqual(list(attributes(object())), [])
        self.assertFalse(has_attributes(object))
        self.assertTrue(has_attributes(Plain))
        self.assertTrue(has_attributes(Slotted))

    def test_namespace(self) -> None:
        """Those of a ``SimpleNamespace`` are its own, not one in a dictionary."""
        found = list(attributes(types.SimpleNamespace(one=1)))

        self.assertEqual(found, [("one", 1)])

    def test_class(self) -> None:
        """A class, whose namespace is no dictionary, has none."""
        self.assertNotIn("method", dict(attributes(Plain)))

    def test_own_dict(self) -> None:
        """A property called ``__dict__`` is not asked."""

        class Odd:
            @property
            def __dict__(self) -> Any:  # type: ignore[override]
                raise Told

        self.assertEqual(list(attributes(Odd())), [])

    def test_slot_called_dict(self) -> None:
        """A dictionary that is asked for as a slot is found."""

        class Odd:
            __slots__ = ("__dict__", "a")

        thing: Any = Odd()
        thing.a, thing.b = 1, 2

        self.assertEqual(dict(attributes(thing)), {"a": 1, "b": 2})

    def test_dictionary_of_a_class(self) -> None:
        """A dictionary of a derived class in the place of the usual one is not asked."""
        thing = Plain()
        thing.__dict__ = armed(dict)({"two": 2})
        with watched() as ran:
            found = list(attributes(thing))
            one = attribute(thing, "two")

        self.assertEqual((found, one, ran), ([("two", 2)], 2, []))

    def test_names(self) -> None:
        """Names that are no plain strings become such, without a question to them."""
        thing = Plain()
        names: dict[Any, Any] = {armed(str)("two"): 2, 3: 4, TRAP(): 5}
        thing.__dict__ = names
        with watched() as ran:
            found = list(attributes(thing))
            types_ = [type(name) for name, _ in found]

        self.assertEqual(ran, [])
        self.assertEqual(
            found, [("two", 2), ("<int>", 4), ("<tests.graph.traps.Armed>", 5)]
        )
        self.assertEqual(types_, [str, str, str])

    def test_changed_meanwhile(self) -> None:
        """What is changed while it is looked at is shown as it was."""
        thing: Any = Plain()
        names = []
        for name, _ in attributes(thing):
            names.append(name)
            thing.more = 1

        self.assertEqual(names, ["one"])


def _made() -> Any:
    return type("Adrift", (), {})


class ClassTests(SynchronousTestCase):
    """Classes."""

    def test_class_attribute(self) -> None:
        """As it stands in the class or a base, descriptors too."""
        self.assertIsInstance(class_attribute(Computed, "value"), property)
        self.assertEqual(class_attribute(Both, "__slots__"), Slotted.__slots__)
        self.assertIs(class_attribute(Both, "nothing"), MISSING)

    def test_is_a(self) -> None:
        """By the real class, whatever is claimed."""
        liar = armed(Plain)()
        with watched() as ran:
            answers = is_a(liar, Plain), is_a(liar, int), is_a(liar, int, Plain)

        self.assertEqual((answers, ran), ((True, False, True), []))

    def test_mro(self) -> None:
        """The interpreter's own order."""
        self.assertEqual(mro_of(Both), (Both, Slotted, object))

    def test_names(self) -> None:
        """With the module, unless that is of builtins or no text."""
        nowhere = type("Nowhere", (), {"__module__": 3})
        adrift = types.FunctionType(_made.__code__, {})()

        self.assertEqual(class_name(Plain), f"{__name__}.Plain")
        self.assertEqual(class_name(Plain), f"{__name__}.Plain")
        self.assertEqual(class_name(int), "int")
        self.assertEqual(class_name(collections.deque), "collections.deque")
        self.assertEqual(class_name(adrift), "Adrift")
        self.assertEqual(class_name(nowhere), "Nowhere")
        self.assertEqual(type_name(Both()), f"{__name__}.Both")

    def test_name_of_a_class(self) -> None:
        """A class whose name is of a class derived from str has a plain name."""
        cls = type("Cls", (), {})
        cls.__qualname__ = armed(str)("outer.<locals>.Inner")
        with watched() as ran:
            name = class_name(cls)
            kind = type(name)

        self.assertEqual((name, kind, ran), (f"{__name__}.Inner", str, []))

    def test_traps(self) -> None:
        """No question about an object or its class runs anything of theirs."""
        thing = TRAP()
        holder = type("Holder", (), {"field": TRAP(), "other": armed()()})()
        with watched() as ran:
            attribute(thing, "absent")
            attribute(thing, "__dict__")
            attribute(holder, "field")
            attribute(holder, "other")
            list(attributes(thing))
            list(attributes(holder))
            has_attributes(type(thing))
            class_attribute(type(thing), "absent")
            implements(type(thing), IProtocol)
            is_a(thing, int)
            type_name(thing)

        self.assertEqual(ran, [])


class TakenBack:
    """A proxy that took its interfaces back, to have those of what is behind it."""

    def __init__(self, inner: object) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


implementer(ITransport)(TakenBack)
for _name in ("__implemented__", "__providedBy__", "__provides__"):
    delattr(TakenBack, _name)


@implementer(IProtocol, IHalfCloseableProtocol)
class Halves(Protocol):
    """A protocol with more interfaces than the usual ones."""

    def readConnectionLost(self) -> None:
        """Nothing."""

    def writeConnectionLost(self) -> None:
        """Nothing."""


class IExtended(ITransport):
    """An interface that extends another."""


class ImplementsTests(SynchronousTestCase):
    """Interfaces."""

    def test_declared(self) -> None:
        """For the class, for a base, or by what it extends."""

        class Extended:
            pass

        classImplements(Extended, IExtended)  # type: ignore[misc]

        class Derived(Extended):
            pass

        self.assertTrue(implements(Halves, IHalfCloseableProtocol))
        self.assertTrue(implements(Halves, ITransport, IProtocol))
        self.assertFalse(implements(Halves, ITransport))
        self.assertFalse(implements(Plain, IProtocol))
        self.assertTrue(implements(Derived, ITransport))
        self.assertTrue(implements(Derived, Interface))

    def test_only(self) -> None:
        """What a base was declared to implement counts, even if taken back."""

        @implementer_only(ITransport)
        class Only(Protocol):
            pass

        self.assertTrue(implements(Only, ITransport))
        self.assertTrue(implements(Only, IProtocol))

    def test_nothing_written(self) -> None:
        """A question leaves nothing in the class, as one of zope's does."""

        class Asked:
            pass

        before = set(vars(Asked))
        implements(Asked, IProtocol)
        self.assertEqual(set(vars(Asked)), before)

        implementedBy(Asked)
        self.assertNotEqual(set(vars(Asked)), before)

    def test_taken_back(self) -> None:
        """A proxy provides the same before and after."""
        proxy = TakenBack(Halves())
        before = set(providedBy(proxy))

        self.assertFalse(implements(TakenBack, IProtocol))
        list(attributes(proxy))
        attribute(proxy, "__provides__")
        attribute(proxy, "__providedBy__")

        self.assertEqual(set(providedBy(proxy)), before)
        self.assertIn(IHalfCloseableProtocol, before)
        self.assertNotIn("__implemented__", vars(TakenBack))

    def test_something_else(self) -> None:
        """What only looks like a declaration is not asked."""
        cls = type("Cls", (), {"__implemented__": TRAP()})
        old = type("Old", (), {"__implemented__": (IProtocol,)})
        with watched() as ran:
            answers = implements(cls, IProtocol), implements(old, IProtocol)

        self.assertEqual((answers, ran), ((False, False), []))

    def test_declared_later(self) -> None:
        """Declarations are not remembered."""

        class Later:
            pass

        self.assertFalse(implements(Later, IProtocol))
        classImplements(Later, IProtocol)  # type: ignore[misc]
        self.assertTrue(implements(Later, IProtocol))


class PlainNameTests(SynchronousTestCase):
    """Qualified names."""

    def test_names(self) -> None:
        """Without the functions around, but for what has no name of its own."""
        for name, plain in {
            "Chat.ping": "Chat.ping",
            "test.<locals>.Chat.ping": "Chat.ping",
            "Chat.made.<locals>.<lambda>": "Chat.made.<lambda>",
            "f.<locals>.g.<locals>.<lambda>": "g.<lambda>",
            "<lambda>.<locals>.<lambda>": "<lambda>.<lambda>",
            "<lambda>": "<lambda>",
            "f.<locals>.<listcomp>.<locals>.g": "g",
            "": "",
        }.items():
            self.assertEqual(plain_name(name), plain)

    def test_deep(self) -> None:
        """Functions in functions, however deep."""
        name = ".<locals>.".join(["<lambda>"] * 5000)

        self.assertEqual(plain_name(name), ".".join(["<lambda>"] * 5000))

    @given(st.lists(st.sampled_from(["a", "B.c", "<lambda>", "<genexpr>", ""])))
    def test_any(self, parts: list[str]) -> None:
        """It ends as it did, has no functions around, and is final."""
        whole = ".<locals>.".join(parts)
        name = plain_name(whole)

        self.assertTrue(whole.endswith(name.rpartition(".")[2]))
        self.assertNotIn("<locals>", name)
        self.assertEqual(plain_name(name), name)
        if parts and not parts[-1].startswith("<"):
            self.assertEqual(name, parts[-1])

    @given(st.text())
    def test_text(self, name: str) -> None:
        """Any text has a plain name."""
        self.assertNotIn(".<locals>.", plain_name(name))

    def test_text_of(self) -> None:
        """Text stays text, and a derived class of it becomes plain."""
        derived = armed(str)("name")
        with watched() as ran:
            found = text_of(derived)
            kind = type(found)

        self.assertEqual((found, kind, ran), ("name", str, []))
        self.assertEqual((text_of("a"), text_of(3)), ("a", "<int>"))


class MemoryTests(SynchronousTestCase):
    """What is remembered."""

    def test_forgotten(self) -> None:
        """A class is kept until all is forgotten, and not after."""
        cls = type("Cls", (), {})
        attribute(cls(), "x")
        list(attributes(cls()))
        class_name(cls)
        weak = weakref.ref(cls)
        del cls
        gc.collect()
        self.assertIsNotNone(weak())

        forget()
        gc.collect()
        self.assertIsNone(weak())

    def test_bounded(self) -> None:
        """It does not grow for ever."""
        self.patch(static, "KEPT", 3)
        memory = Memory()
        self.addCleanup(static._memories.remove, memory)
        answers = [memory.note(n, n, n * 2) for n in range(10)]

        self.assertEqual(answers, [n * 2 for n in range(10)])
        self.assertLessEqual(len(memory), 4)
        self.assertEqual(memory[9], (9, 18))

    def test_found_once(self) -> None:
        """What was found out about a class is not found out again."""
        memory, asked = Memory(), list[type]()
        self.addCleanup(static._memories.remove, memory)

        def find(cls: type) -> str:
            asked.append(cls)
            return cls.__name__

        self.assertEqual([memory.of(int, find), memory.of(int, find)], ["int", "int"])
        self.assertEqual(asked, [int])
        memory.clear()
        memory.of(int, find)
        self.assertEqual(asked, [int, int])
