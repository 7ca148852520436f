"""The peers that live: what happens to each, and what is claimed about it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from heartbeat.demo.case import BOUND, PARCEL, STEP, Case, Fate, Log
from heartbeat.demo.claims import Claim
from heartbeat.demo.words import in_words, size_of

if TYPE_CHECKING:
    from heartbeat.demo.peers import Process
    from heartbeat.evidence import Evidence

__all__ = ["Answering", "Busy", "Living", "Unheard"]

BLOCK = 3.7
"""Seconds for which our own reactor is blocked: longer than `BOUND`."""

BUSY_PARCELS = 390
"""25 MB. At 15 ms each, the peer works on them for 5.85 s: longer than `BOUND`, also if
we come late to look."""

LOOKS = 2
PAUSE = 3.0
"""Looks at the busy one, and seconds between them: has it moved?"""

ENOUGH = BOUND + 0.75
"""Seconds after which one that answers has lived for longer than a dead one could."""


class Living(Case):
    """A peer that must not be given up."""

    def when(self) -> str:
        """Nothing to say."""
        return ""

    def facts(self) -> list[str]:
        """It answers."""
        return [self._answered_of_asked()]

    def claims(self) -> list[Claim]:
        """It lives, and it answers."""
        lives = self.fate is Fate.LIVES and self.verdict is None
        answers = self.answered_all and self.ours.heartbeat.counters.pongs > 1
        answered = self._answered_of_asked()
        why_not = str(self.verdict or self.reason)
        return [Claim("lives", lives, why_not), Claim(answered, answers)]

    def _answered_of_asked(self) -> str:
        counters = self.ours.heartbeat.counters
        return f"{counters.pongs} of {counters.pings_sent} pings answered"


class Answering(Living):
    """Nothing happens to it."""

    name = "answering"
    deed = "is idle, answers our pings"

    @property
    def settled(self) -> bool:
        """It has lived for longer than a dead peer could."""
        return self.since > ENOUGH


class Busy(Living):
    """Our pings lie behind a transfer that takes it longer than the bound."""

    name = "busy"
    deed = "works on 25 MB we sent, our pings wait behind them"
    answered_after = 0.0

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self._looks: list[Evidence] = []

    @property
    def settled(self) -> bool:
        """The ping behind the transfer was answered, or never will be."""
        return self.answered_after > 0 or super().settled

    def do(self, process: Process) -> None:
        """Write it all at once, and a ping after it."""
        del process
        self.ours.transport.write(PARCEL * BUSY_PARCELS)
        answer = self.ours.heartbeat.ping()
        answer.addCallbacks(self._answered, lambda _: None)
        self.ours.clock.callLater(BOUND + 2 * STEP - PAUSE, self._look)
        self.ours.clock.callLater(BOUND + 2 * STEP, self._look)

    def when(self) -> str:
        """How long an answer took."""
        return f"an answer took {self.answered_after:.2f} s"

    def facts(self) -> list[str]:
        """It answers, and what was known when it had been silent for long."""
        if len(self._looks) < LOOKS:
            return super().facts()
        before, then = self._looks
        moved = size_of((then.acked or 0) - (before.acked or 0))
        return [
            *super().facts(),
            "while it was silent:",
            *in_words(then),
            f"{moved} of them acked in the last {PAUSE:g} s",
        ]

    def claims(self) -> list[Claim]:
        """It lives, although it was silent for longer than the bound."""
        silent = self._looks[-1].heard_ago if self._looks else 0.0
        moved = len({look.progress for look in self._looks}) == LOOKS
        return [
            *super().claims(),
            Claim(f"was silent for {silent:.2f} s", silent > BOUND),
            Claim("its bytes moved on meanwhile", moved),
            Claim(self.when(), self.answered_after > BOUND),
        ]

    def _look(self) -> None:
        self._looks.append(self.ours.heartbeat.probe.look())

    def _answered(self, seconds: float) -> None:
        self.answered_after = seconds
        self.tell(f"the ping behind the transfer is answered, after {seconds:.2f} s")


class Unheard(Living):
    """It answers; we are the ones who do not listen."""

    name = "unheard"
    deed = f"answers, but our reactor is blocked for {BLOCK} s"
    settled = True  # its time comes when the others are done
    stalls = 0
    lateness = 0.0
    silent = 0.0
    answered_after = 0.0
    _answers = 0

    def begin(self, process: Process) -> None:
        """Not yet."""

    def block(self) -> None:
        """Keep the reactor from everything else."""
        self.tell(f"our own reactor is blocked by a busy loop for {BLOCK} s ...")
        self._answers = self.ours.heartbeat.counters.pongs
        ends_at = time.monotonic() + BLOCK
        while time.monotonic() < ends_at:
            pass
        self.deed_at = self.ours.heartbeat.now()
        self.silent = self.ours.heartbeat.probe.heard_ago()

    def stalled(self, lateness: float) -> None:
        """The stall was reported."""
        self.stalls += 1
        self.lateness = lateness
        self.tell(f"event reactor_stalled, lateness_s={lateness:.2f}")

    def heard_again(self) -> bool:
        """Whether it was asked after the block and has answered."""
        heard = self.ours.heartbeat.counters.pongs > self._answers
        if heard and not self.answered_after:
            self.answered_after = self.since
            self.tell(f"asked and answered {self.since:.2f} s after the block")
        return heard or super().settled

    def when(self) -> str:
        """How long after the block that was known."""
        return f"heard {self.answered_after:.2f} s after the block"

    def facts(self) -> list[str]:
        """It answers, and what was known of ourselves."""
        return [
            *super().facts(),
            f"last byte {self.silent:.2f} s ago, {self.lateness:.2f} s of it our doing",
        ]

    def claims(self) -> list[Claim]:
        """It lives, was asked after the block, and the stall was reported once."""
        return [
            *super().claims(),
            Claim(f"was silent for {self.silent:.2f} s", self.silent > BOUND),
            Claim(
                f"it was heard again {self.answered_after:.2f} s after the block",
                self.answered_after > 0,
            ),
            Claim(
                f"one event reported the stall, {self.lateness:.2f} s late",
                self.stalls == 1,
                f"{self.stalls} events",
            ),
        ]
