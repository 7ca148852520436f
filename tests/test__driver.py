"""Behaviour of what wakes a wheel: on time, once, and nothing left when disarmed."""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest, SynchronousTestCase
from zope.interface.verify import verifyObject

from heartbeat import _driver
from heartbeat._driver import (
    CallTimer,
    Clocks,
    Driver,
    TimerReader,
    clocks_of,
    driver_for,
)
from tests.reactors import REACTORS, fresh, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.base import ReactorBase


def nothing() -> None:
    """A wake nobody waits for."""


def open_descriptors() -> int:
    """How many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


class Woken:
    """A driver with a wake that counts, disarms, and stops the reactor."""

    def __init__(self, reactor: ReactorBase, clocks: Clocks | None = None) -> None:
        self.reactor = reactor
        self.at: list[float] = []
        self.clocks = clocks or Clocks()
        self.driver = driver_for(reactor, self.clocks, self.wake)

    def wake(self) -> None:
        """Do what a wheel without checks does."""
        self.at.append(self.clocks.monotonic())
        self.driver.disarm()
        self.reactor.stop()

    def arm(self, seconds: float) -> float:
        """Arm for *seconds* from now; when that will be."""
        at = self.clocks.monotonic() + seconds
        self.driver.arm(at)
        return at


class ClocksTests(SynchronousTestCase):
    """Which clocks a reactor's wheel goes by."""

    def test_real(self) -> None:
        """A real reactor's wheel goes by the system's monotonic and boot clocks."""
        for name in REACTORS:
            with fresh(name) as reactor:
                clocks = clocks_of(reactor)

            self.assertEqual(clocks, Clocks())
            self.assertTrue(0 <= clocks.monotonic() <= time.monotonic())
            self.assertTrue(clocks.monotonic() <= clocks.boottime())

    def test_fake(self) -> None:
        """Any other reactor's wheel has that reactor's clock and no other."""
        clock = Clock()
        clocks = clocks_of(clock)

        clock.advance(5)

        self.assertEqual((clocks.monotonic(), clocks.asleep()), (5.0, 0.0))

    def test_replaced(self) -> None:
        """A ``seconds`` that a test puts in place later is the one used."""
        clock = Clock()
        clocks = clocks_of(clock)

        self.patch(clock, "seconds", lambda: 77.0)

        self.assertEqual(clocks.monotonic(), 77.0)

    def test_not_kept(self) -> None:
        """The clocks do not keep a reactor that nobody else has."""
        clock = Clock()
        clocks, gone = clocks_of(clock), weakref.ref(clock)

        del clock

        self.assertIs(gone(), None)
        self.assertRaises(ReferenceError, clocks.monotonic)

    def test_asleep(self) -> None:
        """Suspend is what the boot clock has gone on and the monotonic has not."""
        self.assertEqual(Clocks(lambda: 5.0, lambda: 65.0).asleep(), 60.0)


class ChoiceTests(SynchronousTestCase):
    """Which driver a reactor gets."""

    def test_real(self) -> None:
        """On Linux, every reactor that watches descriptors watches the timer."""
        self.patch(_driver, "_HAS_TIMERFD", True)
        for name in REACTORS:
            with fresh(name) as reactor:
                driver = driver_for(reactor, Clocks(), nothing)

            self.assertIsInstance(driver, TimerReader, name)

    def test_elsewhere(self) -> None:
        """On other systems a real reactor is asked for a timed call."""
        self.patch(_driver, "_HAS_TIMERFD", False)
        with fresh("select") as reactor:
            driver = driver_for(reactor, Clocks(), nothing)

        self.assertIsInstance(driver, CallTimer)

    def test_fake(self) -> None:
        """A fake reactor is asked for a timed call, even if it has addReader."""
        for reactor in (Clock(), MemoryReactorClock()):
            driver = driver_for(reactor, clocks_of(reactor), nothing)

            self.assertIsInstance(driver, CallTimer)


class CallTimerTests(SynchronousTestCase):
    """The driver that uses callLater."""

    def setUp(self) -> None:
        """Make a clock at 100 s and a driver on it."""
        self.clock = Clock()
        self.clock.advance(100)
        self.wakes: list[float] = []
        self.driver: Driver = CallTimer(
            self.clock,
            clocks_of(self.clock),
            lambda: self.wakes.append(self.clock.seconds()),
        )

    def test_wakes(self) -> None:
        """It wakes at the time, once."""
        self.driver.arm(105)

        self.clock.pump([4, 1, 100])

        self.assertEqual(self.wakes, [105.0])

    def test_the_past(self) -> None:
        """A time that has passed wakes in the next turn, not at once."""
        self.driver.arm(3)
        at_once = list(self.wakes)

        self.clock.advance(0)

        self.assertEqual((at_once, self.wakes), ([], [100.0]))

    def test_instead(self) -> None:
        """Arming again replaces the time; one call is pending at most."""
        self.driver.arm(110)
        self.driver.arm(105)
        pending = len(self.clock.getDelayedCalls())

        self.clock.advance(100)

        self.assertEqual((pending, len(self.wakes)), (1, 1))

    def test_keep(self) -> None:
        """Keeping the time leaves the pending call alone."""
        self.driver.arm(110)
        before = list(self.clock.getDelayedCalls())

        self.driver.keep()

        self.assertEqual(list(self.clock.getDelayedCalls()), before)

    def test_the_same_after_it_came(self) -> None:
        """Arming for a time it has woken at wakes again."""
        self.driver.arm(105)
        self.clock.advance(5)

        self.driver.arm(105)
        self.clock.advance(0)

        self.assertEqual(len(self.wakes), 2)

    def test_cancelled_by_another(self) -> None:
        """Keeping the time repairs what somebody else's clean-up has cancelled."""
        self.driver.arm(105)
        for call in list(self.clock.getDelayedCalls()):
            call.cancel()

        self.driver.keep()
        self.clock.advance(5)

        self.assertEqual(self.wakes, [105.0])

    def test_disarm(self) -> None:
        """Disarmed, nothing is pending; twice is harmless."""
        self.driver.arm(105)

        self.driver.disarm()
        self.driver.disarm()

        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_disarm_after_another(self) -> None:
        """Disarming what somebody else has cancelled is harmless."""
        self.driver.arm(105)
        self.clock.getDelayedCalls()[0].cancel()

        self.driver.disarm()

        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_reactor_gone(self) -> None:
        """Once the reactor is gone, arming does nothing."""
        clock = Clock()
        driver = CallTimer(clock, Clocks(), nothing)
        del clock

        driver.arm(105)
        driver.disarm()

        self.assertIs(driver._pending(), None)

    def test_does_not_keep_the_reactor(self) -> None:
        """A driver that outlives its reactor does not keep it, armed or not."""
        clock = Clock()
        driver = CallTimer(clock, Clocks(), nothing)
        driver.arm(105)
        gone = weakref.ref(clock)

        del clock
        gc.collect()

        self.assertIs(gone(), None)


class TimerReaderTests(SynchronousTestCase):
    """The driver that has the reactor watch a timer of the kernel."""

    def setUp(self) -> None:
        """Skip where there is none; see to it that every descriptor is closed."""
        if sys.platform != "linux":
            raise SkipTest("the kernel has no timerfd")
        gc.collect()
        before = open_descriptors()
        self.addCleanup(lambda: self.assertEqual(open_descriptors(), before))

    def on_each(self, test: Callable[[Woken], None]) -> None:
        """Run *test* with a driver on each kind of reactor."""
        for name in REACTORS:
            with fresh(name) as reactor:
                woken = Woken(reactor)
                test(woken)
                woken.driver.disarm()
                self.assertEqual(readers(woken), [], name)
                self.assertEqual(pending(woken), [], name)

    def test_interface(self) -> None:
        """It is what a reactor reads from, and has a name in its log."""
        with fresh("select") as reactor:
            driver = TimerReader(reactor, Clocks(), nothing)

        self.assertTrue(verifyObject(IReadDescriptor, driver))
        self.assertEqual(driver.logPrefix(), "heartbeat")
        self.assertEqual(driver.fileno(), -1)

    def test_wakes(self) -> None:
        """It wakes at the time and not before, on every reactor."""

        def test(woken: Woken) -> None:
            at = woken.arm(0.01)
            run(woken.reactor)
            self.assertEqual(len(woken.at), 1)
            self.assertGreaterEqual(woken.at[0], at)

        self.on_each(test)

    def test_the_past(self) -> None:
        """A time that has passed wakes in the reactor's next pass, not at once."""

        def test(woken: Woken) -> None:
            woken.arm(-5)
            self.assertEqual(woken.at, [])
            run(woken.reactor)
            self.assertEqual(len(woken.at), 1)

        self.on_each(test)

    def test_instead(self) -> None:
        """Arming again replaces the time, earlier or later."""

        def test(woken: Woken) -> None:
            woken.arm(1000)
            woken.arm(0)
            at = woken.arm(0.01)
            run(woken.reactor)
            self.assertGreaterEqual(woken.at[0], at)

        self.on_each(test)

    def test_one_reader(self) -> None:
        """Armed, it is one reader and no timed call, and says what it is."""

        def test(woken: Woken) -> None:
            woken.arm(1000)
            woken.arm(500)
            self.assertEqual(readers(woken), [woken.driver])
            self.assertIn("heartbeat", repr(woken.driver))
            self.assertEqual(pending(woken), [])

        self.on_each(test)

    def test_disarm(self) -> None:
        """Disarmed, no descriptor is open; twice is harmless."""

        def test(woken: Woken) -> None:
            woken.arm(1000)
            woken.driver.disarm()
            self.assertEqual(fileno(woken), -1)
            woken.driver.disarm()

        self.on_each(test)

    def test_reactor_stops(self) -> None:
        """A reactor that stops closes the descriptor, and nothing stays pending."""

        def test(woken: Woken) -> None:
            woken.arm(1000)
            woken.reactor.callLater(0, woken.reactor.stop)
            run(woken.reactor)
            self.assertEqual((fileno(woken), woken.at), (-1, []))
            self.assertEqual(pending(woken), [])

        self.on_each(test)

    def test_remove_all(self) -> None:
        """After ``reactor.removeAll()``, keeping the time watches again."""

        def test(woken: Woken) -> None:
            woken.arm(0.01)
            any_reactor(woken.reactor).removeAll()
            woken.driver.keep()
            run(woken.reactor)
            self.assertEqual(len(woken.at), 1)

        self.on_each(test)

    def test_remove_all_and_disarm(self) -> None:
        """After ``reactor.removeAll()``, disarming closes the descriptor."""

        def test(woken: Woken) -> None:
            woken.arm(1000)
            any_reactor(woken.reactor).removeAll()
            woken.driver.disarm()
            self.assertEqual(fileno(woken), -1)

        self.on_each(test)

    def test_thrown_out(self) -> None:
        """A running reactor that drops the reader still wakes on time."""

        def test(woken: Woken) -> None:
            woken.arm(0.01)
            woken.reactor.callWhenRunning(throw_out, woken)
            run(woken.reactor)
            self.assertEqual(len(woken.at), 1)

        self.on_each(test)

    def test_thrown_out_while_disarmed(self) -> None:
        """A reader that is not armed has nothing to go on with."""

        def test(woken: Woken) -> None:
            woken.reactor.callWhenRunning(throw_out, woken)
            woken.reactor.callWhenRunning(woken.reactor.stop)
            run(woken.reactor)
            self.assertEqual(pending(woken), [])

        self.on_each(test)

    def test_no_descriptor_left(self) -> None:
        """With too many files open it wakes by a timed call, and recovers later."""
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)

        def test(woken: Woken) -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
            woken.arm(0.01)
            self.assertEqual((fileno(woken), readers(woken)), (-1, []))
            self.assertEqual(len(pending(woken)), 1)
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            woken.driver.keep()
            self.assertEqual(readers(woken), [woken.driver])
            self.assertEqual(pending(woken), [])

        self.on_each(test)

    def test_not_accepted(self) -> None:
        """A reactor that cannot watch one more descriptor wakes by a timed call."""

        def refuse(reader: object) -> None:
            raise OSError("as epoll does beyond max_user_watches")

        def test(woken: Woken) -> None:
            woken.arm(0.01)
            any_reactor(woken.reactor).removeAll()
            self.patch(woken.reactor, "addReader", refuse)
            woken.driver.keep()
            self.assertEqual((fileno(woken), readers(woken)), (-1, []))
            run(woken.reactor)
            self.assertEqual(len(woken.at), 1)

        self.on_each(test)

    def test_woken_by_the_spare(self) -> None:
        """The timed call that stands in does wake."""
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)

        def test(woken: Woken) -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
            at = woken.arm(0.01)
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            run(woken.reactor)
            self.assertGreaterEqual(woken.at[0], at - 0.01)

        self.on_each(test)

    def test_closed_by_another(self) -> None:
        """A descriptor that somebody closed is replaced, and its number let alone."""
        with fresh("select") as reactor:
            woken = Woken(reactor)
            at = woken.arm(0.01)
            number = fileno(woken)
            os.close(number)
            pair = os.pipe()
            self.assertIn(number, pair)

            woken.driver.arm(at)
            os.fstat(number)
            run(reactor)

            self.assertEqual(len(woken.at), 1)
            for fd in pair:
                os.close(fd)

    def test_closed_twice(self) -> None:
        """Disarming after somebody closed the descriptor is harmless."""
        for name in ("select", "poll", "epoll"):
            with fresh(name) as reactor:
                woken = Woken(reactor)
                woken.arm(1000)
                os.close(fileno(woken))

                woken.driver.disarm()

                self.assertEqual(fileno(woken), -1)

    def test_forked(self) -> None:
        """A process that was forked has a timer of its own."""

        def test(woken: Woken) -> None:
            woken.arm(1000)
            for do in (woken.driver.keep, lambda: woken.arm(500)):
                parents = os.dup(fileno(woken))
                started = time_left(parents)
                any_driver(woken)._pid = -1
                do()
                any_driver(woken).arm(time.monotonic() + 10)
                self.assertGreater(time_left(parents), started - 100)
                os.close(parents)
                woken.arm(1000)

        self.on_each(test)

    def test_really_forked(self) -> None:
        """What a forked process arms does not disturb the process it came from."""
        done = subprocess.run(
            [sys.executable, "-c", FORK], check=False, capture_output=True, text=True
        )

        self.assertEqual((done.stderr, done.stdout), ("", "child\nparent\n"))

    def test_thrown_away(self) -> None:
        """A reactor that is thrown away while armed takes the descriptor with it."""
        for name in REACTORS:
            with fresh(name) as reactor:
                woken = Woken(reactor)
                woken.arm(1000)
            gone = weakref.ref(reactor)

            del reactor, woken
            gc.collect()

            self.assertIs(gone(), None, name)

    def test_reactor_gone(self) -> None:
        """Once the reactor is gone, arming does nothing and disarming closes."""
        with fresh("select") as reactor:
            driver = TimerReader(reactor, Clocks(), nothing)
            driver.arm(time.monotonic() + 1000)
            any_reactor(reactor).removeAll()
        del reactor
        gc.collect()

        driver.arm(time.monotonic() + 500)
        driver.keep()
        driver.connectionLost(Failure(ConnectionLost()))
        driver.disarm()

        self.assertEqual(driver.fileno(), -1)

    def test_wall_clock_set(self) -> None:
        """It wakes on time though the wall clock is set an hour back or forward."""
        for hour in (-3600, 3600):

            def test(woken: Woken, step: float = hour) -> None:
                at = woken.arm(0.05)
                woken.reactor.callWhenRunning(set_wall_clock, woken.reactor, step)
                with Watchdog(woken.reactor):
                    any_reactor(woken.reactor).run(installSignalHandlers=False)
                self.assertEqual(len(woken.at), 1)
                self.assertTrue(at <= woken.at[0] < at + 20)

            self.on_each(test)


FORK = """
import os, time, warnings
from twisted.internet.selectreactor import SelectReactor
from heartbeat._driver import Clocks, TimerReader

def wake():
    driver.disarm()
    reactor.stop()

reactor = SelectReactor()
driver = TimerReader(reactor, Clocks(), wake)
driver.arm(time.monotonic() + 0.1)
warnings.simplefilter("ignore")
child = os.fork()
if child == 0:
    driver.arm(time.monotonic() + 1000)
    driver.arm(time.monotonic())
else:
    os.waitpid(child, 0)
reactor.run(installSignalHandlers=False)
print("parent" if child else "child", flush=True)
os._exit(0)
"""


class Watchdog:
    """Stops a reactor whose timers cannot be relied on, should it hang for 30 s."""

    def __init__(self, reactor: ReactorBase) -> None:
        call: Any = reactor
        self._timer = threading.Timer(30, call.callFromThread, [reactor.stop])

    def __enter__(self) -> None:
        """Start watching."""
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        """Stop watching, leave no thread."""
        self._timer.cancel()
        self._timer.join()


def set_wall_clock(reactor: ReactorBase, step: float) -> None:
    """Set the clock that *reactor* goes by, as ``date --set`` would."""
    reactor.seconds = lambda: time.time() + step  # noqa: TID251


def throw_out(woken: Woken) -> None:
    """Do to the reader what a reactor does with one that fails."""
    driver = any_driver(woken)
    any_reactor(woken.reactor).removeReader(driver)
    driver.connectionLost(Failure(ConnectionLost()))


def any_reactor(reactor: ReactorBase) -> Any:
    """The reactor, with the interfaces that mypy cannot see on its base class."""
    return reactor


def any_driver(woken: Woken) -> Any:
    """The driver, as the `TimerReader` it is."""
    return woken.driver


def readers(woken: Woken) -> list[object]:
    """What the reactor watches, besides what is its own."""
    reactor = any_reactor(woken.reactor)
    return [each for each in reactor.getReaders() if each is not reactor.waker]


def pending(woken: Woken) -> list[object]:
    """The timed calls that are the driver's."""
    calls: list[Any] = list(woken.reactor.getDelayedCalls())
    return [each for each in calls if isinstance(each.func, _driver._Alarm)]


def fileno(woken: Woken) -> int:
    """The number of the driver's descriptor, -1 if it has none open."""
    number: int = any_driver(woken).fileno()
    return number


def time_left(fd: int) -> float:
    """Seconds until a timer runs out, as the kernel tells."""
    lines = Path(f"/proc/self/fdinfo/{fd}").read_text(encoding="ascii").splitlines()
    info = dict(line.split(":", 1) for line in lines)
    return float(info["it_value"].strip(" ()").split(",")[0])
