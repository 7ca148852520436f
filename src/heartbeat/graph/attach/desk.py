"""What can be asked of a program: a snapshot, and its live page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, maybeDeferred, succeed

from heartbeat.events import report
from heartbeat.graph.attach.language import LanguageError, answer
from heartbeat.graph.attach.taking import Taking, take_soon
from heartbeat.graph.pictures.pieces import count_of, pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from heartbeat.graph.model import Snapshot

__all__ = ["Desk", "lines_of", "serve_page"]


def serve_page(reactor: Any) -> Deferred[Any]:
    """Open the live page: an object with ``url`` and ``close()``."""
    from heartbeat.graph.live import serve  # noqa: PLC0415 - imports twisted.web

    return serve(reactor)


class Desk:
    """Answers questions about *reactor*.

    Args:
        reactor: What is asked about.
        soon: How a snapshot is taken.
        serve: How the live page is opened; that happens once.
    """

    def __init__(
        self,
        reactor: Any,
        soon: Callable[[Any], Deferred[Snapshot]] = take_soon,
        serve: Callable[[Any], Deferred[Any]] = serve_page,
    ) -> None:
        self._reactor = reactor
        self._taking = Taking(reactor, soon)
        self._serve = serve
        self._page: Any = None
        self._opening: Deferred[Any] | None = None
        self._waiting: list[Deferred[str]] = []

    def answer(self, word: str) -> Deferred[Iterator[bytes]]:
        """The lines that answer a question for *word*.

        Raises:
            LanguageError: There is no such word.
        """
        if word == "snapshot":
            return self._taking.next().addCallback(lines_of)
        if word == "page":
            return self.page().addCallback(lambda url: iter([answer("page", url=url)]))
        raise LanguageError(f"{word!r} cannot be asked, only 'snapshot' and 'page'")

    def page(self) -> Deferred[str]:
        """The address of the live page, which is opened if it is not open yet."""
        if self._page is not None:
            return succeed(self._page.url)
        asked: Deferred[str] = Deferred()
        self._waiting.append(asked)
        if self._opening is None:
            self._opening = maybeDeferred(self._serve, self._reactor)
            self._opening.addCallback(self._opened).addBoth(self._tell)
        return asked

    def close(self) -> None:
        """No snapshot is being taken, and the page is being closed."""
        self._taking.stop()
        if self._opening is not None:
            self._opening.cancel()
        if self._page is not None:
            closed = maybeDeferred(self._page.close)
            closed.addErrback(lambda failure: report("the live page stays", failure))
            self._page = None

    def _opened(self, page: Any) -> str:
        self._page = page
        return str(page.url)

    def _tell(self, result: Any) -> None:
        self._opening = None
        waiting, self._waiting = self._waiting, []
        for asked in waiting:
            # A Failure goes to the errbacks; one that was cancelled ignores it.
            asked.callback(result)


def lines_of(snapshot: Snapshot) -> Iterator[bytes]:
    """The lines of an answer, each made when it is its turn."""
    from heartbeat.graph.pictures.codec import to_json  # noqa: PLC0415 - not at import

    yield answer("snapshot", pieces=count_of(snapshot))
    for piece in pieces_of(snapshot):
        yield to_json(piece).encode() + b"\n"
