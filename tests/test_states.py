"""The table of states: complete, connected, and nothing more than a table."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.states import TRANSITIONS, Action, Event, State


def reachable_from(start: State) -> set[State]:
    """Every state that some sequence of events leads to."""
    seen, todo = set[State](), [start]
    while todo:
        state = todo.pop()
        if state not in seen:
            seen.add(state)
            todo += TRANSITIONS[state].values()
    return seen


class TransitionsTests(SynchronousTestCase):
    def test_every_state_has_a_row(self) -> None:
        """No state is a dead end, not even a verdict: a dry run goes on."""
        self.assertEqual(set(TRANSITIONS), set(State))

    def test_every_event_happens(self) -> None:
        """No event is unused."""
        used = {event for row in TRANSITIONS.values() for event in row}
        self.assertEqual(used, set(Event))

    def test_connected(self) -> None:
        """From every state every other one can be reached."""
        for state in State:
            self.assertEqual(reachable_from(state), set(State))

    def test_stop(self) -> None:
        """Looking can stop in every state."""
        for row in TRANSITIONS.values():
            self.assertIs(row[Event.STOP], State.OFF)

    def test_heard(self) -> None:
        """A sign of life makes the peer alive, whatever it was taken for."""
        for state in set(State) - {State.OFF}:
            self.assertIs(TRANSITIONS[state][Event.HEARD], State.ALIVE)

    def test_verdict_needs_suspicion(self) -> None:
        """LOST is entered only from SUSPECT, which only a passed deadline enters."""
        entries = {
            (state, event)
            for state, row in TRANSITIONS.items()
            for event, target in row.items()
            if target is State.LOST
        }
        self.assertEqual(entries, {(State.SUSPECT, Event.CONFIRMED)})

    def test_names(self) -> None:
        """Values are what a log or a diagram shows, and differ."""
        for enumeration in (State, Event, Action):
            values = [member.value for member in enumeration]
            self.assertEqual(len(values), len(set(values)))
            self.assertTrue(all(value.islower() for value in values))
