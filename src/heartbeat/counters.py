"""What happened on one connection, counted."""

from __future__ import annotations

import attrs

__all__ = ["Counters"]


@attrs.define(eq=False, weakref_slot=False)
class Counters:
    """Counts since the connection was made; they only grow.

    Attributes:
        pings_sent: Questions we wrote.
        pongs: Answers to them.
        late_pongs: Answers among them that came after their deadline.
        unsolicited_pongs: Answers to nothing we asked.
        beats_sent: One-way beats we wrote.
        pings_received: Questions the peer put to us.
        pings_answered: Those we answered.
        suspicions: Deadlines that passed.
        cleared: Suspicions that a later look found wrong.
        hook_failures: Exceptions in the user's hooks and in ``send_*``.
        late_writes: Writes after the connection was lost.
    """

    pings_sent: int = 0
    pongs: int = 0
    late_pongs: int = 0
    unsolicited_pongs: int = 0
    beats_sent: int = 0
    pings_received: int = 0
    pings_answered: int = 0
    suspicions: int = 0
    cleared: int = 0
    hook_failures: int = 0
    late_writes: int = 0
