"""All questions, and how they are asked one after the other."""

from __future__ import annotations

import importlib
import time
import traceback
from typing import TYPE_CHECKING

from benchmarks.store import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.results import Answer, Effort, Question

__all__ = ["MODULES", "ask", "questions"]

MODULES = (
    "write_path",
    "read_path",
    "programs",
    "timers",
    "memory",
    "checks",
    "idle",
    "simulated",
    "verdicts",
    "looking",
    "imports",
)
"""In the order of the page. Each has a ``QUESTION``."""


def questions() -> dict[str, Question]:
    """All of them by name, in the order of the page."""
    found = [_question(module) for module in MODULES]
    return {question.name: question for question in found}


def ask(
    question: Question, effort: Effort, tell: Callable[[float, str], None]
) -> Outcome:
    """Answer one question; an error becomes part of the outcome."""
    started = time.monotonic()
    answer: Answer | None = None
    failure = None
    try:
        answer = question.ask(effort, tell)
    except Exception:  # noqa: BLE001 - the other questions are answered all the same
        failure = traceback.format_exc()
    return Outcome(
        name=question.name,
        text=question.text,
        command=f"python -m benchmarks {question.name}",
        seconds=time.monotonic() - started,
        answer=answer,
        failure=failure,
    )


def _question(module: str) -> Question:
    question: Question = importlib.import_module(f"benchmarks.{module}").QUESTION
    return question
