"""``python -m heartbeat``: the ``heartbeat`` command."""

from heartbeat.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
