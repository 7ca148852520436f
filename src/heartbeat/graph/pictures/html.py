"""A snapshot as one file of HTML: the drawing, and tables that can be searched.

The file needs nothing else and asks nobody for anything: its policy forbids it. What
the program is called and what its classes are called is data in it, never markup.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from heartbeat.graph.model import CallVerdict, State, Strength
from heartbeat.graph.pictures import facts
from heartbeat.graph.pictures.codec import to_json
from heartbeat.graph.pictures.labels import Names
from heartbeat.graph.pictures.svg import to_svg
from heartbeat.graph.pictures.text import to_text
from heartbeat.graph.pictures.words import SENTENCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartbeat.graph.model import Snapshot

__all__ = ["to_html"]

_TABLES = {
    "calls": (
        "Pending calls",
        ("id", "function", "runs", "verdict", "reaches", "defined, made"),
    ),
    "connections": (
        "Ports and connections",
        (
            *("id", "protocol", "state", "kind", "this end, other end", "evidence"),
            "over, from",
        ),
    ),
    "tasks": (
        "Tasks of the event loop",
        ("id", "coroutine", "name", "stands at", "reaches"),
    ),
    "services": (
        "Services",
        ("id", "factory", "state", "endpoint", "failed", "connection, next try"),
    ),
}
"""Titles, and names of the columns; the script knows what goes in."""


def to_html(snapshot: Snapshot, *, group: bool | None = None) -> str:
    """Write a snapshot as a page that works without a server.

    Args:
        snapshot: What to show.
        group: Whether equal calls and connections share a box of the drawing; None
            for: if there are more than 50. The tables have each by itself.
    """
    return "\n".join(_page(snapshot, group)) + "\n"


def _page(snapshot: Snapshot, group: bool | None) -> Iterator[str]:
    title = facts.heading(snapshot.process, Names.of(snapshot))
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(title)}</title>"
    yield f"<style>{_resource('page.css')}</style>\n</head>\n<body>\n<main>"
    yield f"<h1>{escape(title)}</h1>"
    yield f'<div class="drawing" tabindex="0">{to_svg(snapshot, group=group)}</div>'
    yield from _search()
    for name, (heading, columns) in _TABLES.items():
        yield from _table(name, heading, columns)
    yield from _legend()
    yield f"<noscript><pre>{escape(to_text(snapshot, group=group))}</pre></noscript>"
    yield "</main>"
    # No text in it can end the element, or open a comment.
    data = to_json(snapshot).replace("<", "\\u003c").replace(">", "\\u003e")
    yield f'<script type="application/json" id="snapshot">{data}</script>'
    yield f"<script>{_resource('page.js')}</script>\n</body>\n</html>"


def _search() -> Iterator[str]:
    yield '<div class="find" role="search">'
    yield (
        '<input type="search" id="search" aria-label="Search all tables" '
        'placeholder="Search: a class, an address, an id, a word   ( / )">'
    )
    yield '<select id="verdict" aria-label="Calls of one verdict only">'
    yield '<option value="">all calls</option>'
    yield from (f"<option>{verdict.value}</option>" for verdict in CallVerdict)
    yield '</select>\n<output id="count" class="dim" aria-live="polite"></output></div>'


def _table(name: str, heading: str, columns: Sequence[str]) -> Iterator[str]:
    yield f'<section id="{name}" aria-labelledby="{name}-title">'
    yield f'<h2 id="{name}-title">{heading} <span class="count"></span></h2>'
    # What scrolls must be within reach of the keyboard.
    yield f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{name}-title">'
    yield "<table><thead><tr>"
    for column in columns:
        yield f'<th scope="col"><button type="button">{column}</button></th>'
    yield "</tr></thead><tbody></tbody></table></div>"
    yield '<button type="button" class="more" hidden></button></section>'


def _legend() -> Iterator[str]:
    yield "<details><summary>What the words mean</summary>"
    for heading, words in (
        ("Verdicts on calls", CallVerdict),
        ("How sure a link is", Strength),
        ("States of connections", State),
    ):
        yield f"<h2>{heading}</h2><dl>"
        for word in words:
            sentence = escape(SENTENCES[word])
            yield f"<dt><code>{word.value}</code></dt><dd>{sentence}</dd>"
        yield "</dl>"
    yield "</details>"


@cache
def _policy() -> str:
    digest = hashlib.sha256(_resource("page.js").encode()).digest()
    script = f"'sha256-{base64.b64encode(digest).decode()}'"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src {script}; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _resource(name: str) -> str:
    return files("heartbeat.graph.pictures").joinpath(name).read_text("utf-8")
