"""Our keepalive against servers that nobody here wrote."""
