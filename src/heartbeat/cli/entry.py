"""The ``heartbeat`` command, or how to install what it needs.

The rest of the package works without click and rich, so both are imported when the
command runs. ``heartbeat run`` does not need them.
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
    if sys.argv[1:2] == ["run"]:
        # Not under click, which has its own idea of what ^C and a closed pipe mean.
        _run(sys.argv[2:])
        sys.exit()
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

    from heartbeat.cli import looking  # noqa: PLC0415 - imports click

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

    # The function has its own help, and options only before the program.
    @heartbeat.command(
        add_help_option=False, context_settings={"ignore_unknown_options": True}
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def run(arguments: tuple[str, ...]) -> None:
        """Run a program as it is, so that it can be looked into."""
        _run(list(arguments))

    for look in looking.COMMANDS:
        heartbeat.add_command(look)
    return heartbeat


def _run(arguments: list[str]) -> None:
    from heartbeat.graph.attach import running  # noqa: PLC0415 - not for --help

    running.main(arguments)


def _demo() -> int:
    """Its exit status."""
    # This is the program, so the global reactor is its to choose.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    from heartbeat.demo.performance import perform  # noqa: PLC0415
    from heartbeat.demo.report import Stage, console_for  # noqa: PLC0415

    return perform(reactor, Stage(console_for()))
