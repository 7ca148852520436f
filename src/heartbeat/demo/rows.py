"""A case in the table: what happened, what became of it, and why."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

from heartbeat.demo.case import Fate
from heartbeat.demo.words import in_words

if TYPE_CHECKING:
    from heartbeat.demo.case import Case

__all__ = ["Mark", "Row", "row_after", "row_during"]


class Mark(enum.Enum):
    """Whether what is claimed of a case holds."""

    OPEN = "open"
    """Not known yet."""
    HOLDS = "holds"
    FAILED = "failed"


@attrs.frozen(kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        mark: Whether what is claimed holds.
        peer: The case's name.
        deed: What happened to the peer.
        outcome: What became of the connection, or its state.
        when: After how long, in words.
        verdict: The kind of the verdict; empty if none fell.
        because: Its sentence.
        evidence: What is known of the connection, each line on one subject.
    """

    mark: Mark = Mark.OPEN
    peer: str
    deed: str
    outcome: str
    when: str = ""
    verdict: str = ""
    because: str = ""
    evidence: list[str] = attrs.Factory(list)


def row_during(case: Case) -> Row:
    """How *case* stands now."""
    row = Row(peer=case.name, deed=case.deed, outcome=case.fate.value)
    if case.protocol is None:
        return attrs.evolve(row, outcome="starting")
    if case.fate is not Fate.LIVES:
        return row
    heartbeat = case.protocol.heartbeat
    return attrs.evolve(
        row,
        outcome=heartbeat.state.value,
        evidence=in_words(heartbeat.probe.look()),
    )


def row_after(case: Case) -> Row:
    """What became of *case*."""
    holds = all(claim.holds for claim in case.claims())
    kind = None if case.verdict is None else case.verdict.kind
    return Row(
        mark=Mark.HOLDS if holds else Mark.FAILED,
        peer=case.name,
        deed=case.deed,
        outcome=case.fate.value,
        when=case.when(),
        verdict="" if kind is None else kind.name,
        because="" if kind is None else kind.value,
        evidence=case.facts(),
    )
