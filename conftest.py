"""Examples are tests: those of the README, of the docs and of docstrings."""

from __future__ import annotations

import os
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sybil import Sybil
from sybil.document import PythonDocStringDocument
from sybil.parsers import myst, rest

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS = ELLIPSIS | NORMALIZE_WHITESPACE

pages = Sybil(
    parsers=[
        myst.PythonCodeBlockParser(doctest_optionflags=OPTIONS),
        myst.SkipParser(),
    ],
    patterns=["*.md"],
)
docstrings = Sybil(
    parsers=[
        rest.DocTestParser(optionflags=OPTIONS),
        rest.PythonCodeBlockParser(),
        rest.SkipParser(),
    ],
    path="src",
    patterns=["*.py"],
    document_types={".py": PythonDocStringDocument},
)

pytest_collect_file = (pages + docstrings).pytest()


@pytest.fixture(autouse=True, scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run the tests in a folder of their own, as trial does: some make files there."""
    here = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("here"))
    yield
    os.chdir(here)
