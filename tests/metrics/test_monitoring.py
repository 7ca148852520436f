"""The example is watched by a real Prometheus; its rules and its dashboard are right."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.examples.program import PATIENCE, Program
from tests.metrics.names import metric_names, names_in
from tests.metrics.server import MONITORING, Prometheus, Promtool
from tests.servers.daemons import HOST, Daemon, why_not

if TYPE_CHECKING:
    from collections.abc import Callable

LOCAL = f"tcp:0:interface={HOST}"
QUICK = ("--interval", "0.3", "--timeout", "0.3")
CLASS = '{class="__main__.Guest"}'
HUNG = 'heartbeat_verdicts_total{kind="PEER_HUNG", enforced="true"}'


def need(daemon: type[Daemon]) -> None:
    """Skip, if it is not installed and need not be."""
    reason = why_not(daemon)
    if reason:
        raise SkipTest(reason)


class ScrapeTests(SynchronousTestCase):
    """A service, its clients, and Prometheus: each a process of its own."""

    def test_watched(self) -> None:
        """Prometheus finds the numbers, and an alert fires when a client freezes."""
        need(Prometheus)
        with Program("app.py", LOCAL, LOCAL, *QUICK, cwd=MONITORING) as service:
            to = f"tcp:{HOST}:{service.port()}"
            prometheus = Prometheus(service.port("metrics on "))
            self.addCleanup(prometheus.close)
            prometheus.configure()
            prometheus.start()
            with (
                Program("chat_client.py", "Ada", to) as ada,
                Program("chat_client.py", "Bob", to) as bob,
            ):
                for each in (ada, bob):
                    each.hear("\n")  # its name comes back
                until(prometheus.is_up)
                self.watch(prometheus, bob)

    def watch(self, prometheus: Prometheus, client: Program) -> None:
        """All is well, then *client* freezes."""

        def shows(expression: str, value: float) -> None:
            until(lambda: prometheus.value(expression) == value)

        shows(f"heartbeat_connections{CLASS}", 2)
        shows(f"heartbeat_pongs_received_total{CLASS} > bool 1", 1)
        shows(f"heartbeat_round_trip_seconds_sum{CLASS} > bool 0", 1)
        shows("heartbeat_reactor_checks", 2)
        shows(HUNG, 0)
        self.assertEqual(prometheus.firing(), [])
        with client.frozen():
            shows(HUNG, 1)
            shows(f"heartbeat_connections{CLASS}", 1)
            until(prometheus.firing)
        (alert,) = prometheus.firing()
        self.assertEqual(alert["alertname"], "HeartbeatPeerHung")
        self.assertEqual(alert["class"], "__main__.Guest")
        self.assertEqual(alert["job"], "guests")


class RuleTests(SynchronousTestCase):
    """``alerts.yml`` and ``prometheus.yml``."""

    def test_files(self) -> None:
        """Prometheus takes them."""
        need(Promtool)
        Promtool.check("check", "config", "prometheus.yml")

    def test_alerts(self) -> None:
        """Each alert fires when it should, and not when it should not."""
        need(Promtool)
        folder = Path(self.mktemp())
        folder.mkdir()
        shutil.copy(MONITORING / "alerts.yml", folder)
        shutil.copy(Path(__file__).with_name("alerts_test.yml"), folder)
        Promtool.check("test", "rules", "alerts_test.yml", folder=folder)

    def test_all_are_tested(self) -> None:
        """None is left out."""
        alerts = re.findall(r"alert: (\w+)", (MONITORING / "alerts.yml").read_text())
        tests = Path(__file__).with_name("alerts_test.yml").read_text()
        fired = re.findall(r"alertname: (\w+)\n +exp_alerts", tests)
        self.assertEqual(set(fired), set(alerts))

    def test_names(self) -> None:
        """They speak of what there is."""
        used = names_in((MONITORING / "alerts.yml").read_text())
        self.assertEqual(used - metric_names(), set())


class DashboardTests(SynchronousTestCase):
    """``dashboard.json``."""

    def setUp(self) -> None:
        text = (MONITORING / "dashboard.json").read_text()
        self.dashboard: dict[str, Any] = json.loads(text)
        targets = [
            target for panel in self.dashboard["panels"] for target in panel["targets"]
        ]
        more = self.dashboard["annotations"]["list"]
        self.expressions = [each["expr"] for each in (*targets, *more)]

    def test_names(self) -> None:
        """Every panel asks for something that there is, and nearly all is shown."""
        there = metric_names()
        for expression in self.expressions:
            self.assertTrue(names_in(expression), expression)
            self.assertEqual(names_in(expression) - there, set(), expression)
        shown = set().union(*map(names_in, self.expressions))
        self.assertEqual(there - shown, NOT_SHOWN)

    def test_expressions(self) -> None:
        """Prometheus can parse all of them."""
        need(Promtool)
        rules = [
            {"record": f"panel:{n}", "expr": plain(expression)}
            for n, expression in enumerate(self.expressions)
        ]
        folder = Path(self.mktemp())
        folder.mkdir()
        groups = {"groups": [{"name": "dashboard", "rules": rules}]}
        (folder / "rules.yml").write_text(json.dumps(groups))  # JSON is YAML
        Promtool.check("check", "rules", "--lint=none", "rules.yml", folder=folder)

    def test_variables(self) -> None:
        """Each variable that is used is defined, or is one of Grafana's own."""
        defined = {each["name"] for each in self.dashboard["templating"]["list"]}
        used = set(re.findall(r"\$\{?(\w+)", json.dumps(self.dashboard)))
        self.assertEqual(used - defined, {"__rate_interval", "__all"})

    def test_panels(self) -> None:
        """None lies upon another, and each has a title and a number of its own."""
        panels = self.dashboard["panels"]
        cells = [
            (x, y)
            for at in (panel["gridPos"] for panel in panels)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        ]
        self.assertEqual(len(cells), len(set(cells)))
        self.assertTrue(all(panel["title"] for panel in panels))
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))


NOT_SHOWN = {
    "heartbeat_reactor_behind_seconds",
    "heartbeat_reactor_stalls_total",
    "heartbeat_reactor_suspend_seconds_total",
}
"""Another number on the same panel says as much."""


def plain(expression: str) -> str:
    """An expression as Grafana sends it."""
    return expression.replace("$__rate_interval", "5m").replace("$job", ".*")


def until(condition: Callable[[], object]) -> None:
    """Wait for another process.

    Raises:
        AssertionError: It did not come about.
    """
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, condition
        time.sleep(0.05)
