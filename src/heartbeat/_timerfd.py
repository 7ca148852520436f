"""Linux's timer as a descriptor: it becomes readable when its time has come.

The timer runs on ``CLOCK_BOOTTIME``, which goes on while the machine is suspended: a
timer that ran out meanwhile is readable as soon as the machine is back. Setting the
wall clock does not touch it.

Python has it since 3.13; before, we ask libc through ctypes, which is imported at the
first timer and not before.

Source:
    timerfd_create(2); ``os.timerfd_create``.
"""

from __future__ import annotations

import errno
import functools
import math
import os
import sys
import time
from typing import Any

__all__ = ["LONGEST", "create", "start"]

LONGEST = 1e9
"""Seconds, the longest time to run: 31 years. More would overflow 32 bits."""


def create() -> int:
    """A new timer, not running.

    Returns:
        Its descriptor, not inherited by programs we execute; the caller closes it.

    Raises:
        OSError: No descriptor is left, or this system has no such timer.
    """
    # TFD_NONBLOCK and TFD_CLOEXEC, which the kernel defines as these two.
    return _create(time.CLOCK_BOOTTIME, os.O_NONBLOCK | os.O_CLOEXEC)


def start(fd: int, seconds: float) -> None:
    """Let the timer run out once, and be unreadable until then.

    Args:
        fd: From `create`.
        seconds: From now; rounded up to a nanosecond, cut to `LONGEST`. One that is
            not positive runs out at once.

    Raises:
        OSError: *fd* is not a timer any more.
    """
    # A time of 0 would stop the timer.
    _set(fd, math.ceil(max(1, min(seconds, LONGEST) * 1e9)))


if sys.version_info >= (3, 13):  # pragma: no cover - by the version of Python

    def _create(clock: int, flags: int) -> int:
        return os.timerfd_create(clock, flags=flags)

    def _set(fd: int, nanoseconds: int) -> None:
        os.timerfd_settime_ns(fd, initial=nanoseconds)

else:  # pragma: no cover - by the version of Python

    @functools.cache
    def _libc() -> Any:
        import ctypes  # noqa: PLC0415 - most programs never need it

        return ctypes.CDLL(None, use_errno=True)

    def _create(clock: int, flags: int) -> int:
        return _call("timerfd_create", clock, flags)

    def _set(fd: int, nanoseconds: int) -> None:
        import ctypes  # noqa: PLC0415

        # struct itimerspec: interval and first time, each in seconds, nanoseconds.
        spec = (ctypes.c_long * 4)(0, 0, *divmod(nanoseconds, 10**9))
        _call("timerfd_settime", fd, 0, spec, None)

    def _call(name: str, *args: Any) -> int:
        """Call libc's function *name*; its ``errno`` becomes an `OSError`."""
        import ctypes  # noqa: PLC0415

        function = getattr(_libc(), name, None)
        if function is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), name)
        result: int = function(*args)
        if result < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
        return result
