"""References to names outside a page, without asking the network.

A reference that Sphinx cannot resolve is looked up by *importing* it: one that exists
becomes a link to where its project documents it (Twisted, the standard library) or
plain code (any other package); one that does not exist stays a warning, which fails
the build. So ``-n`` keeps finding typing errors, and the docs are built anywhere.

A bare name is looked for in this package and then in `HOMES`.
"""

from __future__ import annotations

import builtins
import importlib
import pkgutil
import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

PACKAGE = "heartbeat"

TWISTED = "https://docs.twisted.org/en/stable/api/{name}.html"
"""Twisted documents each module, class and function on a page of its own."""

PYTHON = "https://docs.python.org/3/library/{page}.html#{anchor}"
"""The standard library has a page for each module, and these for what is built in."""

HOMES = [
    "builtins",
    "twisted.internet.abstract",
    "twisted.internet.defer",
    "twisted.internet.error",
    "twisted.internet.interfaces",
    "twisted.internet.protocol",
    "twisted.internet.task",
    "twisted.internet.testing",
    "twisted.application.internet",
    "twisted.protocols.amp",
    "twisted.protocols.basic",
    "twisted.protocols.policies",
    "twisted.python.failure",
    "twisted.web.http",
    "twisted.words.protocols.irc",
    "zope.interface.interface",
    "collections.abc",
    "typing",
    "types",
]
"""Modules whose names are used without the module."""

_INTERFACE = re.compile(r"<InterfaceClass ([\w.]+)>")


class Place(NamedTuple):
    """A name that exists: the module it can be imported from, and its path there."""

    module: str
    path: str

    @property
    def full_name(self) -> str:
        """As it is written with dots."""
        return f"{self.module}.{self.path}".rstrip(".")


def setup(app: Sphinx) -> dict[str, bool]:
    """Resolve what nobody else resolved."""
    app.connect("missing-reference", resolve, priority=900)
    app.connect("autodoc-process-signature", name_interfaces)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element
) -> nodes.Node | None:
    """A link to the documentation of the name that *node* refers to."""
    if node.get("refdomain") != "py":
        return None
    place = find(
        node["reftarget"].lstrip("~."), node.get("py:module"), node.get("py:class")
    )
    if place is None:
        return None
    if place.module.partition(".")[0] == PACKAGE:
        return _link_inside(app, env, node, content, place) or content
    url = address(place)
    if url is None:
        return content
    return nodes.reference("", "", content, internal=False, refuri=url)


@cache
def find(name: str, module: str | None, in_class: str | None) -> Place | None:
    """Where *name* is, as it is written in *module*, or in a class of it."""
    first = name.partition(".")[0]
    homes = [f"{module}.{in_class}", module, *ours().get(first, ()), *HOMES]
    candidates = [name, *(f"{home}.{name}" for home in homes if home)]
    return next(filter(None, map(locate, candidates)), None)


def locate(name: str) -> Place | None:
    """The place of a name that is written in full; None if there is no such."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module = imported(".".join(parts[:length]))
        if module is not None:
            return _within(module, parts[length:])
    return None


def imported(name: str) -> Any:
    """The module of that name, or None."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def lookup(owner: Any, name: str) -> Any:
    """The attribute of that name, or of an interface the method; None without it."""
    names = getattr(owner, "names", None)
    if callable(names) and name in names(all=True):
        return owner[name]
    return getattr(owner, name, None)


@cache
def ours() -> dict[str, list[str]]:
    """The modules of this package that offer each public name."""
    homes: dict[str, list[str]] = {}
    package = importlib.import_module(PACKAGE)
    for info in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        for name in getattr(imported(info.name), "__all__", ()):
            homes.setdefault(name, []).append(info.name)
    return homes


def address(place: Place) -> str | None:
    """Where the documentation of a place is; None if that is not known."""
    package = place.module.partition(".")[0]
    if package == "twisted":
        return TWISTED.format(name=place.full_name)
    if package == "builtins":
        return PYTHON.format(page=_page_of_builtin(place.path), anchor=place.path)
    if package in sys.stdlib_module_names:
        anchor = place.full_name if place.path else f"module-{place.module}"
        return PYTHON.format(page=place.module, anchor=anchor)
    return None


def name_interfaces(
    _app: Sphinx,
    _what: str,
    _name: str,
    _obj: object,
    _options: object,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Write zope's interfaces in signatures by name, not by their repr."""
    return _named(signature), _named(returns)


def _within(module: Any, path: list[str]) -> Place | None:
    found = module
    for name in path:
        found = lookup(found, name)
        if found is None:
            return None
    inside = module.__name__.partition(".")[0] == PACKAGE
    home, origin = getattr(found, "__module__", ""), getattr(found, "__qualname__", "")
    if inside and path and home and origin:
        # What a module of ours imported is documented where it comes from.
        return Place(home, origin)
    return Place(module.__name__, ".".join(path))


def _link_inside(
    app: Sphinx,
    env: BuildEnvironment,
    node: pending_xref,
    content: nodes.Element,
    place: Place,
) -> nodes.Node | None:
    python = env.get_domain("py")
    first, dot, rest = place.path.partition(".")
    for module in [place.module, *ours().get(first, ())]:
        name = f"{module}.{first}{dot}{rest}"
        link = python.resolve_xref(
            env, node["refdoc"], app.builder, "obj", name, node, content
        )
        if link is not None:
            return link
    return None


def _named(text: str | None) -> str | None:
    return text and _INTERFACE.sub(r"~\1", text)


def _page_of_builtin(path: str) -> str:
    owner: Any = getattr(builtins, path.partition(".")[0])
    if not isinstance(owner, type):
        return "functions"
    return "exceptions" if issubclass(owner, BaseException) else "stdtypes"
