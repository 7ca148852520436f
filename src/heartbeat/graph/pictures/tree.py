"""Lines of a terminal that hang from each other, in colour if wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from heartbeat.graph.pictures.labels import columns, fit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Branch", "Span", "lines_of", "printed"]

Span = tuple[str, str]
"""A style and a text; the style is ``""`` or one of `STYLES`."""

STYLES = {
    "stray": "1;31",
    "gone": "31",
    "warning": "33",
    "good": "32",
    "id": "36",
    "dim": "2",
    "bold": "1",
}
"""By which codes a terminal shows them."""

_GAP = "  "


@attrs.frozen
class Branch:
    """A line, more on the same thing below it, and what hangs from it.

    Attributes:
        spans: The line; those without text are left out.
        details: More lines.
        branches: What hangs from it.
    """

    spans: Sequence[Span]
    details: Sequence[Sequence[Span]] = ()
    branches: Sequence[Branch] = ()


def lines_of(branches: Iterable[Branch]) -> Iterator[list[Span]]:
    """The lines of trees, each beginning at the left margin."""
    for branch in branches:
        yield list(branch.spans)
        yield from _below(branch, "")


def printed(
    lines: Iterable[Sequence[Span]], *, color: bool, width: int | None
) -> Iterator[str]:
    """Lines as text, cut to *width* columns."""
    for line in lines:
        spans = _spaced(line) if width is None else _cut(_spaced(line), width)
        text = "".join(_styled(*span) if color else span[1] for span in spans)
        yield text.rstrip()


def _below(branch: Branch, prefix: str) -> Iterator[list[Span]]:
    hangs = "│  " if branch.branches else "   "
    for detail in branch.details:
        yield [("dim", prefix + hangs), *detail]
    for index, each in enumerate(branch.branches):
        last = index == len(branch.branches) - 1
        yield [("dim", prefix + ("└─ " if last else "├─ ")), *each.spans]
        yield from _below(each, prefix + ("   " if last else "│  "))


def _spaced(line: Sequence[Span]) -> Iterator[Span]:
    """With gaps between the spans, but for those that are margin."""
    gap = ""
    for style, text in line:
        if text:
            yield style, text if text.isspace() else gap + text
            gap = "" if text.endswith(" ") else _GAP


def _cut(spans: Iterable[Span], width: int) -> Iterator[Span]:
    left = width
    for style, text in spans:
        part = fit(text, left)
        yield style, part
        left -= columns(part)
        if part != text:
            return


def _styled(style: str, text: str) -> str:
    if not style:
        return text
    # The gap is not part of it.
    bare = text.lstrip(" ")
    gap = text[: len(text) - len(bare)]
    return f"{gap}\x1b[{STYLES[style]}m{bare}\x1b[0m"
