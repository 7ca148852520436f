"""What the package looks like from far away: who imports whom, who offers what."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

import heartbeat
from tests.layout import (
    MODULES,
    PACKAGES,
    imports,
    path_of,
    reached,
    suite_of,
    tree_of,
)

ROOT = Path(__file__).parent.parent

LONGEST = 300
"""Lines of a module, at most."""

UPWARDS = ["errors", "policy", "liveness", "verdict", "keepalive", "protocol"]
"""None of these imports a later one, not even through others."""

APART = {
    "clock": {"wheel", "late", "closing", "keepalive", "connection"},
    "wheel": {"clock", "evidence", "liveness", "keepalive", "connection"},
    "evidence": {"clock", "wheel", "policy", "liveness", "keepalive"},
    "late": {"clock", "wheel", "policy", "keepalive", "connection"},
    "closing": {"clock", "late", "policy", "keepalive", "connection"},
    "graph": {"protocol", "keepalive"},
    "check": {"errors", "clock", "policy", "protocol"},
}
"""Parts that work without some others: never imported, not even through others."""

LEAVES = {
    "__main__",
    "check",
    "cli",
    "demo",
    "graph",
    "metrics",
    "profiles",
    "testing",
    "timeouts",
    "wires",
    "wrapping",
}
"""What no other part needs, but for other leaves and ``heartbeat`` itself."""

PURE = {
    "_slots",
    "answering",
    "beacon",
    "counters",
    "deadlines",
    "limits",
    "liveness",
    "pinglog",
    "policy",
    "question",
    "states",
    "tally",
    "tcp_info",
    "verdict",
}
"""Parts that are told the time and do no input or output: numbers in, decisions out."""

WORLDLY = {
    "asyncio",
    "os",
    "select",
    "socket",
    "structlog",
    "threading",
    "time",
    "twisted",
}
"""What the pure parts do not import."""

ONLY = {
    "structlog": {"heartbeat.events"},
    "ctypes": {"heartbeat._timerfd", "heartbeat.demo.peer"},
    "click": {"heartbeat.cli.entry", "heartbeat.cli.looking"},
    "rich": {"heartbeat.demo.report"},
    "prometheus_client": {"heartbeat.metrics.prometheus"},
}
"""Who may import them at all: it must be cheap, or is not always installed."""

INTERNALS = "heartbeat._twisted"
"""The one module that looks at what Twisted does not promise."""


class ArrowTests(SynchronousTestCase):
    """Imports point one way."""

    def test_no_circle(self) -> None:
        """No module imports itself, not even through others."""
        circles = [module for module in MODULES if module in reached(module)]

        self.assertEqual(circles, [])

    def test_upwards(self) -> None:
        """From the errors to the mixin, nothing below knows of what is above."""
        wrong = [
            (lower, upper)
            for place, lower in enumerate(UPWARDS)
            for upper in UPWARDS[place + 1 :]
            if f"heartbeat.{upper}" in reached(f"heartbeat.{lower}")
        ]

        self.assertEqual(wrong, [])

    def test_apart(self) -> None:
        """Each part works without those that it is meant to work without."""
        wrong = [
            (module, name)
            for part, names in APART.items()
            for module in _part(part)
            for name in reached(module)
            if _part_of(name) in names
        ]

        self.assertEqual(wrong, [])

    def test_leaves(self) -> None:
        """No other part needs a leaf."""
        wrong = [
            (module, name)
            for module in MODULES
            if _part_of(module) not in LEAVES
            for name in reached(module)
            if _part_of(name) in LEAVES
        ]

        self.assertEqual(wrong, [])

    def test_pure(self) -> None:
        """The parts that decide have no clock, no reactor and no socket."""
        wrong = [
            (module, name)
            for module in MODULES
            if _part_of(module) in PURE
            for name in imports(module, lazily=True)
            if name.partition(".")[0] in WORLDLY
        ]

        self.assertEqual(wrong, [])

    def test_pure_reaches_pure(self) -> None:
        """The parts that decide rest on nothing but each other and the errors."""
        wrong = [
            (module, name)
            for module in MODULES
            if _part_of(module) in PURE
            for name in reached(module)
            if _part_of(name) not in PURE | {"errors"}
        ]

        self.assertEqual(wrong, [])

    def test_only(self) -> None:
        """What is dear or optional is imported in the one place that needs it."""
        wrong = [
            (module, name)
            for module in [*MODULES, *PACKAGES]
            for name in imports(module, lazily=True)
            if module not in ONLY.get(name.partition(".")[0], {module})
        ]

        self.assertEqual(wrong, [])


class InternalsTests(SynchronousTestCase):
    """One file only reads Twisted's underscore attributes."""

    def test_attributes(self) -> None:
        """An attribute with an underscore is one that this package defines."""
        ours = {name for module in MODULES for name in _private_names(tree_of(module))}

        wrong = [
            (module, name)
            for module in MODULES
            if module != INTERNALS
            for name in _private_reads(tree_of(module)) - ours
        ]

        self.assertEqual(wrong, [])

    def test_imports(self) -> None:
        """No private name of Twisted is imported anywhere else."""
        wrong = [
            (module, name)
            for module in MODULES
            if module != INTERNALS
            for name in _imported_names(tree_of(module))
            if re.match(r"twisted\..*\b_", name)
        ]

        self.assertEqual(wrong, [])


class NameTests(SynchronousTestCase):
    """``__all__`` is there, and right."""

    def test_is_there(self) -> None:
        """Every module says what it offers."""
        without = [module for module in MODULES if not _offered(module)]

        self.assertEqual(without, [])

    def test_exist(self) -> None:
        """Every name that is offered is there."""
        missing = [
            (module, name)
            for module in [*MODULES, *PACKAGES]
            for name in _offered(module)
            if not hasattr(importlib.import_module(module), name)
        ]

        self.assertEqual(missing, [])

    def test_complete(self) -> None:
        """Every class and function without an underscore is offered."""
        missing = [
            (module, node.name)
            for module in MODULES
            for node in tree_of(module).body
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            if not node.name.startswith("_") and node.name not in _offered(module)
        ]

        self.assertEqual(missing, [])

    def test_package(self) -> None:
        """``heartbeat`` offers what it imports, each from a module that offers it."""
        tree = tree_of("heartbeat")
        imported = {
            (node.module, alias.name)
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }

        offered = {
            (module, name)
            for module, name in imported
            if module == "heartbeat" or name in _offered(module)
        }

        self.assertEqual(imported, offered)
        self.assertEqual({name for _, name in imported}, set(heartbeat.__all__))


class FileTests(SynchronousTestCase):
    """One idea a module."""

    def test_length(self) -> None:
        """No module is long."""
        lengths = {
            module: len(path_of(module).read_text().splitlines()) for module in MODULES
        }

        self.assertEqual({m: n for m, n in lengths.items() if n > LONGEST}, {})

    def test_tests(self) -> None:
        """Each module has a test file of its own."""
        without = [module for module in MODULES if not suite_of(module).exists()]

        self.assertEqual(without, [])

    def test_packages(self) -> None:
        """A package's own file has no code, so it needs no test file."""
        kinds = (ast.Import, ast.ImportFrom, ast.Expr, ast.Assign)
        code = [
            package
            for package in PACKAGES
            if not all(isinstance(node, kinds) for node in tree_of(package).body)
        ]

        self.assertEqual(code, [])

    def test_documented(self) -> None:
        """Each module that anybody may import has its place in the reference."""
        reference = ROOT / "docs" / "api"
        if not reference.exists():
            raise SkipTest("the documentation is not here")
        pages = "".join(page.read_text() for page in reference.glob("*.md"))
        documented = re.findall(r"^\.\. automodule:: (.+)$", pages, re.MULTILINE)
        # Commands are not for importing.
        hidden = re.compile(r"heartbeat\.((\w+\.)*_|cli\b|demo\b)")
        public = {name for name in [*MODULES, *PACKAGES] if not hidden.match(name)}

        self.assertEqual(len(documented), len(set(documented)))
        self.assertEqual(set(documented) - public, set(), "there is no such module")
        self.assertEqual(public - set(documented), set(), "not in the reference")


def _part_of(module: str) -> str:
    """``wires`` of ``heartbeat.wires.lines``; empty for ``heartbeat``."""
    return module.partition(".")[2].partition(".")[0]


def _part(name: str) -> list[str]:
    return [module for module in [*MODULES, *PACKAGES] if _part_of(module) == name]


def _offered(module: str) -> list[str]:
    return list(getattr(importlib.import_module(module), "__all__", []))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _private_names(tree: ast.Module) -> set[str]:
    """The private names that a module defines: variables, attributes, slots."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return {name for name in names if _is_private(name)}


def _private_reads(tree: ast.Module) -> set[str]:
    """The private attributes that a module reads, by a dot or by ``getattr``."""
    dotted = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
        # Python documents what it has with an underscore.
        if not (isinstance(node.value, ast.Name) and node.value.id in {"os", "sys"})
    }
    called = {
        argument.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in {"getattr", "hasattr"}
        for argument in node.args[1:2]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    return {name for name in dotted | called if _is_private(name)}


def _imported_names(tree: ast.Module) -> set[str]:
    return {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
