"""Docstrings with Google's sections, and the house section ``Source:``.

Not ``sphinx.ext.napoleon`` itself but its parser: napoleon takes the first words of an
attribute's docstring for its type if a colon follows them, and finds no section in it.
Here types stand in annotations, and the docstring of a number says where it is from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import GoogleDocstring

if TYPE_CHECKING:
    from sphinx.application import Sphinx

CONFIG: Any = Config(napoleon_custom_sections=["Source"], napoleon_use_ivar=False)


def setup(app: Sphinx) -> dict[str, bool]:
    """Translate each docstring that autodoc reads."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", translate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def translate(  # noqa: PLR0917 - as autodoc calls it
    app: Sphinx, what: Any, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Turn the sections in *lines* into what Sphinx understands, in place."""
    kind: Any = "object" if what in {"attribute", "data", "property"} else what
    docstring = GoogleDocstring(lines, CONFIG, app, kind, name, obj, options)
    lines[:] = docstring.lines()
