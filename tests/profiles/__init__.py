"""Profiles of other protocols: their tables, and their timing in simulation."""
