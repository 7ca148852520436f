"""When connections were made and lost, for as long as their objects live."""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING, Any

from twisted.python.failure import Failure

from heartbeat.graph.search.roles import Role, role_of
from heartbeat.graph.static import MISSING, attribute, class_name, is_a
from heartbeat.graph.tracking.creation import local_of

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["History"]

UPWARDS = 4
"""Frames between ``removeReader`` and the ``connectionLost`` of a transport, at most."""


class _Life:
    """What is known of one transport.

    Attributes:
        ref: The transport.
        opened: On `time.monotonic`.
        lost: The same; None while it is not.
        reason: In a word; empty if it is unknown.
    """

    __slots__ = ("lost", "opened", "reason", "ref")

    def __init__(self, ref: weakref.ref[Any]) -> None:
        self.ref = ref
        self.opened = time.monotonic()
        self.lost: float | None = None
        self.reason = ""


class History:
    """What a reactor was told to watch, weakly.

    It has an entry for each transport that is alive, keyed by its ``id()``, for a
    transport of the program may be equal to another, or not hashable.
    """

    def __init__(self) -> None:
        self._lives: dict[int, _Life] = {}

    def added(self, reader: object) -> None:
        """The reactor was told to watch *reader*, for the first time or again."""
        key = id(reader)
        if key in self._lives or role_of(reader) is not Role.ENDPOINT:
            return
        lives = self._lives
        try:
            ref = weakref.ref(reader, lambda _: lives.pop(key, None))
        except TypeError:
            return
        lives[key] = _Life(ref)

    def removed(self, reader: object, frame: FrameType) -> None:
        """It was told not to, from *frame*: because of a pause, or of the end."""
        life = self._lives.get(id(reader))
        if life is None or life.lost is not None:
            return
        disconnected = attribute(reader, "disconnected")
        if type(disconnected) in {bool, int} and disconnected:
            life.lost = time.monotonic()
            life.reason = _reason_in(frame)

    def opened_at(self, transport: object) -> float | None:
        """When it was connected, on `time.monotonic`; None if that was not seen."""
        life = self._lives.get(id(transport))
        return None if life is None else life.opened

    def lost(self, transport: object) -> tuple[float, str] | None:
        """Seconds since it was lost, and why; None if it was not, or not seen."""
        life = self._lives.get(id(transport))
        if life is None or life.lost is None:
            return None
        return time.monotonic() - life.lost, life.reason

    def transports(self) -> list[Any]:
        """All that are alive, connected or not, the first one first."""
        found = [life.ref() for life in list(self._lives.values())]
        return [transport for transport in found if transport is not None]


def _reason_in(frame: FrameType | None) -> str:
    """The class of the reason that ``connectionLost`` was called with."""
    for _ in range(UPWARDS):
        if frame is None:
            break
        if frame.f_code.co_name == "connectionLost":
            return _name_of(local_of(frame, "reason"))
        frame = frame.f_back
    return ""


def _name_of(reason: object) -> str:
    kind = attribute(reason, "type") if is_a(reason, Failure) else MISSING
    return class_name(kind).rpartition(".")[2] if is_a(kind, type) else ""
