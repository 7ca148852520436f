"""The counts of a reactor as Prometheus wants them; needs the extra ``metrics``.

.. code-block:: python

    from prometheus_client import CollectorRegistry
    from twisted.internet import reactor
    from heartbeat.metrics.prometheus import HeartbeatCollector

    registry = CollectorRegistry()  # or prometheus_client.REGISTRY
    registry.register(HeartbeatCollector(reactor))

Time series are told apart by the class of the protocol and the kind of the verdict,
never by the peer: there are about 40 for each class of protocols, however many
connections there are.

Source:
    Prometheus' "Metric and label naming" and "Writing client libraries".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartbeat.metrics.reading import Metrics, collect
from heartbeat.verdict import Kind

try:
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        SummaryMetricFamily,
    )
    from prometheus_client.registry import Collector
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "heartbeat.metrics.prometheus needs prometheus_client, which is not installed: "
        "pip install 'txheartbeat[metrics]'",
        name="prometheus_client",
    ) from error

if TYPE_CHECKING:
    from collections.abc import Iterator

    import prometheus_client
    from twisted.internet.interfaces import IReactorTime

    from heartbeat.metrics.reading import ClassMetrics

__all__ = ["HeartbeatCollector"]

_CLASS = ["class"]
_VERDICT = ["class", "kind", "enforced"]

_REACTOR_COUNTERS = (
    ("stalls", "stalls", "Times that the reactor was late by a second or more."),
    (
        "stall_seconds",
        "stall_seconds",
        "Seconds by which the reactor was late, each lateness of over 50 ms.",
    ),
    ("suspends", "suspends", "Suspends of the machine that were seen."),
    ("suspend_seconds", "suspend_seconds", "Seconds for which it was suspended."),
)
_REACTOR_GAUGES = (
    ("checks", "checks", "Connections that wait to be looked at."),
    ("pending_calls", "calls", "Timed calls that are pending in the reactor."),
    ("behind_seconds", "behind", "Seconds by which the reactor is late now."),
)
_CLASS_COUNTERS = (
    ("connections_opened", "opened", "Connections made that have a keepalive."),
    ("connections_ended", "ended", "Connections with a keepalive that are gone."),
    ("suspicions", "suspicions", "Deadlines that passed without a sign of life."),
    ("suspicions_cleared", "cleared", "Suspicions that proved wrong."),
    ("pings_sent", "pings_sent", "Questions written to peers."),
    ("pongs_received", "pongs", "Answers of peers."),
    ("pongs_late", "late_pongs", "Answers that came after their deadline."),
    ("pongs_unsolicited", "unsolicited_pongs", "Answers to nothing that was asked."),
    ("pings_received", "pings_received", "Questions of peers."),
    ("pings_answered", "pings_answered", "Questions of peers that were answered."),
    ("beats_sent", "beats_sent", "One-way beats written to peers."),
    ("late_writes", "late_writes", "Writes to connections that were gone."),
    ("hook_failures", "hook_failures", "Exceptions in hooks and in send_*."),
)


class HeartbeatCollector(Collector):
    """Shows the counts of *reactor* to a ``prometheus_client`` registry.

    A scrape may come from any thread, as those of ``start_http_server`` and of
    ``prometheus_client.twisted.MetricsResource`` do. Nothing waits for the reactor, so
    that a reactor which is stuck can still be seen to be.

    Raises:
        TypeError: *reactor* is none.
    """

    def __init__(self, reactor: IReactorTime) -> None:
        collect(reactor)  # its wheel is made here, not by the thread that scrapes first
        self._reactor = reactor

    def describe(self) -> list[prometheus_client.Metric]:
        """The names alone, for the registry to find those given twice."""
        found = collect(self._reactor)
        return list(_families(Metrics(reactor=found.reactor, classes={})))

    def collect(self) -> list[prometheus_client.Metric]:
        """Everything, as of now."""
        return list(_families(collect(self._reactor)))


def _families(metrics: Metrics) -> Iterator[prometheus_client.Metric]:
    yield from _of_reactor(metrics)
    classes = metrics.classes
    connections = GaugeMetricFamily(
        "heartbeat_connections", "Connections that have a keepalive.", labels=_CLASS
    )
    for name, counts in classes.items():
        connections.add_metric([name], counts.open)
    yield connections
    for family, field, text in _CLASS_COUNTERS:
        counter = CounterMetricFamily(f"heartbeat_{family}", text, labels=_CLASS)
        for name, counts in classes.items():
            counter.add_metric([name], getattr(counts, field))
        yield counter
    yield _verdicts(classes)
    yield from _round_trips(classes)


def _of_reactor(metrics: Metrics) -> Iterator[prometheus_client.Metric]:
    for family, field, text in _REACTOR_COUNTERS:
        value = getattr(metrics.reactor, field)
        yield CounterMetricFamily(f"heartbeat_reactor_{family}", text, value)
    for family, field, text in _REACTOR_GAUGES:
        value = getattr(metrics.reactor, field)
        yield GaugeMetricFamily(f"heartbeat_reactor_{family}", text, value)


def _verdicts(classes: dict[str, ClassMetrics]) -> prometheus_client.Metric:
    """All kinds from the start: what was never 0 cannot be seen to become 1."""
    counter = CounterMetricFamily(
        "heartbeat_verdicts",
        "Verdicts on connections; those not enforced are of a dry run.",
        labels=_VERDICT,
    )
    for name, counts in classes.items():
        enforced, dry = counts.verdicts, counts.dry_verdicts
        for kind in (each.name for each in Kind):
            counter.add_metric([name, kind, "true"], enforced.get(kind, 0))
            counter.add_metric([name, kind, "false"], dry.get(kind, 0))
    return counter


def _round_trips(
    classes: dict[str, ClassMetrics],
) -> Iterator[prometheus_client.Metric]:
    summary = SummaryMetricFamily(
        "heartbeat_round_trip_seconds",
        "Round trips of pings, through both applications.",
        labels=_CLASS,
    )
    least = GaugeMetricFamily(
        "heartbeat_round_trip_least_seconds",
        "The shortest round trip of a ping so far.",
        labels=_CLASS,
    )
    for name, counts in classes.items():
        trips = counts.round_trips
        summary.add_metric([name], trips.count, trips.sum)
        if trips.least is not None:
            least.add_metric([name], trips.least)
    yield summary
    yield least
