"""What is said on the socket: a question in one line, an answer in one or more.

.. code-block:: text

    > {"heartbeat": 1, "ask": "snapshot"}
    < {"heartbeat": 1, "answer": "snapshot", "pieces": 2}
    < {"schema": 1, ...}                                    a piece of the snapshot
    < {"schema": 1, ...}                                    another
    > {"heartbeat": 1, "ask": "page"}
    < {"heartbeat": 1, "answer": "page", "url": "http://127.0.0.1:40911/..."}
    > {"heartbeat": 1, "ask": "a dance"}
    < {"heartbeat": 1, "error": "..."}

There is one question a connection. Each line is JSON in ASCII and ends with a newline.
"""

from __future__ import annotations

import json
from typing import Any, Final

from heartbeat.errors import HeartbeatError

__all__ = [
    "REFUSAL",
    "LanguageError",
    "RefusedError",
    "answer",
    "answer_in",
    "question",
    "refusal",
    "word_in",
]

VERSION: Final = 1

REFUSAL: Final = b'{"heartbeat": 1, "error"'
"""How every refusal begins, and no piece of a snapshot does."""


class LanguageError(HeartbeatError):
    """A line that is no question, or no answer; the message says what is wrong."""


class RefusedError(HeartbeatError):
    """The other side said why it does not answer; the message is its sentence."""


def question(word: str) -> bytes:
    """The line that asks for *word*."""
    return _line(ask=word)


def answer(word: str, **more: object) -> bytes:
    """The first line of the answer to a question for *word*."""
    return _line(answer=word, **more)


def refusal(sentence: str) -> bytes:
    """The line that says why there is no answer, or no more of one."""
    return _line(error=sentence)


def word_in(line: bytes) -> str:
    """What the line of a question asks for.

    Raises:
        LanguageError: It is no question that could be understood.
    """
    return str(_field(_read(line), "ask"))


def answer_in(line: bytes, word: str) -> dict[str, Any]:
    """What the first line of the answer to a question for *word* says.

    Raises:
        LanguageError: It is no answer to that.
        RefusedError: It is a refusal.
    """
    said = _read(line)
    if "error" in said:
        raise RefusedError(str(said["error"]))
    if _field(said, "answer") != word:
        raise LanguageError(f"{said['answer']!r} was answered, not {word!r}")
    return said


def _line(**fields: object) -> bytes:
    return json.dumps({"heartbeat": VERSION, **fields}).encode() + b"\n"


def _read(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LanguageError(f"not a line of JSON: {error}") from None
    if not isinstance(said, dict) or _field(said, "heartbeat") != VERSION:
        raise LanguageError(f"not a line of version {VERSION}, which is spoken here")
    return said


def _field(said: dict[str, Any], name: str) -> Any:
    if name not in said:
        raise LanguageError(f"not a line with the field {name!r}")
    return said[name]
