"""Put a function before a method of one object, and take it off again.

It is set on the *instance*, before the method of its class; no class is changed
and no subclass needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Shadow"]

_ABSENT: Any = object()


class Shadow:
    """A function that stands before a method of one object until it is removed.

    Args:
        target: The object; its attributes can be set.
        name: The method's.
        make: Given what the name meant so far, the function to stand before it.
    """

    __slots__ = ("_covered", "_function", "_name", "_target")

    def __init__(
        self, target: object, name: str, make: Callable[[Callable[..., Any]], Any]
    ) -> None:
        self._target: object | None = target
        self._name = name
        self._covered = vars(target).get(name, _ABSENT)
        self._function = make(getattr(target, name))
        setattr(target, name, self._function)

    @property
    def on_top(self) -> bool:
        """Whether the name still means this function, and not somebody else's."""
        target = self._target
        return target is not None and vars(target).get(self._name) is self._function

    def remove(self) -> None:
        """Give the name its meaning back, unless somebody else has changed it.

        Nothing of the object is kept. Harmless when it was removed.
        """
        if self.on_top:
            self._uncover()
        self._target = self._function = self._covered = None

    def _uncover(self) -> None:
        if self._covered is _ABSENT:
            delattr(self._target, self._name)
        else:
            setattr(self._target, self._name, self._covered)
