"""The forms in which the command shows a snapshot."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heartbeat.graph.model import Snapshot

__all__ = ["FORMS", "SUFFIXES", "drawn", "form_of", "style"]

FORMS = ("text", "json", "dot", "mermaid", "svg", "html")
"""For ``--format``; ``heartbeat.graph`` has a function for each."""

SUFFIXES = {
    ".dot": "dot",
    ".gv": "dot",
    ".htm": "html",
    ".html": "html",
    ".json": "json",
    ".mmd": "mermaid",
    ".svg": "svg",
    ".txt": "text",
}
"""Of files that say which form is meant."""


def form_of(file: str | None) -> str | None:
    """The form that the name of a file asks for.

    Returns:
        Text if the name has no suffix, or there is no file; None if nobody knows what
        the suffix stands for.
    """
    suffix = Path(file or "").suffix.lower()
    return SUFFIXES.get(suffix) if suffix else "text"


def drawn(snapshot: Snapshot, form: str, **how: Any) -> str:
    """The snapshot in one of `FORMS`.

    Args:
        snapshot: What to draw.
        form: Which.
        how: What the function for that form takes; None is as if it was not given.
    """
    module = "codec" if form == "json" else form
    draw = getattr(
        importlib.import_module(f"heartbeat.graph.pictures.{module}"), f"to_{form}"
    )
    given = {name: value for name, value in how.items() if value is not None}
    return str(draw(snapshot, **given))


def style() -> dict[str, Any]:
    """How text is shown on this output: colours and lines cut for a terminal only."""
    if not sys.stdout.isatty():
        return {}
    return {
        "color": not os.environ.get("NO_COLOR"),
        "width": shutil.get_terminal_size().columns,
    }
