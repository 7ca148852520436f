"""Names of metrics: those there are, and those that an expression uses."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry
from twisted.internet.task import Clock

from heartbeat.metrics.prometheus import HeartbeatCollector
from heartbeat.testing import connect
from tests.chat import Chat

__all__ = ["metric_names", "names_in"]


def metric_names() -> set[str]:
    """Every name that a reactor with connections shows."""
    clock = Clock()
    registry = CollectorRegistry()
    registry.register(HeartbeatCollector(clock))
    connect(Chat(), Chat(), clock).advance(65)
    return {sample.name for each in registry.collect() for sample in each.samples}


def names_in(expression: str) -> set[str]:
    """The names of ours in an expression of Prometheus'."""
    return set(re.findall(r"\bheartbeat_\w+", expression))
