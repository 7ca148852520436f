"""Peers for tests: what they do, and how they are started."""
