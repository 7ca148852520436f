"""Writes to a connection that is gone: counted, reported, or refused.

Twisted drops them silently, and rightly so. But a write that comes late was made by
something that should have ended with the connection. At ``connectionLost``, never
before, a protocol's transport is replaced by a :class:`LateTransport`: it is the lost
transport in every respect, and notes what is written to it.

What happens to a late write is one setting for the process::

    import heartbeat.late
    heartbeat.late.mode = "report"

or, before Python starts, the environment variable ``HEARTBEAT_LATE_WRITES``. A bound
method taken while the connection lived (``write = self.transport.write``) goes past the
stand-in: Twisted drops what it writes, unnoted.
"""

from __future__ import annotations

import enum
import itertools
import os
import sys
import types
from typing import TYPE_CHECKING, Any, Literal

import attrs

from heartbeat import events
from heartbeat.errors import LateWriteError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# Not mode and count: a copy of them elsewhere would not be the setting, nor the count.
__all__ = ["LateTransport", "Mode", "forget"]

SITES = 1000
"""Call sites remembered per process; a late write from another one is only counted."""


class Mode(enum.Enum):
    """What happens to a late write, beside being counted and dropped."""

    COUNT = "count"
    """Nothing. The default."""

    REPORT = "report"
    """One event ``late_write`` for each place in the code that writes late."""

    RAISE = "raise"
    """The write raises :class:`~heartbeat.errors.LateWriteError`. For tests."""


def _mode_from(value: object, setting: str) -> Mode:
    try:
        return Mode(value)
    except ValueError:
        modes = ", ".join(repr(each.value) for each in Mode)
        raise PolicyError(
            setting, value, f"must be one of {modes}", "use 'count' only to count"
        ) from None


mode: Mode | Literal["count", "report", "raise"] = _mode_from(
    os.environ.get("HEARTBEAT_LATE_WRITES") or Mode.COUNT, "HEARTBEAT_LATE_WRITES"
)
"""What happens to late writes of this process from now on; may be assigned to."""

count = 0
"""Late writes of this process so far."""

_sites: set[str] = set()
_BYTES = (bytes, bytearray, memoryview)


class _LateModule(types.ModuleType):
    """This module, refusing a bad :data:`mode` where it is assigned.

    Checked only when a late write comes, a misspelt mode would go unnoticed until then
    and surface in code that has nothing to do with it.

    Source:
        Python language reference, section 3.3.2.1, customizing module attribute access.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name == "mode":
            value = _mode_from(value, "heartbeat.late.mode")
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _LateModule


def forget() -> None:
    """Count from 0 again, and report every call site anew: between tests."""
    global count  # noqa: PLW0603 - one number for the process, read as an attribute
    count = 0
    _sites.clear()


def _size_of(data: object) -> int:
    """Bytes in *data*; 0 if it is none of what Twisted writes, for Twisted to refuse."""
    return len(data) if isinstance(data, _BYTES) else 0


@attrs.frozen(eq=False)
class _Lost:
    """A lost connection, and what to do about a write to it."""

    transport: Any
    peer: str
    reason: str
    lost_at: float
    now: Callable[[], float]
    on_late: Callable[[int], None] | None

    def note(self, size: int) -> None:
        """Count a write of *size* bytes; report or raise if that is the mode.

        Of a write of nothing, nothing is lost: it is not noted.
        """
        global count  # noqa: PLW0603 - as above
        if not size:
            return
        count += 1
        if self.on_late is not None:
            self.on_late(size)
        if mode is Mode.REPORT:
            self._report(size)
        elif mode is Mode.RAISE:
            lost_ago = self.now() - self.lost_at
            raise LateWriteError(self.peer, self.reason, lost_ago, size)

    def _report(self, size: int) -> None:
        site = _call_site()
        if site in _sites or len(_sites) >= SITES:
            return
        _sites.add(site)
        events.emit(
            "late_write",
            level="warning",
            peer=self.peer,
            reason=self.reason,
            lost_ago_s=round(self.now() - self.lost_at, 3),
            bytes=size,
            site=site,
        )


class LateTransport:
    """The lost *transport* in every respect, noting ``write`` and ``writeSequence``.

    Equal to it, an instance of its class, providing its interfaces; reading, setting and
    calling attributes reach it. It is not the same object: ``is`` tells them apart.

    Args:
        transport: The transport whose connection was lost.
        peer: The other end, in words.
        reason: Why it was lost, in words.
        lost_at: When, seconds on the clock of *now*.
        now: That clock, for the age of a late write.
        on_late: Called with the number of bytes of each late write.
    """

    __slots__ = ("__weakref__", "_heartbeat_lost")

    _heartbeat_lost: _Lost

    def __init__(
        self,
        transport: Any,
        *,
        peer: str,
        reason: str,
        lost_at: float,
        now: Callable[[], float],
        on_late: Callable[[int], None] | None = None,
    ) -> None:
        lost = _Lost(transport, peer, reason, lost_at, now, on_late)
        object.__setattr__(self, "_heartbeat_lost", lost)

    def write(self, data: Any) -> None:
        """Note *data*, and let the lost transport drop it."""
        lost = self._heartbeat_lost
        lost.note(_size_of(data))
        lost.transport.write(data)

    def writeSequence(self, iovec: Iterable[Any]) -> None:
        """Note the pieces as one write, and let the lost transport drop them."""
        lost = self._heartbeat_lost
        pieces = list(iovec)
        lost.note(sum(map(_size_of, pieces)))
        lost.transport.writeSequence(pieces)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._heartbeat_lost.transport, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._heartbeat_lost.transport, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._heartbeat_lost.transport, name)

    @property  # type: ignore[misc]  # object's own can be assigned to
    def __class__(self) -> type:
        return type(self._heartbeat_lost.transport)

    def __eq__(self, other: object) -> bool:
        if type(other) is LateTransport:
            other = other._heartbeat_lost.transport
        return bool(self._heartbeat_lost.transport == other)

    def __hash__(self) -> int:
        return hash(self._heartbeat_lost.transport)

    def __repr__(self) -> str:
        return f"<late {self._heartbeat_lost.transport!r}>"


# Where the reactor, or the clock of a test, calls what was scheduled: whoever scheduled
# it is not on the stack, and what is further out only started the reactor.
_LOOPS = frozenset({"runUntilCurrent", "mainLoop", "_readOrWrite", "advance"})


def _call_site() -> str:
    """The innermost place on the stack outside this package and Twisted.

    Protocols write through Twisted's own methods (``LineReceiver.sendLine``), so the
    nearest caller says little. Where only Twisted is left, as with
    ``callLater(1, self.sendLine, line)``, the nearest caller it is.
    """
    frames = [each for each in _stack() if not _is_in("heartbeat", each)]
    called = itertools.takewhile(lambda each: not _is_loop(each), frames)
    users = (each for each in called if not _is_in("twisted", each))
    site = next(users, frames[0])
    return f"{site.f_code.co_filename}:{site.f_lineno} in {site.f_code.co_name}"


def _stack() -> Iterator[types.FrameType]:
    """All frames of this thread, innermost first."""
    frame: types.FrameType | None = sys._getframe()  # noqa: SLF001 - documented
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_in(package: str, frame: types.FrameType) -> bool:
    module = str(frame.f_globals.get("__name__"))
    return module == package or module.startswith(f"{package}.")


def _is_loop(frame: types.FrameType) -> bool:
    return frame.f_code.co_name in _LOOPS and _is_in("twisted", frame)
