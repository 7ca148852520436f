"""The states of a peer, the events, the table of all transitions, and the actions.

Nothing but `TRANSITIONS` may change a state, and nothing but names may stand in
this module: the diagram in the documentation is drawn from it.
"""

from __future__ import annotations

import enum

__all__ = ["TRANSITIONS", "Action", "Event", "State"]


class _Name(enum.Enum):
    """A member is one object, so its identity is all there is to hash.

    An enum hashes its members by their names, in Python, and every look at a
    connection does so several times.
    """

    __hash__ = object.__hash__


class State(_Name):
    """What is known of the peer."""

    OFF = "off"
    """Nobody is looking."""

    ALIVE = "alive"
    """Heard recently enough; nothing is open."""

    ASKED = "asked"
    """A question is open."""

    SUSPECT = "suspect"
    """A deadline passed; the verdict waits for one more pass of I/O."""

    HELD = "held"
    """We do not read, so its silence is our own doing: nothing is judged."""

    LOST = "lost"
    """Given up. A dry run goes on looking, and may be proven wrong."""


class Event(_Name):
    """What can happen to a state."""

    START = "start"
    STOP = "stop"
    HEARD = "heard"
    """A sign of life, of the kind the policy asks for."""
    SILENT = "silent"
    """The interval has passed without one."""
    EXPIRED = "expired"
    """A deadline has passed."""
    RETRIED = "retried"
    """Nothing was heard in the second look, and attempts are left."""
    CONFIRMED = "confirmed"
    """Nothing was heard in the second look, and none is left."""
    PAUSED = "paused"
    """We were found not to be reading."""
    RESUMED = "resumed"
    """We read again."""
    EXTENDED = "extended"
    """The second look found the deadline moved: our bytes moved on, our own stall
    is given back, or the policy became more patient."""
    WITHDRAWN = "withdrawn"
    """Nothing follows from no answer: the question could not be written or repeated,
    the peer has closed its side, or the policy does not ask for one any more."""


class Action(_Name):
    """What the driver has to do, at most one a check."""

    ASK = "ask"
    """Send a ping: it opens a question, unless the policy has no ``timeout``."""
    NUDGE = "nudge"
    """Send another ping for the open question: its acknowledgement tells
    whether the peer works through a backlog."""
    WARN = "warn"
    """A deadline passed: tell the application, look again after a pass of I/O."""
    GIVE_UP = "give up"
    """The verdict has fallen."""
    CLEAR = "clear"
    """A suspicion, or a verdict of a dry run, was wrong."""
    HOLD = "hold"
    """Our own reading is paused: report it."""


TRANSITIONS: dict[State, dict[Event, State]] = {
    State.OFF: {Event.START: State.ALIVE, Event.STOP: State.OFF},
    State.ALIVE: {
        Event.HEARD: State.ALIVE,
        Event.SILENT: State.ASKED,
        Event.EXPIRED: State.SUSPECT,
        Event.PAUSED: State.HELD,
        Event.STOP: State.OFF,
    },
    State.ASKED: {
        Event.HEARD: State.ALIVE,
        Event.WITHDRAWN: State.ALIVE,
        Event.EXPIRED: State.SUSPECT,
        Event.PAUSED: State.HELD,
        Event.STOP: State.OFF,
    },
    State.SUSPECT: {
        Event.HEARD: State.ALIVE,
        Event.EXTENDED: State.ASKED,
        Event.WITHDRAWN: State.ALIVE,
        Event.RETRIED: State.ASKED,
        Event.CONFIRMED: State.LOST,
        Event.PAUSED: State.HELD,
        Event.STOP: State.OFF,
    },
    State.HELD: {
        Event.HEARD: State.ALIVE,
        Event.RESUMED: State.ALIVE,
        Event.STOP: State.OFF,
    },
    State.LOST: {Event.HEARD: State.ALIVE, Event.STOP: State.OFF},
}
"""Every change of state there is: ``{state: {event: next state}}``."""
