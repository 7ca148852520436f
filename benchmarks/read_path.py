"""What does a message that is received cost?"""

from __future__ import annotations

from benchmarks import hot_path
from benchmarks.results import Effort, Question
from benchmarks.workloads.messages import Case

__all__ = ["GATED", "QUESTION"]

GATED = (Case("read", "bytes", 64), Case("read", "lines", 64))
"""Those that have a bound, and are measured with any effort."""

QUESTION = Question(
    name="read-path",
    text="What does a running keepalive, or a wire, add to a message that is received?",
    ask=hot_path.asking(
        hot_path.Subject(
            verb="received",
            cases={
                Effort.QUICK: GATED,
                Effort.FULL: (
                    *GATED,
                    Case("read", "int32", 64),
                    Case("read", "netstrings", 64),
                    Case("read", "bytes", 1024),
                    Case("read", "bytes", 65536),
                ),
            },
            gated=GATED,
        )
    ),
    seconds={Effort.QUICK: 25.0, Effort.FULL: 140.0},
)
