"""The files of the page: markup, style and script, all our own."""

from __future__ import annotations

from importlib.resources import files

import attrs

__all__ = ["FILES", "Asset", "load"]

_HTML, _CSS = b"text/html; charset=utf-8", b"text/css; charset=utf-8"
_SCRIPT, _SVG = b"text/javascript; charset=utf-8", b"image/svg+xml"

FILES: dict[bytes, tuple[str, bytes]] = {
    b"": ("page.html", _HTML),
    b"page.css": ("page.css", _CSS),
    b"icon.svg": ("icon.svg", _SVG),
    **{
        f"{name}.js".encode(): (f"{name}.js", _SCRIPT)
        for name in (
            *("arrange", "details", "dom", "filters", "grid", "page"),
            *("picture", "rows", "strays", "stream", "timeline", "words"),
        )
    },
}
"""The file and its type for each name; there are no others."""


@attrs.frozen
class Asset:
    """A file of the page.

    Attributes:
        kind: Its type, for the browser.
        content: What is in it.
    """

    kind: bytes
    content: bytes


def load() -> dict[bytes, Asset]:
    """All files of the page, by the names they are asked for."""
    folder = files("heartbeat.graph.live") / "assets"
    return {
        name: Asset(kind, (folder / file).read_bytes())
        for name, (file, kind) in FILES.items()
    }
