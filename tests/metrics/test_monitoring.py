"""The example is watched by a real Prometheus; its rules and its dashboard are right."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.examples.program import PATIENCE, STANDSTILL, Program
from tests.metrics.names import metric_names, names_in
from tests.metrics.server import MONITORING, Prometheus, Promtool
from tests.servers.daemons import HOST, Daemon, why_not

if TYPE_CHECKING:
    from collections.abc import Callable

LOCAL = f"tcp:0:interface={HOST}"
FAIR = ("--interval", "0.3", "--timeout", STANDSTILL)
CLASS = '{class="__main__.Guest"}'
HUNG = 'heartbeat_verdicts_total{kind="PEER_HUNG", enforced="true"}'


def need(daemon: type[Daemon]) -> None:
    """Skip, if it is not installed and need not be."""
    reason = why_not(daemon)
    if reason:
        raise SkipTest(reason)


STUCK = """
import runpy, signal, time
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(3600))  # in the reactor's thread
runpy.run_path("app.py", run_name="__main__")
"""
"""The service, whose reactor stands still from a signal on."""


class ScrapeTests(SynchronousTestCase):
    """A service, its clients, and Prometheus: each a process of its own."""

    def service(self, *how: str) -> tuple[Program, Prometheus, str]:
        """A service, who watches it, and where clients connect."""
        need(Prometheus)
        service = Program(*how, LOCAL, "0", *FAIR, cwd=MONITORING)
        self.addCleanup(service.__exit__)
        to = f"tcp:{HOST}:{service.port()}"
        prometheus = Prometheus(service.port("metrics on "))
        self.addCleanup(prometheus.close)
        prometheus.configure()
        prometheus.start()
        return service, prometheus, to

    def test_watched(self) -> None:
        """Prometheus finds the numbers, and an alert fires when a client freezes."""
        service, prometheus, to = self.service("app.py")
        with (
            Program("chat_client.py", "Ada", to) as ada,
            Program("chat_client.py", "Bob", to) as bob,
        ):
            for each in (ada, bob):
                each.hear("\n")  # its name comes back
            until(prometheus.is_up)
            self.watch(prometheus, bob)
        with service.frozen():
            until(lambda: "HeartbeatTargetDown" in alerts(prometheus))
            self.assertNotIn("HeartbeatReactorStuck", alerts(prometheus))

    def test_stuck(self) -> None:
        """A reactor that stands still is seen to, and told from a process that is gone."""
        service, prometheus, to = self.service("-c", STUCK)
        with Program("chat_client.py", "Ada", to) as ada:
            ada.hear("\n")
            until(prometheus.is_up)
            until(lambda: prometheus.value("up") == 1)
            os.kill(service.pid, signal.SIGUSR1)
            until(lambda: "HeartbeatReactorStuck" in alerts(prometheus))
            until(lambda: "HeartbeatTargetDown" not in alerts(prometheus))

    def watch(self, prometheus: Prometheus, client: Program) -> None:
        """All is well, then *client* freezes."""

        def shows(expression: str, value: float) -> None:
            until(lambda: prometheus.value(expression) == value)

        shows(f"heartbeat_connections{CLASS}", 2)
        shows(f"heartbeat_pongs_received_total{CLASS} > bool 1", 1)
        shows(f"heartbeat_round_trip_seconds_sum{CLASS} > bool 0", 1)
        shows("heartbeat_reactor_checks", 2)
        shows(HUNG, 0)
        self.assertEqual(alerts(prometheus) - {"HeartbeatTargetDown"}, set())
        with client.frozen():
            shows(HUNG, 1)
            shows(f"heartbeat_connections{CLASS}", 1)
            until(lambda: "HeartbeatPeerHung" in alerts(prometheus))
        labels = {"class": "__main__.Guest", "job": "guests", "severity": "warning"}
        (alert,) = (
            each
            for each in prometheus.firing()
            if each["alertname"] == "HeartbeatPeerHung"
        )
        self.assertEqual(alert, {**alert, **labels})


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


def alerts(prometheus: Prometheus) -> set[str]:
    """The names of those that fire."""
    return {each["alertname"] for each in prometheus.firing()}


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
