"""What tests saw of real servers, written down for the compatibility table.

Nothing is written unless the environment variable `FOLDER` names a folder.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import attrs

__all__ = ["EVENTS", "FOLDER", "Observation", "record", "recorded"]

FOLDER = "HEARTBEAT_COMPATIBILITY"
"""The environment variable that names the folder."""


EVENTS = (
    "busy",
    "listening only",
    "answers only",
    "peer frozen (SIGSTOP)",
    "peer killed (SIGKILL)",
    "peer back",
)
"""What may stand in place of a rule, in this order: what happened."""


@attrs.frozen(kw_only=True, order=True)
class Observation:
    """One row of the table.

    Attributes:
        server: Its name, and the protocol if it speaks several: ``RabbitMQ, STOMP 1.2``.
        version: As it says itself.
        rule: What it demands, or does by itself, in words; or one of `EVENTS`.
        sends: What our side sends for it.
        observed: What happened.
    """

    server: str
    version: str
    rule: str
    sends: str
    observed: str

    @property
    def is_event(self) -> bool:
        """Whether it is about something that happened, not about a rule."""
        return self.rule in EVENTS


def record(*, server: str, version: str, rule: str, sends: str, observed: str) -> None:
    """Write one row down; one with the same server and rule is replaced."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return
    seen = Observation(
        server=server, version=version, rule=rule, sends=sends, observed=observed
    )
    name = re.sub(r"[^a-z0-9]+", "-", f"{server} {rule}".lower()).strip("-")
    path = Path(folder, f"{name[:100]}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(attrs.asdict(seen), indent=2) + "\n")


def recorded(folder: Path) -> list[Observation]:
    """All rows of *folder*, by server and rule."""
    rows = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    return sorted(Observation(**row) for row in rows)
