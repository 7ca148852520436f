"""Which connection a pending call will touch."""
