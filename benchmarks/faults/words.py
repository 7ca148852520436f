"""What the page says whatever came out."""

from __future__ import annotations

from benchmarks.faults.faults import GRACE, INTERVAL, SLACK, TIMEOUT
from benchmarks.faults.rows_network import MANY
from benchmarks.faults.scene import IMPATIENT, PATIENT, STEADY

__all__ = ["HOW", "HOW_TO_READ", "LEFT_OVER", "WITHOUT"]

HOW = f"""\
Each row is one fault, played in hosts of its own: network namespaces with a cable
between them, or with a process that carries every packet, and delays or loses some.
Both programs are real processes. If nothing else is said, all are told to ask after
{INTERVAL:g} s of silence and to wait {TIMEOUT:g} s for the answer; {GRACE:g} s is the grace of ours for a
close. What is promised is computed from these numbers; up to {SLACK:g} s more count as
kept, for the steps of a shared timer and for a machine on which many scenes run at
once. What is dead is dead at any time: each program has three connections then, and the
fault comes soon after one was connected, when the question of another has just gone,
and late for the third, before its next question; a cell shows the greatest of the three
times, and all three must be right. What is alive must not be given up while somebody looks:
until {STEADY:g} s after the time in which it would have been given up if it had been dead,
counted from the end of what was done. What is dead is looked at for {PATIENT:g} s after its
time, for {IMPATIENT:g} s if it is ours or if nothing is promised. A scene is no success if
what should go wrong did not: packets must have been lost, questions and answers must
have come through, the clock must have been set and the peer must have misbehaved. A
second is one of the monotonic clock, from the moment of the fault."""

LEFT_OVER = """\
Counted before a program connects, and again half a second after its connection is lost
or, if it was alive, closed: descriptors, timed calls (with asyncio tasks as well) and
memory of the process that was not there before, what the allocator keeps not
included. The first connection makes a program load what it needs for one. Of
thousands, memory that was in use by all stays in the interpreter's hands. When aiohttp
hears the answer to its own close, it sets its heartbeat once more: that is the timed
call of connections that were alive, and it stays until it is due."""

HOW_TO_READ = """\
A time is how long it took to give up what was dead; the greatest of three, but for
Foolscap, which has one connection in a program. All get the same two numbers and are
set as near to the same promise as they can be, [as is told below](#how-each-is-set);
each is judged by its own. *Late* is more than it promises; *missed* means that it still
stood when we ceased to look. *Lost* is a connection that was alive, and was given up.
*Left* is what was right and in time, but left a descriptor or a timed call behind.
*Cannot* means that the library has no such thing, or [promises
none](#what-the-others-cannot): what it does then was measured, and is not held against
it. Only ours is asked about what no other has, like fields of its policy."""

WITHOUT = {
    "producer": "it has no producers that an application registers",
    f"{MANY:,} connections": "two connections of one program to one peer are the same",
}
"""What was not possible, in words."""
