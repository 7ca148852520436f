"""The modules of the package, and what each of them imports, read from its source."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import heartbeat

__all__ = [
    "MODULES",
    "PACKAGES",
    "SOURCE",
    "imports",
    "path_of",
    "reached",
    "suite_of",
    "tree_of",
]

SOURCE = Path(heartbeat.__file__).parent
TESTS = Path(__file__).parent

FILES = {
    ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts): path
    for path in sorted(SOURCE.rglob("*.py"))
}

PACKAGES = [name.removesuffix(".__init__") for name in FILES if "__init__" in name]
"""The names of the packages: ``heartbeat`` and those in it."""

MODULES = [name for name in FILES if "__init__" not in name]
"""The names of all other modules, like ``heartbeat.clock``."""


def path_of(module: str) -> Path:
    """The source of a module or package."""
    return FILES[f"{module}.__init__" if module in PACKAGES else module]


def suite_of(module: str) -> Path:
    """The test file that covers a module, all of it: it stands where the module does."""
    *folders, name = module.split(".")[1:]
    return TESTS.joinpath(*folders, f"test_{name}.py")


@cache
def tree_of(module: str) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path_of(module).read_text())


@cache
def imports(module: str, *, lazily: bool = False) -> frozenset[str]:
    """The names of the modules that *module* imports.

    Imports for the type checker do not count. With *lazily* those inside functions
    count as well; without, only what is imported when the module is.
    """
    found: set[str] = set()
    for node in _statements(tree_of(module), lazily=lazily):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            found.update(name if _is_ours(name) else node.module for name in names)
    return frozenset(found)


@cache
def reached(module: str) -> frozenset[str]:
    """The modules of ours that *module* imports, directly or through others."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        direct = {name for name in imports(waiting.pop()) if _is_ours(name)}
        waiting += direct - found
        found |= direct
    return frozenset(found)


def _is_ours(name: str) -> bool:
    return name in MODULES or name in PACKAGES


def _statements(tree: ast.AST, *, lazily: bool) -> list[ast.AST]:
    """All nodes but those for the type checker and, unless *lazily*, in functions."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and _is_for_types(node.test):
            waiting += node.orelse
        elif lazily or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(node)
            waiting += ast.iter_child_nodes(node)
    return found


def _is_for_types(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
