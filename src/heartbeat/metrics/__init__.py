"""Numbers for whoever watches a fleet of processes.

`collect` reads them; `heartbeat.metrics.prometheus` shows them to Prometheus.
"""

from heartbeat.metrics.reading import (
    ClassMetrics,
    Metrics,
    ReactorMetrics,
    RoundTrips,
    collect,
)

__all__ = ["ClassMetrics", "Metrics", "ReactorMetrics", "RoundTrips", "collect"]
