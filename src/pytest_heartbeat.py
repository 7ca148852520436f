"""The ``--heartbeat`` option of pytest.

Every pytest run of an environment imports this, so it does nothing until it is asked:
it stands outside of the package ``heartbeat``, which would import Twisted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

__all__ = ["pytest_addoption", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the option."""
    parser.getgroup("twisted").addoption(
        "--heartbeat",
        action="store_true",
        help="name who made the timed calls that a test leaves on Twisted's reactor, "
        "and fail it if their connections are gone",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Do what was asked for."""
    if config.getoption("--heartbeat"):
        from heartbeat.graph.testing.pytest_plugin import Watcher  # noqa: PLC0415 - only then

        config.pluginmanager.register(Watcher(), "heartbeat-watcher")
