"""The ``heartbeat`` command."""

from heartbeat.cli.entry import command, main

__all__ = ["command", "main"]
