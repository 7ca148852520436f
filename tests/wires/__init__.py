"""Tests of `heartbeat.wires`, one file a module."""
