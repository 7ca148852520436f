"""Every program in ``examples/``, run as its user would run it."""
