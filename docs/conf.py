"""How Sphinx builds the documentation; ``make docs`` runs it with warnings as errors."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "heartbeat"
author = "The heartbeat contributors"
copyright = author  # noqa: A001 - Sphinx's word
release = version_of("txheartbeat")
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "google",
    "nearest",
    "outside",
    "state_diagram",
]
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "furo"
html_title = f"heartbeat {release}"
html_static_path: list[str] = []
html_copy_source = False

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_default_options = {
    "members": True,
    "show-inheritance": True,
    # A name is documented where it is defined, not where it is offered again.
    "ignore-module-all": True,
}
autodoc_preserve_defaults = True

default_role = "py:obj"
