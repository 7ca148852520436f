"""A process with the live page of a made-up program; it is told what to do on stdin.

Prints the address, then a line after each command: ``lose c3 t3``, ``ask c1``,
``answer c1``, ``remove t3`` or ``drop``, which hangs up on all who watch.
"""
# ruff: noqa: T201 - a command

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from twisted.internet import stdio
from twisted.internet.defer import Deferred, succeed
from twisted.internet.selectreactor import SelectReactor
from twisted.protocols.basic import LineReceiver

from heartbeat.graph.live import serve
from tests.graph.live.made_up import Crowd, Story

if TYPE_CHECKING:
    from heartbeat.graph.live import LivePage
    from heartbeat.graph.model import Snapshot

__all__ = ["Control", "Show", "main"]


class Show:
    """What the page shows: a story, or a crowd that moves with each look at it.

    Args:
        story: Not for a crowd.
        crowd: Not for a story.
    """

    def __init__(self, story: Story | None, crowd: Crowd | None) -> None:
        self.story = story
        self.crowd = crowd

    def source(self) -> Deferred[Snapshot]:
        """For ``serve``, at the time it is."""
        now = time.time()  # noqa: TID251 - snapshots have it
        if self.crowd is not None:
            return succeed(self.crowd.step(now - self.crowd.now))
        assert self.story is not None
        self.story.now = now
        return self.story.source()


class Control(LineReceiver):
    """Commands from the test."""

    delimiter = b"\n"

    page: LivePage

    def __init__(self, reactor: Any, show: Show) -> None:
        self._reactor = reactor
        self._show = show

    def lineReceived(self, line: bytes) -> None:
        """Do it, and say so."""
        word, *arguments = line.decode().split()
        story = self._show.story
        assert story is not None
        if word == "lose":
            story.lose(*arguments)
        elif word == "drop":
            self.page._site.hang_up()
        elif word == "remove":
            del story.kept[arguments[0]]
        else:
            story.ask(arguments[0], answered=word == "answer")
        print("done", flush=True)

    def connectionLost(self, reason: object = None) -> None:
        """The test is over."""
        if self._reactor.running:
            self._reactor.stop()


def main(*sizes: str) -> None:
    """Serve until stdin ends."""
    reactor = SelectReactor()
    now = time.time()  # noqa: TID251 - as above
    crowd = Crowd(*map(int, sizes), now=now) if sizes else None
    show = Show(None if crowd else Story(now), crowd)
    control = Control(reactor, show)
    stdio.StandardIO(control, reactor=reactor)

    def opened(page: LivePage) -> None:
        control.page = page
        print(page.url, flush=True)

    serve(reactor, source=show.source).addCallback(opened)
    reactor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
