"""Stray calls in tests: assertions, and what a dirty reactor is about."""
