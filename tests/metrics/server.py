"""A real Prometheus with the configuration of the example, only quicker."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

from tests.examples.program import EXAMPLES, PATIENCE
from tests.servers.daemons import HOST, Daemon

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MONITORING", "Prometheus", "Promtool"]

MONITORING = EXAMPLES / "monitoring"

EVERY = "200ms"
"""How often it scrapes and evaluates, instead of what the example says."""

LASTING = "1s"
"""How long something has to last for an alert, instead of what the example says."""


class Prometheus(Daemon):
    """Watches the service that shows its numbers on *target*.

    Args:
        target: A port of the loopback interface.
    """

    name = "Prometheus"
    executable = "prometheus"

    def __init__(self, target: int) -> None:
        super().__init__()
        self._target = target

    def configure(self) -> None:
        """Take the example's files."""
        text = (MONITORING / "prometheus.yml").read_text()
        for old, new in (("15s", EVERY), (":9107", f":{self._target}")):
            assert old in text
            text = text.replace(old, new)
        (self.folder / "prometheus.yml").write_text(text)
        rules = (MONITORING / "alerts.yml").read_text()
        quick = re.sub(r"for: \w+", f"for: {LASTING}", rules)
        (self.folder / "alerts.yml").write_text(quick)

    def command(self) -> list[str]:
        """In its folder, and nowhere else."""
        return [
            str(self.where()),
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            f"--web.listen-address={HOST}:{self.port}",
            "--log.level=warn",
        ]

    def is_up(self) -> bool:
        """Whether it answers questions: its port accepts connections before that."""
        if not super().is_up():
            return False
        try:
            urllib.request.urlopen(f"http://{HOST}:{self.port}/-/ready").close()
        except urllib.error.HTTPError as error:
            error.close()
            return False
        return True

    def ask(self, path: str, **arguments: str) -> Any:
        """What its HTTP API answers."""
        query = urllib.parse.urlencode(arguments)
        url = f"http://{HOST}:{self.port}/api/v1/{path}?{query}"
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return json.load(answer)["data"]

    def value(self, expression: str) -> float | None:
        """What an expression that has one value is now; None for nothing."""
        result = self.ask("query", query=expression)["result"]
        return float(result[0]["value"][1]) if result else None

    def firing(self) -> list[dict[str, str]]:
        """The labels of the alerts that fire."""
        alerts = self.ask("alerts")["alerts"]
        return [each["labels"] for each in alerts if each["state"] == "firing"]


class Promtool(Daemon):
    """The program that checks files for Prometheus."""

    name = "promtool"
    executable = "promtool"

    @classmethod
    def check(cls, *arguments: str, folder: Path = MONITORING) -> None:
        """Run it.

        Raises:
            AssertionError: It finds something wrong.
        """
        done = subprocess.run(
            [str(cls.where()), *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
