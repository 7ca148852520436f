"""The tasks of an asyncio event loop, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartbeat.graph.endpoints.ids import id_of
from heartbeat.graph.search.naming import site_of
from heartbeat.graph.static import (
    attribute,
    class_attribute,
    class_name,
    mro_of,
    plain_name,
    text_of,
)
from heartbeat.graph.timers import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.graph.timers import Link

__all__ = ["task_of"]


def task_of(task: Any, links_from: Callable[[object], tuple[Link, ...]]) -> Task:
    """What *task* runs, where that stands, and which connections it will touch.

    Args:
        task: An ``asyncio.Task`` that is not done.
        links_from: Finds the links of an object.
    """
    coroutine = _asked(task, "get_coro")
    name = attribute(coroutine, "__qualname__")
    return Task(
        id=id_of(task, "a"),
        name=text_of(_asked(task, "get_name")),
        coroutine=plain_name(name) if type(name) is str else "",
        site=site_of(coroutine),
        links=links_from(coroutine),
    )


_OWN = {"_asyncio.Task", "asyncio.tasks.Task"}


def _asked(task: Any, name: str) -> Any:
    """What a method of asyncio's own class says, never one of the program's."""
    own = next((cls for cls in mro_of(type(task)) if class_name(cls) in _OWN), None)
    return "" if own is None else class_attribute(own, name)(task)
