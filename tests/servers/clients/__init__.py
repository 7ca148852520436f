"""The least of a client for each protocol: honest, and no more than a test needs."""
