"""What a thread is running, as text; nothing if it only waits for the reactor."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["is_waiting", "stack_of"]

INNERMOST: Final = 30
"""Frames that are shown."""

_WAITING = re.compile(r"selectors$|twisted\.internet\.\w*reactor$")
"""Modules in which a reactor waits for something to happen."""


def stack_of(frame: FrameType | None) -> str:
    """The innermost frames, as in a traceback; empty if there are none."""
    if frame is None:
        return ""
    return "".join(traceback.format_stack(frame, limit=INNERMOST))


def is_waiting(frame: FrameType | None) -> bool:
    """Whether that is a reactor that waits until there is something to do."""
    if frame is None:
        return False
    name = frame.f_globals.get("__name__")
    return isinstance(name, str) and _WAITING.match(name) is not None
