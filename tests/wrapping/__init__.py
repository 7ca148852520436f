"""Tests of what watches protocols that know nothing of it."""
