"""What is true of each connection, and what became of it: right, wrong, or missed.

Pure bookkeeping: it is told what was done to a peer, and what the keepalive said. Every
connection whose peer has to be given up is written down twice, when that becomes so and
when it ends; at the end both sides must come to the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from heartbeat import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heartbeat import Keepalive, Verdict

__all__ = ["BRIEF", "FROZEN", "MARGIN", "MUTED", "Account", "Doom", "Ledger"]

MUTED = frozenset({Kind.PEER_HUNG})
"""What is true of a peer whose kernel acknowledges and whose application is silent."""

FROZEN = MUTED | {Kind.PEER_NOT_READING}
"""The same of a stopped process: what was sent to it may fill its window as well."""

BRIEF = 0.3
"""Share of the timeout for which a peer is stopped without being dead."""

MARGIN = 1.5
"""Seconds beyond the policy's promise: two looks of the wheel, and two reactors on a
busy machine. The time for which our own could do nothing is added."""


@attrs.frozen
class Doom:
    """A peer that has to be given up.

    Attributes:
        what: What was done to it.
        kinds: The verdicts that are true of it.
        at: When it was done, monotonic seconds.
        by: When it has to be given up at the latest, our own lateness not counted.
        late: Seconds by which our reactor had been late until then.
    """

    what: str
    kinds: frozenset[Kind]
    at: float
    by: float
    late: float

    @classmethod
    def of(
        cls,
        what: str,
        kinds: frozenset[Kind],
        policy: Keepalive,
        *,
        now: float,
        late: float,
        slack: float = MARGIN,
    ) -> Doom:
        """It is done now to a peer that is watched by *policy*.

        Args:
            what: What is done.
            kinds: The verdicts that are true of it.
            policy: Of the connection.
            now: Monotonic seconds.
            late: Seconds by which our reactor was late so far, see `Lateness`.
            slack: Seconds beyond the promise that the verdict may take.
        """
        within = policy.within
        assert within is not None
        return cls(what, kinds, now, now + within + slack, late)

    def missed(self, now: float, late: float) -> bool:
        """Whether the time is over."""
        return now > self.by + (late - self.late)


@attrs.define
class Account:
    """The connections that something was done to for which they have to be given up.

    Attributes:
        doomed: All of them.
        right: Given up, for what is true and in time.
        forestalled: Lost before, for their process was killed.
        wrong: Mistaken, late or missed, or lost otherwise.
    """

    doomed: int = 0
    right: int = 0
    forestalled: int = 0
    wrong: int = 0

    @property
    def open(self) -> int:
        """Those of which nobody knows what became: none, in the end."""
        return self.doomed - self.right - self.forestalled - self.wrong


@attrs.define(eq=False)
class Ledger:
    """Counts what was right, and describes what was not.

    Attributes:
        deeds: How often each thing was done.
        accounts: What became of those that had to be given up, by what was done.
        took: Seconds from the deed to the verdict, of each.
        wrong: Sentences, one for each false, mistaken, late or missed verdict, and for
            each loss that nobody caused.
    """

    deeds: dict[str, int] = attrs.field(factory=dict)
    accounts: dict[str, Account] = attrs.field(factory=dict)
    took: list[float] = attrs.field(factory=list)
    wrong: list[str] = attrs.field(factory=list)

    def did(self, what: str, times: int = 1) -> None:
        """*what* was done."""
        self.deeds[what] = self.deeds.get(what, 0) + times

    def doomed(self, doom: Doom) -> None:
        """A connection has to be given up from now on."""
        self.accounts.setdefault(doom.what, Account()).doomed += 1

    def judged(
        self, doom: Doom | None, verdict: Verdict, now: float, late: float
    ) -> None:
        """A verdict has fallen on a connection that *doom* was done to."""
        if doom is None:
            self.wrong.append(f"false verdict: {verdict}; {verdict.evidence}")
        elif verdict.kind not in doom.kinds:
            self._wrong(doom, f"wrong kind for {doom.what}: {verdict}")
        elif doom.missed(now, late):
            after = now - doom.by - (late - doom.late)
            self._wrong(doom, f"{after:.2f} s late for {doom.what}: {verdict}")
        else:
            self.accounts[doom.what].right += 1
            self.took.append(now - doom.at)

    def missed(self, doom: Doom, peer: str) -> None:
        """The time of *doom* is over, and nothing was said."""
        self._wrong(doom, f"missed: {doom.what}, {peer}")

    def forestalled(self, doom: Doom) -> None:
        """The process was killed before anything had to be said."""
        self.accounts[doom.what].forestalled += 1

    def lost(self, doom: Doom | None, reason: str) -> None:
        """A connection was lost, and nobody had caused that."""
        if doom is None:
            self.wrong.append(f"a loss that nobody caused: {reason}")
        else:
            self._wrong(doom, f"a loss that nobody caused: {reason} ({doom.what})")

    def unaccounted(self) -> Iterable[str]:
        """A sentence for each sum that is not even."""
        for what, account in self.accounts.items():
            if account.open:
                yield f"{what}: of {account.open} connections nobody knows what became"

    def _wrong(self, doom: Doom, sentence: str) -> None:
        self.accounts[doom.what].wrong += 1
        self.wrong.append(sentence)
