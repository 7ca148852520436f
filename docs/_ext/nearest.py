"""Of several things with one name, the nearest is meant.

``State`` is a state of the reactor's connections in `heartbeat.graph`, and one of a
peer everywhere else. Sphinx finds both and asks. A module means its own first, then
those of its package, then those of the packages around it; at the same distance, what
is less deep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sphinx.domains.python import PythonDomain

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class NearestDomain(PythonDomain):
    """Python's, which decides."""

    def find_obj(self, *args: Any, **kwargs: Any) -> list[tuple[str, Any]]:
        """What it may be: one thing, if there is any."""
        found: list[tuple[str, Any]] = super().find_obj(*args, **kwargs)
        here: str = (args[1] if len(args) > 1 else kwargs.get("modname")) or ""
        return sorted(found, key=lambda match: _distance(here, match[0]))[:1]


def _distance(here: str, name: str) -> tuple[int, int]:
    common = 0
    parts = name.split(".")
    for one, other in zip(here.split("."), parts, strict=False):
        if one != other:
            break
        common += 1
    return -common, len(parts)


def setup(app: Sphinx) -> dict[str, bool]:
    """Use it."""
    app.add_domain(NearestDomain, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
