"""Behaviour of the kernel timer: readable when its time has come, not before."""

from __future__ import annotations

import errno
import math
import os
import resource
import select
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

if sys.platform != "linux":
    raise SkipTest("the kernel has no timerfd")

from heartbeat import _timerfd


def readable(fd: int, seconds: float = 0.0) -> bool:
    """Whether *fd* is readable, or becomes so within *seconds*."""
    return bool(select.select([fd], [], [], seconds)[0])


class TimerTests(SynchronousTestCase):
    """A timer of the kernel, looked at with select()."""

    def setUp(self) -> None:
        """Make one timer."""
        self.fd = _timerfd.create()
        self.addCleanup(os.close, self.fd)

    def test_not_running(self) -> None:
        """A new timer is not readable."""
        self.assertFalse(readable(self.fd))

    def test_does_not_block(self) -> None:
        """Reading a timer that has not run out raises instead of waiting."""
        self.assertRaises(BlockingIOError, os.read, self.fd, 8)

    def test_not_inherited(self) -> None:
        """A program we execute does not get the descriptor."""
        self.assertFalse(os.get_inheritable(self.fd))

    def test_runs_out(self) -> None:
        """It becomes readable after the time given."""
        _timerfd.start(self.fd, 0.001)

        self.assertTrue(readable(self.fd, 60))

    def test_no_time_left(self) -> None:
        """A time that is zero or has passed runs out at once."""
        for seconds in (0.0, -1.0, -math.inf):
            _timerfd.start(self.fd, seconds)

            self.assertTrue(readable(self.fd, 60), seconds)

    def test_starting_again(self) -> None:
        """A timer that has run out is unreadable as soon as it is started again."""
        _timerfd.start(self.fd, 0)
        readable(self.fd, 60)

        _timerfd.start(self.fd, 1000)

        self.assertFalse(readable(self.fd))

    def test_whole_and_broken_seconds(self) -> None:
        """The time left is the time given, less what has passed."""
        _timerfd.start(self.fd, 1234.5)

        self.assertTrue(1000 < self.time_left() <= 1234.5)

    def test_for_ever(self) -> None:
        """A time beyond what the kernel can hold is cut, not taken for another."""
        _timerfd.start(self.fd, math.inf)

        self.assertTrue(_timerfd.LONGEST - 1000 < self.time_left() <= _timerfd.LONGEST)

    def test_closed_descriptor(self) -> None:
        """Starting a descriptor that is not open says so."""
        error = self.assertRaises(OSError, _timerfd.start, 10**6, 1)

        self.assertEqual(error.errno, errno.EBADF)

    def test_not_a_timer(self) -> None:
        """Starting a descriptor of something else says so and leaves it alone."""
        pair = os.pipe()
        for fd in pair:
            self.addCleanup(os.close, fd)

        error = self.assertRaises(OSError, _timerfd.start, pair[0], 1)

        self.assertEqual(error.errno, errno.EINVAL)

    def time_left(self) -> float:
        """Seconds until the timer runs out, as the kernel tells."""
        text = Path(f"/proc/self/fdinfo/{self.fd}").read_text(encoding="ascii")
        info = dict(line.split(":", 1) for line in text.splitlines())
        seconds, nanoseconds = info["it_value"].strip(" ()").split(",")
        return int(seconds) + int(nanoseconds) / 1e9


class LackTests(SynchronousTestCase):
    """What happens when no timer can be had."""

    def test_no_descriptor_left(self) -> None:
        """With as many files open as allowed, create() raises as open() would."""
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, limits[1]))

        error = self.assertRaises(OSError, _timerfd.create)

        self.assertEqual(error.errno, errno.EMFILE)

    def test_old_libc(self) -> None:
        """A libc without timers is an OSError, too."""
        if sys.version_info >= (3, 13):
            raise SkipTest("Python itself has it")
        self.patch(_timerfd, "_libc", object)

        error = self.assertRaises(OSError, _timerfd.create)

        self.assertEqual(error.errno, errno.ENOSYS)

    def test_costs_nothing_to_import(self) -> None:
        """Importing the module does not import ctypes."""
        code = "import runpy, sys; runpy.run_path(sys.argv[1])"
        code += "; sys.exit('ctypes' in sys.modules)"

        done = subprocess.run(
            [sys.executable, "-c", code, _timerfd.__file__], check=False
        )

        self.assertEqual(done.returncode, 0)
