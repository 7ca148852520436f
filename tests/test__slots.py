"""Behaviour of the slots: sorted by time, never early, nothing left behind."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat._slots import DUE, SLOT, Bucket, Check, Slots, bucket_of

TIMES = st.floats(min_value=-1e9, max_value=1e9)


class SlotTests(SynchronousTestCase):
    """Which slot a time belongs to."""

    @given(TIMES)
    def test_never_early(self, due: float) -> None:
        """A slot's time is not before the time asked for, and less than one after."""
        time = Slots().put(Check(), due)

        # At 1e9 s two neighbouring floats are 1.2e-7 apart.
        self.assertTrue(due <= time < due + SLOT + 2e-7, (due, time))

    @given(TIMES)
    def test_popped_in_its_time(self, due: float) -> None:
        """A slot is popped at its time, and not a moment before."""
        slots = Slots()
        time = slots.put(Check(), due)

        before = list(slots.pop_due(math.nextafter(time, -math.inf)))
        at = list(slots.pop_due(time))

        self.assertEqual((len(before), len(at)), (0, 1))

    @given(st.integers(min_value=0, max_value=10**9))
    def test_decimals(self, hundredths: int) -> None:
        """A time written as a multiple of 0.05 is a slot's time, exactly."""
        due = float(f"{5 * hundredths / 100:.2f}")

        self.assertEqual(Slots().put(Check(), due), due)

    @given(st.integers(min_value=0, max_value=10**9))
    def test_right_after(self, number: int) -> None:
        """The first moment after a slot's time belongs to the slot after it."""
        right_after = math.nextafter(number / 20, math.inf)

        self.assertGreaterEqual(Slots().put(Check(), right_after), right_after)

    def test_same_slot(self) -> None:
        """Checks of one slot share a bucket and come in the order they were put in."""
        slots, checks = Slots(), [Check(), Check(), Check()]
        for check in checks:
            slots.put(check, 1.0)

        (bucket,) = slots.pop_due(1.0)

        self.assertEqual(list(bucket), checks)

    def test_in_order(self) -> None:
        """Slots are popped earliest first, however they were put in."""
        slots = Slots()
        for due in (3, 1, 2):
            slots.put(Check(), due)

        waiting = [bucket.slot for bucket in slots.pop_due(2)]

        self.assertEqual((waiting, slots.next()), ([DUE, DUE], 3.0))

    def test_the_past(self) -> None:
        """A time that was popped already gets the first slot that was not."""
        slots = Slots()
        list(slots.pop_due(10.0))

        self.assertEqual(slots.put(Check(), 3.0), 10.05)

    def test_not_a_number(self) -> None:
        """A time that is no number is refused, and the check stays where it was."""
        slots, check = Slots(), Check()
        slots.put(check, 1.0)

        self.assertRaises(ValueError, slots.put, check, math.nan)
        self.assertRaises(OverflowError, slots.put, check, math.inf)
        self.assertEqual((slots.count, slots.next()), (1, 1.0))


class TakeTests(SynchronousTestCase):
    """What is left of a check that was taken out."""

    def test_taken(self) -> None:
        """A check that was taken out is nowhere."""
        slots, check = Slots(), Check()
        slots.put(check, 1.0)

        slots.take(check)

        self.assertIs(bucket_of(check), None)
        self.assertEqual((slots.count, list(slots)), (0, []))

    def test_twice(self) -> None:
        """Taking out what is not in does nothing."""
        slots, check = Slots(), Check()

        slots.take(check)

        self.assertEqual(slots.count, 0)

    def test_moved(self) -> None:
        """A check that is put again is in the new place only."""
        slots, check = Slots(), Check()
        slots.put(check, 1.0)

        slots.put(check, 2.0)

        self.assertEqual((slots.count, list(slots), slots.next()), (1, [check], 2.0))

    def test_neighbours_stay(self) -> None:
        """Taking one out of a bucket leaves the others in it."""
        slots, check, other = Slots(), Check(), Check()
        slots.put(check, 1.0)
        slots.put(other, 1.0)

        slots.take(check)

        self.assertEqual((list(slots), slots.next()), ([other], 1.0))

    def test_other_bucket(self) -> None:
        """A bucket that is not in a slot counts as well."""
        slots, check, bucket = Slots(), Check(), Bucket(DUE)

        slots.put_into(check, bucket)
        count = slots.count
        slots.take(check)

        self.assertEqual((count, slots.count, len(bucket)), (1, 0, 0))

    def test_emptied_slot_is_not_popped(self) -> None:
        """A slot whose checks have gone is skipped."""
        slots, check = Slots(), Check()
        slots.put(check, 1.0)
        slots.take(check)
        slots.put(check, 2.0)

        self.assertEqual(list(slots.pop_due(1.5)), [])

    def test_empty(self) -> None:
        """Without checks there is no next time."""
        slots, check = Slots(), Check()
        slots.put(check, 1.0)
        slots.take(check)

        self.assertEqual(slots.next(), math.inf)

    def test_bounded(self) -> None:
        """Connections that come and go with deadlines a day away leave no trace."""
        slots, stays, goes = Slots(), Check(), Check()
        slots.put(stays, 86400.0)

        for second in range(10_000):
            slots.put(goes, 86400.0 + second)
        slots.take(goes)

        self.assertLess(len(slots._heap), 100)
        self.assertEqual((len(slots._buckets), slots.next()), (1, 86400.0))

    def test_one_slot(self) -> None:
        """A check has one slot of its own, and its subclass need not call __init__."""

        class Mine(Check):
            __slots__ = ()

            def __init__(self) -> None:
                pass

        self.assertFalse(hasattr(Mine(), "__dict__"))
        self.assertIs(bucket_of(Mine()), None)

    def test_default_hooks(self) -> None:
        """A check that overrides nothing does nothing."""
        check = Check()

        check.fire(1.0)
        check.wake(1.0)

        self.assertIs(bucket_of(check), None)


class ReleaseTests(SynchronousTestCase):
    """Taking out, one by one, what has come due."""

    def test_due(self) -> None:
        """Its time has come: it is taken out, once, and may be put in again."""
        slots, check = Slots(), Check()
        slots.put(check, 1.0)
        list(slots.pop_due(1.0))

        self.assertEqual([slots.release(check), slots.release(check)], [True, False])
        self.assertEqual((slots.count, bucket_of(check)), (0, None))
        slots.add(check, 2.0)
        self.assertEqual((slots.count, slots.next()), (1, 2.0))

    def test_moved_since(self) -> None:
        """What was moved to a later time since is left there."""
        slots, check = Slots(), Check()
        slots.put(check, 1.0)
        list(slots.pop_due(1.0))
        slots.put(check, 2.0)

        self.assertFalse(slots.release(check))
        self.assertEqual((slots.count, slots.next()), (1, 2.0))
