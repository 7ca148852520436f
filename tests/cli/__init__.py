"""The ``heartbeat`` command."""
