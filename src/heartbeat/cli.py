"""The ``heartbeat`` command, or how to install what it needs.

The rest of the package works without click and rich, so both are imported when the
command runs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

__all__ = ["command", "main"]

NEEDED = ("click", "rich")


def main() -> None:
    """Run the command with the arguments of the process; does not return."""
    try:
        command()(prog_name="heartbeat")
    except ModuleNotFoundError as error:
        if error.name not in NEEDED:
            raise
        sys.exit(
            f"heartbeat: the command needs {error.name}, which is not installed: "
            "pip install 'txheartbeat[cli]'"
        )


def command() -> click.Group:
    """The command with all it can do.

    Raises:
        ModuleNotFoundError: click is missing.
    """
    import click  # noqa: PLC0415

    @click.group(context_settings={"help_option_names": ["-h", "--help"]})
    @click.version_option(package_name="txheartbeat", message="%(package)s %(version)s")
    def heartbeat() -> None:
        """Timers that die with their connection, and a keepalive with evidence."""

    @heartbeat.command()
    def demo() -> None:
        """Show the stray call, and keepalive against real processes.

        Everything it says is checked: the exit status is 0 only if all of it
        happened. It takes about 10 seconds.
        """
        sys.exit(_demo())

    return heartbeat


def _demo() -> int:
    """Its exit status."""
    # This is the program, so the global reactor is its to choose.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    from heartbeat.demo.performance import perform  # noqa: PLC0415
    from heartbeat.demo.report import Stage, console_for  # noqa: PLC0415

    return perform(reactor, Stage(console_for()))
