"""Text in a drawing: how wide it is at most, whatever font shows it, and its escape."""

from __future__ import annotations

import itertools
import unicodedata
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MONO", "SANS", "attribute", "element", "fitted", "packed", "width_of"]

MONO = "m"
"""The class of text of which each character is as wide as the others: names."""

SANS = "s"
"""The class of all other text."""

_MONO_WIDTH = 0.61
"""Of the em: that of the widest common fonts of this kind."""

# Widths of the widest common sans-serif font, rounded up, in parts of the em.
_NARROW = dict.fromkeys("ijl.,:;'!| ", 0.36) | dict.fromkeys('frtI()[]/\\-"`', 0.45)
_WIDE = dict.fromkeys("mwMW@%", 1.0) | dict.fromkeys("…→", 1.0)
_MIDDLE = dict.fromkeys("ABCDEGHKNOPQRSUVXYZ&0123456789_+=<>~#", 0.79)
_SANS_WIDTHS = (
    _NARROW | _MIDDLE | _WIDE | dict.fromkeys("·\N{MULTIPLICATION SIGN}", 0.7)
)
_SANS_WIDTH = 0.65

_ELLIPSIS = "…"

_BOLD = 1.12
"""How much wider bold text is, at most, where widths differ."""

_LATIN = 0x180
"""Characters below it are as wide as letters in every font."""


def width_of(text: str, size: float, font: str = SANS, *, bold: bool = False) -> float:
    """Pixels that *text* takes, rather too many than too few."""
    factor = size * (_BOLD if bold and font == SANS else 1.0)
    if font == MONO and text.isascii():
        return len(text) * _MONO_WIDTH * factor
    return sum(_width(character, font) for character in text) * factor


def fitted(
    text: str, room: float, size: float, font: str = SANS, *, bold: bool = False
) -> str:
    """*text* in *room* pixels, an ellipsis at its end if it was cut."""
    if width_of(text, size, font, bold=bold) <= room:
        return text
    left = room - width_of(_ELLIPSIS, size, font, bold=bold)
    widths = (width_of(character, size, font, bold=bold) for character in text)
    kept = sum(end <= left for end in itertools.accumulate(widths))
    return text[:kept].rstrip(" ·,") + _ELLIPSIS


def packed(facts: Iterable[str], room: float, size: float, lines: int) -> list[str]:
    """Facts, several to a line, in *lines* lines at most; the rest is not told."""
    found: list[str] = []
    for fact in facts:
        longer = f"{found[-1]} · {fact}" if found else fact
        if found and width_of(longer, size) <= room:
            found[-1] = longer
        else:
            found.append(fact)
    if len(found) > lines:
        found[lines - 1 :] = [" · ".join(found[lines - 1 :])]
    return [fitted(line, room, size) for line in found]


def element(
    text: str, x: float, y: float, size: float, classes: str, *, end: bool = False
) -> str:
    """A piece of text at a place; its right end is there with *end*."""
    anchor = ' text-anchor="end"' if end else ""
    font = MONO if MONO in classes.split() else SANS
    squeezed = ""
    if not all(ord(c) < _LATIN or c in _SANS_WIDTHS for c in text):
        # Nobody knows how wide that is, so it is told.
        length = width_of(text, size, font, bold="b" in classes.split())
        squeezed = f' textLength="{length:.0f}" lengthAdjust="spacingAndGlyphs"'
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" class="{classes}"'
        f"{anchor}{squeezed}>{escape(text)}</text>"
    )


def attribute(text: str) -> str:
    """*text* between double quotes, for an attribute."""
    return f'"{escape(text, {chr(34): "&quot;"})}"'


def _width(character: str, font: str) -> float:
    if character in "→…" or unicodedata.east_asian_width(character) in "WF":
        return 1.1
    if font == MONO:
        return _MONO_WIDTH if ord(character) < _LATIN else 1.0
    if ord(character) >= _LATIN:
        return _SANS_WIDTHS.get(character, 1.0)
    return _SANS_WIDTHS.get(character, _SANS_WIDTH)
