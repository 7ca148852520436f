"""What does a message that is written cost?"""

from __future__ import annotations

from benchmarks import hot_path
from benchmarks.results import Effort, Question
from benchmarks.workloads.messages import Case

__all__ = ["GATED", "QUESTION"]

GATED = (Case("write", "bytes", 64), Case("write", "lines", 64))
"""Those that have a bound, and are measured with any effort."""

QUESTION = Question(
    name="write-path",
    text="What does a running keepalive add to a message that is written?",
    ask=hot_path.asking(
        hot_path.Subject(
            verb="written",
            cases={
                Effort.QUICK: GATED,
                Effort.FULL: (
                    *GATED,
                    Case("write", "bytes", 1024),
                    Case("write", "bytes", 65536),
                    Case("write", "pieces", 64),
                ),
            },
            gated=GATED,
        )
    ),
    seconds={Effort.QUICK: 25.0, Effort.FULL: 180.0},
)
