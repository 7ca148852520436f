"""Servers that the subjects connect to, in a host of their own."""
