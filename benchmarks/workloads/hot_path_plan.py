"""What is measured of the hot path in one run: candidates, and what is done to them."""

from __future__ import annotations

import json

import attrs

from benchmarks.candidates import CANDIDATES, KINDS
from benchmarks.workloads.messages import Case

__all__ = ["Plan"]


@attrs.frozen
class Plan:
    """What a run measures.

    Attributes:
        transports: "tcp", "tls" or both.
        candidates: Keys of `CANDIDATES`.
        cases: Those that a candidate does not fit are left out.
        batches: Of each case; more, if there is little in one.
        turns: How often each case is timed; counted it is once.
    """

    transports: list[str]
    candidates: list[str]
    cases: list[Case]
    batches: int
    turns: int = 1

    @classmethod
    def parse(cls, given: str) -> Plan:
        """Read what `text` says."""
        plain = json.loads(given)
        return cls(**{**plain, "cases": [Case(**each) for each in plain["cases"]]})

    @property
    def text(self) -> str:
        """The plan as an argument of this program."""
        return json.dumps(attrs.asdict(self))

    def batches_of(self, case: Case) -> int:
        """How many batches of that case."""
        return self.batches * max(1, 16 // case.batch)

    def fitting(self, candidate: str) -> list[Case]:
        """The cases that there are for a candidate."""
        fits = CANDIDATES[candidate].fits
        return [case for case in self.cases if fits(KINDS[case.kind])]
