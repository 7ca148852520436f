"""What Prometheus is shown: names, labels and values."""

from __future__ import annotations

import importlib
import sys
import threading
from typing import Any
from unittest import mock

import attrs
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Kind
from heartbeat.metrics import collect
from heartbeat.metrics.prometheus import HeartbeatCollector
from heartbeat.testing import Pair, connect
from tests.chat import STEADY, Chat
from tests.metrics.names import metric_names

LABELS = {"class": "tests.chat.Chat"}


class _Cases(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.registry = CollectorRegistry()
        self.registry.register(HeartbeatCollector(self.clock))

    def together(self) -> Pair[Any, Any]:
        """Two connected ends."""
        return connect(Chat(), Chat(), self.clock)

    def value(self, name: str, **labels: str) -> float | None:
        """One sample."""
        return self.registry.get_sample_value(name, labels)


class MissingTests(SynchronousTestCase):
    """Without the extra."""

    def test_import(self) -> None:
        """The error says how to install it."""
        ours, theirs = "heartbeat.metrics.prometheus", "prometheus_client"
        with mock.patch.dict(sys.modules):
            for name in [each for each in sys.modules if each.startswith(theirs)]:
                del sys.modules[name]
            del sys.modules[ours]
            sys.modules[theirs] = None  # type: ignore[assignment]
            error = self.assertRaises(
                ModuleNotFoundError, importlib.import_module, ours
            )

        self.assertEqual(
            str(error),
            f"{ours} needs {theirs}, which is not installed: "
            "pip install 'txheartbeat[metrics]'",
        )
        self.assertEqual(error.name, theirs)
        self.assertIsInstance(error.__cause__, ModuleNotFoundError)


class CollectorTests(_Cases):
    def test_class(self) -> None:
        """Every count of a class is shown with its name."""
        pair = self.together()
        pair.advance(65)
        found = collect(self.clock).classes["tests.chat.Chat"]
        for name, value in (
            ("heartbeat_connections", found.open),
            ("heartbeat_connections_opened_total", found.opened),
            ("heartbeat_connections_ended_total", 0),
            ("heartbeat_pings_sent_total", found.pings_sent),
            ("heartbeat_pongs_received_total", found.pongs),
            ("heartbeat_suspicions_total", 0),
            ("heartbeat_round_trip_seconds_count", found.round_trips.count),
            ("heartbeat_round_trip_seconds_sum", found.round_trips.sum),
            ("heartbeat_round_trip_least_seconds", found.round_trips.least),
        ):
            self.assertEqual(self.value(name, **LABELS), value, name)

    def test_no_round_trip(self) -> None:
        """What was not measured is not shown as 0 seconds."""
        self.together()
        self.assertIsNone(self.value("heartbeat_round_trip_least_seconds", **LABELS))

    def test_verdicts(self) -> None:
        """Each kind is there from the start, to be seen when it is no longer 0."""
        pair = self.together()
        for kind in Kind:
            self.assertEqual(self.verdicts(kind), 0)
            self.assertEqual(self.verdicts(kind, enforced="false"), 0)
        pair.cut()
        pair.advance(100)
        self.assertEqual(self.verdicts(Kind.PEER_SILENT), 2)
        self.assertEqual(self.verdicts(Kind.PEER_HUNG), 0)
        self.assertEqual(self.verdicts(Kind.PEER_SILENT, enforced="false"), 0)

    def test_dry_run(self) -> None:
        """A verdict of a dry run has a label of its own."""
        pair = self.together()
        pair.client.heartbeat.configure(attrs.evolve(STEADY, enforce=False))
        pair.cut()
        pair.advance(100)
        self.assertEqual(self.verdicts(Kind.PEER_SILENT, enforced="false"), 1)
        self.assertEqual(self.verdicts(Kind.PEER_SILENT), 1)

    def test_reactor(self) -> None:
        """The reactor's own numbers have no labels."""
        self.together()
        self.clock.advance(50)
        found = collect(self.clock).reactor
        for name, value in (
            ("heartbeat_reactor_stalls_total", 1),
            ("heartbeat_reactor_stall_seconds_total", found.stall_seconds),
            ("heartbeat_reactor_suspends_total", 0),
            ("heartbeat_reactor_checks", found.checks),
            ("heartbeat_reactor_pending_calls", found.calls),
            ("heartbeat_reactor_behind_seconds", 0),
        ):
            self.assertEqual(self.value(name), value, name)

    def test_labels_are_bounded(self) -> None:
        """However many connections there are, there are no more series."""
        self.together()
        before = generate_latest(self.registry).count(b"\n")
        for _ in range(20):
            self.together()
        self.assertEqual(generate_latest(self.registry).count(b"\n"), before)

    def test_conventions(self) -> None:
        """Counters end in ``_total``, and everything says what it is."""
        self.together()
        text = generate_latest(self.registry).decode()
        for family in text_string_to_metric_families(text):
            self.assertTrue(family.documentation.endswith("."), family.name)
            self.assertTrue(family.name.startswith("heartbeat_"))
            totals = [each.name.endswith("_total") for each in family.samples]
            self.assertEqual(set(totals) == {True}, family.type == "counter")

    def test_names_twice(self) -> None:
        """A second one in a registry is refused, even before there is a connection."""
        with self.assertRaises(ValueError):
            self.registry.register(HeartbeatCollector(Clock()))

    def test_no_reactor(self) -> None:
        """It is refused before anybody scrapes."""
        with self.assertRaisesRegex(TypeError, "None is no reactor; give"):
            HeartbeatCollector(None)  # type: ignore[arg-type]

    def test_all_names(self) -> None:
        """The list that dashboards are checked against is that of the collector."""
        self.together().advance(65)
        shown = generate_latest(self.registry).decode()
        used = {line.split("{")[0].split(" ")[0] for line in shown.splitlines()}
        self.assertEqual(metric_names(), used - {"#"})

    def test_other_thread(self) -> None:
        """A scrape from another thread shows the same."""
        self.together().advance(65)
        shown: list[bytes] = []
        scrape = threading.Thread(
            target=lambda: shown.append(generate_latest(self.registry))
        )
        scrape.start()
        scrape.join()
        self.assertEqual(shown, [generate_latest(self.registry)])

    def verdicts(self, kind: Kind, enforced: str = "true") -> float | None:
        """How many of that kind."""
        labels = {**LABELS, "kind": kind.name, "enforced": enforced}
        return self.value("heartbeat_verdicts_total", **labels)
