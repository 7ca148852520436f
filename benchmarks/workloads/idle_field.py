"""Servers of idle connections, each with its peers, all measured in the same windows.

Every server, and the peers of each, is a process of its own. All are up at once, so
that what the machine does besides meets them alike, window by window.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import attrs

from benchmarks.children import ChildError
from benchmarks.workloads.idle_pipe import Answers, Child, ask_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

__all__ = ["Field", "Subject", "Window"]


@attrs.frozen
class Subject:
    """One server.

    Attributes:
        module: Of the workloads, its program.
        dialect: What its peers speak.
        candidate: What keeps its connections alive.
        count: Of its connections.
    """

    module: str
    dialect: str
    candidate: str
    count: int


@attrs.frozen
class Window:
    """What one server used within one window.

    Attributes:
        seconds: How long the window was.
        cpu: Seconds of CPU, user and system.
        checks: Those of them in the timer that our keepalives share.
        pings: Answered by the peers.
    """

    seconds: float
    cpu: float
    checks: float
    pings: int


class Field:
    """Starts servers and peers, and ends them.

    Args:
        subjects: The servers.
        interval: Seconds of silence after which they ask.
    """

    def __init__(self, subjects: Sequence[Subject], interval: float) -> None:
        self.subjects = subjects
        self._interval = interval
        self._servers: list[Child] = []
        self._clients: list[Child] = []

    def __enter__(self) -> Self:
        """Start all processes."""
        try:
            for each in self.subjects:
                server = _start(each.module, each.candidate, self._interval)
                self._servers.append(server)
                self._clients.append(_start("idle_client", each.dialect))
            self._ports = [a["port"] for a in ask_all(self._servers, "port")]
            ask_all(self._clients, "usage")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        for child in self._clients + self._servers:
            child.end()

    def connect(self) -> dict[Subject, float]:
        """Make all connections, evenly within one interval.

        Returns:
            Bytes by which the memory of each server has grown.
        """
        before = ask_all(self._servers, "usage")
        together = zip(self.subjects, self._clients, self._ports, strict=True)
        for subject, client, port in together:
            client.request(
                "connect", port=port, count=subject.count, seconds=self._interval
            )
        for client in self._clients:
            client.answer()
        after = ask_all(self._servers, "usage")
        grown = [a["memory"] - b["memory"] for a, b in zip(after, before, strict=True)]
        return dict(zip(self.subjects, grown, strict=True))

    def talk(self, every: float) -> None:
        """Have all peers send a message every so many seconds."""
        ask_all(self._clients, "talk", every=every)

    def window(self, seconds: float) -> dict[Subject, Window]:
        """Measure for so many seconds."""
        before = self._usage()
        time.sleep(seconds)
        after = self._usage()
        found = zip(self.subjects, before, after, strict=True)
        return {subject: _between(b, a) for subject, b, a in found}

    def _usage(self) -> list[Answers]:
        clients = ask_all(self._clients, "usage")
        if any(each["lost"] for each in clients):
            raise ChildError(f"connections lost: {clients}")
        servers = ask_all(self._servers, "usage")
        return [{**c, **s} for c, s in zip(clients, servers, strict=True)]


def _start(module: str, *arguments: Any) -> Child:
    return Child(f"benchmarks.workloads.{module}", *arguments)


def _between(before: Answers, after: Answers) -> Window:
    return Window(
        seconds=after["at"] - before["at"],
        cpu=after["cpu"] - before["cpu"],
        checks=after.get("checks", 0.0) - before.get("checks", 0.0),
        pings=after["pings"] - before["pings"],
    )
