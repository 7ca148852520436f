"""Names, numbers and places as people read them, safe to print."""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from heartbeat.graph.model import Site, Snapshot, Task, Timer

__all__ = [
    "Names",
    "ago",
    "columns",
    "counted",
    "due",
    "duration",
    "fit",
    "number",
    "place",
    "plain",
    "size",
    "times",
]

# What moves a cursor, hides text or turns its direction, and what no file may contain.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\uffff\U000e0000-\U000e0fff]"
)

_SCALE = [
    (0.0995, 0.001, "ms"),
    (99.5, 1.0, "s"),
    (99.5 * 60, 60.0, "min"),
    (48 * 3600.0, 3600.0, "h"),
    (math.inf, 86400.0, "days"),
]
"""Below what, in which unit, and what it is called."""

_NOW = 0.0005
"""Seconds that are none."""

_SIZES = ["B", "kB", "MB", "GB", "TB"]

_THOUSAND = 1000.0

_FOLDERS = re.compile(r".*/(?:site-packages|dist-packages|lib/python3\.\d+)/(?=.)")

_TAIL = 3
"""Parts of a long path that are shown."""


def plain(text: str) -> str:
    r"""*text* with everything escaped that a terminal might obey, or not show.

    >>> print(plain("Chat\x1b[31m"))
    Chat\x1b[31m
    """
    return _UNSAFE.sub(_escaped, text)


def columns(text: str) -> int:
    """How many columns of a terminal *text* takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def fit(text: str, width: int) -> str:
    """*text* in at most *width* columns, an ellipsis at its end if it was cut.

    >>> fit("postConnectionLostCall", 10)
    'postConne…'
    """
    if columns(text) <= width:
        return text
    ends = itertools.accumulate(map(_columns, text))
    kept = sum(end < width for end in ends)
    return f"{text[:kept]}…" if width > 0 else ""


def duration(seconds: float) -> str:
    """Without its sign.

    >>> duration(0.04), duration(2.34), duration(31), duration(180), duration(86400)
    ('40 ms', '2.3 s', '31 s', '3 min', '24 h')
    """
    value = abs(seconds)
    if not math.isfinite(value):
        return "for ever"
    length, unit = next(row[1:] for row in _SCALE if value < row[0])
    return f"{_digits(value / length)} {unit}"


def due(seconds: float) -> str:
    """When something runs.

    >>> due(2.34), due(-0.4), due(0.0)
    ('in 2.3 s', '0.4 s late', 'now')
    """
    if abs(seconds) < _NOW:
        return "now"
    return f"in {duration(seconds)}" if seconds >= 0 else f"{duration(seconds)} late"


def ago(seconds: float) -> str:
    """How long since.

    >>> ago(2.34), ago(0.0)
    ('2.3 s ago', 'just now')
    """
    return "just now" if abs(seconds) < _NOW else f"{duration(seconds)} ago"


def size(octets: int) -> str:
    """A number of bytes.

    >>> size(512), size(1500), size(20_000_000)
    ('512 B', '1.5 kB', '20 MB')
    """
    value, power = float(min(octets, 10**18)), 0
    while value >= _THOUSAND - 0.5 and power < len(_SIZES) - 1:
        value /= _THOUSAND
        power += 1
    return f"{_digits(value)} {_SIZES[power]}"


def number(value: int) -> str:
    """With commas.

    >>> number(3000)
    '3,000'
    """
    return f"{value:,}"


def counted(value: int, thing: str) -> str:
    """How many there are of a thing.

    >>> counted(1, "call"), counted(3000, "call"), counted(2, "process")
    ('1 call', '3,000 calls', '2 processes')
    """
    plural = "" if value == 1 else "es" if thing.endswith("s") else "s"
    return f"{number(value)} {thing}{plural}"


def times(value: int, name: str) -> str:
    """Several of something, in short.

    >>> times(3000, "Chat") == "3,000 \N{MULTIPLICATION SIGN} Chat"
    True
    """
    return f"{number(value)} \N{MULTIPLICATION SIGN} {name}"


def place(site: Site) -> str:
    """A file and line, without the folders that say little.

    >>> from heartbeat.graph.model import Site
    >>> place(Site("/usr/lib/python3.11/asyncio/tasks.py", 7))
    'asyncio/tasks.py:7'
    """
    file = _FOLDERS.sub("", site.file)
    parts = file.split("/")
    if len(parts) > _TAIL + 1:
        file = "/".join(["…", *parts[-_TAIL:]])
    return plain(f"{file}:{site.line}")


class Names:
    """Names without their modules, as long as that leaves no doubt which is meant.

    Args:
        names: All qualified names that will be asked for.
    """

    def __init__(self, names: Iterable[str]) -> None:
        full = set(names)
        short = {name: _without_modules(name) for name in full}
        times = Counter(short.values())
        self._short = {
            name: plain(short[name] if times[short[name]] == 1 else name)
            for name in full
        }

    @classmethod
    def of(cls, *snapshots: Snapshot) -> Names:
        """Of all that is named in *snapshots*."""
        return cls(name for snapshot in snapshots for name in _names_in(snapshot))

    def short(self, name: str) -> str:
        """``ClientAPI`` for ``chat.ClientAPI``, if there is no other ``ClientAPI``."""
        found = self._short.get(name)
        return plain(name) if found is None else found

    def phrase(self, text: str) -> str:
        """*text* with its names shortened: ``factory Chat``."""
        return plain(" ".join(self._short.get(word, word) for word in text.split(" ")))


def _digits(value: float) -> str:
    """Two that matter, at least: ``0.04``, ``2.3``, ``31``, ``180``."""
    if value >= 9.95:  # noqa: PLR2004 - where rounding makes it 10
        return f"{value:.0f}"
    text = f"{value:.{1 if value >= 0.0995 else 2}f}"  # noqa: PLR2004 - as above
    return text.rstrip("0").rstrip(".")


def _names_in(snapshot: Snapshot) -> Iterator[str]:
    for end in snapshot.endpoints:
        yield from (end.protocol, end.factory or "", end.producer or "", *end.layers)
    for timer in snapshot.timers:
        yield timer.function
        yield from timer.arguments
    for task in snapshot.tasks:
        yield task.coroutine
    linked: Sequence[Timer | Task] = [*snapshot.timers, *snapshot.tasks]
    for each in linked:
        yield from (word for link in each.links for word in _words_of(link.owner))
    for service in snapshot.services:
        yield from (service.endpoint, service.factory)
    yield snapshot.process.reactor


def _words_of(owner: str | None) -> list[str]:
    return [] if owner is None else [word for word in owner.split(" ") if "." in word]


def _without_modules(name: str) -> str:
    """From the first class on, or the function with what is inside it."""
    parts = name.split(".")
    for index, part in enumerate(parts):
        if part.lstrip("_")[:1].isupper():
            return ".".join(parts[index:])
        if part.startswith("<"):
            return ".".join(parts[max(index - 1, 0) :])
    return parts[-1]


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape", "backslashreplace").decode("ascii")
