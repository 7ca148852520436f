"""Tests of the picture of the reactor."""
