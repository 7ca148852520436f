"""Put a function before a method of one object, and take it off again.

It is set on the *instance*, before the method of its class; no class is changed
and no subclass needed. ``vars(target)`` is not used: it makes a dictionary that most
objects do without, and 64 bytes of it stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Shadow", "below", "cover", "uncover"]


def cover(
    target: Any, name: str, function: Callable[..., Any]
) -> Callable[..., Any] | None:
    """Let *function* stand before a method of *target*.

    Returns:
        What else the name meant on this instance; None for the method of its class.
    """
    found = getattr(target, name)
    of_class = getattr(type(target), name, None)
    inherited = found == getattr(of_class, "__get__", _nothing)(target)
    setattr(target, name, function)
    return None if inherited else found


def below(target: Any, name: str, own: Callable[..., Any] | None) -> Any:
    """What *name* means without the function before it.

    Args:
        target: The object.
        name: The method's.
        own: What `cover` returned.
    """
    return getattr(type(target), name).__get__(target) if own is None else own


def uncover(
    target: Any,
    name: str,
    function: Callable[..., Any],
    own: Callable[..., Any] | None,
) -> None:
    """Give the name its meaning back, unless somebody else has changed it."""
    if getattr(target, name, None) != function:  # a bound method is not the same twice
        return
    if own is None:
        delattr(target, name)
    else:
        setattr(target, name, own)


class Shadow:
    """A function that stands before a method of one object until it is removed.

    Args:
        target: The object; its attributes can be set.
        name: The method's.
        make: Given what the name meant so far, the function to stand before it.
    """

    __slots__ = ("_function", "_name", "_own", "_target")

    def __init__(
        self, target: object, name: str, make: Callable[[Callable[..., Any]], Any]
    ) -> None:
        self._target: object | None = target
        self._name = name
        self._function = make(getattr(target, name))
        self._own = cover(target, name, self._function)

    @property
    def on_top(self) -> bool:
        """Whether the name still means this function, and not somebody else's."""
        target = self._target
        return target is not None and getattr(target, self._name) is self._function

    def remove(self) -> None:
        """Give the name its meaning back, unless somebody else has changed it.

        Nothing of the object is kept. Harmless when it was removed.
        """
        if self._target is not None:
            uncover(self._target, self._name, self._function, self._own)
        self._target = self._function = self._own = None


def _nothing(target: object) -> None:
    """What a class without the method gives its instances."""
