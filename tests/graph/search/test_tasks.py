"""Tasks of an event loop, as values."""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Coroutine
from typing import Any
from unittest import skipIf

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.kinds import Strength
from heartbeat.graph.search.tasks import task_of
from heartbeat.graph.timers import Link
from tests.graph.traps import TRAP, armed, watched

LINK = Link(target="c1", strength=Strength.OWNED)


async def wait() -> None:
    """Wait for ever."""
    await asyncio.Event().wait()


@types.coroutine
def old() -> Any:
    """A coroutine of the old kind."""
    yield


class Strange(Coroutine[Any, Any, None]):
    """A coroutine of the program's own."""

    cr_code = TRAP()
    __qualname__: Any

    def send(self, value: object) -> None:
        """Wait for ever."""

    def throw(self, *args: Any) -> None:
        """End."""
        raise StopIteration

    def close(self) -> None:
        """End."""

    def __await__(self) -> Any:
        """Not used."""


class TaskTests(SynchronousTestCase):
    """`task_of`."""

    def setUp(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.tasks: list[asyncio.Task[Any]] = []
        self.addCleanup(self.close)

    def close(self) -> None:
        """End all tasks, and the event loop."""
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            waiting = asyncio.gather(*self.tasks, return_exceptions=True)
            self.loop.run_until_complete(waiting)
        self.loop.close()

    def made(self, coroutine: Any, cls: Any = asyncio.Task) -> Any:
        """A task of the event loop."""
        task = cls(coroutine, loop=self.loop, name="mine")
        self.tasks.append(task)
        return task

    def test_task(self) -> None:
        """Its name, what it runs, where that stands, and where it leads."""
        asked: list[object] = []

        def links_from(thing: object) -> tuple[Link, ...]:
            asked.append(thing)
            return (LINK,)

        task = self.made(wait())
        found = task_of(task, links_from)

        self.assertEqual(found.id[0], "a")
        self.assertEqual(found.id, task_of(task, links_from).id)
        self.assertEqual((found.name, found.coroutine), ("mine", "wait"))
        assert found.site is not None
        self.assertEqual(found.site.file, __file__)
        self.assertEqual(found.site.line, wait.__code__.co_firstlineno)
        self.assertEqual(found.links, (LINK,))
        self.assertIs(asked[0], task.get_coro())

    def test_method(self) -> None:
        """A method's coroutine is named with its class."""

        class Chat:
            async def run(self) -> None:
                await wait()

        self.assertEqual(self.seen(self.made(Chat().run())).coroutine, "Chat.run")

    @skipIf(sys.version_info >= (3, 12), "there are no such tasks any more")
    def test_generator(self) -> None:
        """A coroutine of the old kind stands somewhere, too."""
        found = self.seen(self.made(old()))

        assert found.site is not None
        self.assertEqual((found.coroutine, found.site.file), ("old", __file__))

    def test_done(self) -> None:
        """A task that is done by now can still be asked."""

        async def nothing() -> None:
            pass

        task = self.made(nothing())
        self.loop.run_until_complete(task)

        self.assertEqual(self.seen(task).name, "mine")

    def test_strange(self) -> None:
        """A coroutine of the program's own is not asked for anything."""
        task = self.made(Strange())
        with watched() as ran:
            found = self.seen(task)

        self.assertEqual((found.coroutine, found.site, ran), ("", None, []))

    def test_of_program(self) -> None:
        """A task of a derived class is asked as the task that it is."""

        class Odd(asyncio.Task[Any]):
            watch = False

            def get_name(self) -> str:
                assert not self.watch
                return super().get_name()

            def get_coro(self) -> Any:
                assert not self.watch
                return super().get_coro()

        task = self.made(wait(), Odd)
        task.watch = True
        found = self.seen(task)
        task.watch = False

        self.assertEqual((found.name, found.coroutine), ("mine", "wait"))

    def test_name_of_program(self) -> None:
        """A name becomes plain text."""
        task = self.made(wait())
        task.set_name(armed(str)("odd"))
        with watched() as ran:
            kind = type(self.seen(task).name)

        self.assertEqual((kind, ran), (str, []))

    def test_python(self) -> None:
        """Tasks in Python, of which debuggers make use, are tasks."""
        task = self.made(wait(), asyncio.tasks._PyTask)  # type: ignore[attr-defined]

        self.assertEqual(self.seen(task).coroutine, "wait")

    def test_no_task(self) -> None:
        """What is none is not asked."""
        thing = TRAP()
        with watched() as ran:
            found = self.seen(thing)

        self.assertEqual((found.name, found.coroutine, ran), ("", "", []))

    def seen(self, task: Any) -> Any:
        """The value, without links."""
        return task_of(task, lambda _: ())
