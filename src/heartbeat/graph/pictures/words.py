"""What each word of a snapshot means, in a plain sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heartbeat.errors import HeartbeatError
from heartbeat.graph.model import CallVerdict, Kind, Source, State, Strength

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["SENTENCES", "WORDS", "UnknownWordError", "Word", "explain"]

Word = CallVerdict | Strength | State | Kind | Source
"""Whatever has a sentence."""

SENTENCES: Mapping[Word, str] = {
    CallVerdict.STRAY: (
        "Every connection it reaches is gone: when it runs, it will work on a "
        "connection that is not there any more."
    ),
    CallVerdict.MAYBE_STRAY: (
        "All that is known of it leads to connections that are gone, but only by "
        "hints, none of which is sure."
    ),
    CallVerdict.MIXED: (
        "Some of the connections it reaches are gone, and some are not."
    ),
    CallVerdict.OK: "Every connection it reaches is there.",
    CallVerdict.SHARED: (
        "It reaches connections only through something that reaches several, so it "
        "belongs to none of them."
    ),
    CallVerdict.LISTENING: "It belongs to a listening port.",
    CallVerdict.FACTORY: "It belongs to a factory, not to one of its connections.",
    CallVerdict.SERVICE: "It belongs to a service, like a ClientService's next try.",
    CallVerdict.SCOPE: "It belongs to a scope that has no connection of its own.",
    CallVerdict.INTERNAL: "It is Twisted's own, or this package's.",
    CallVerdict.UNATTACHED: "It reaches no connection.",
    CallVerdict.EXPECTED: "It would be a stray, and the program said that it is wanted.",
    Strength.SCOPED: "A scope of the connection owns the call.",
    Strength.DIRECT: (
        "The function is a method of the protocol or the transport, or one of these "
        "is among its arguments."
    ),
    Strength.OWNED: "The way leads through objects that only this call reaches.",
    Strength.WEAK: "The way leads through a weak reference.",
    Strength.KEYED: "The way leads through a registry, by a key that the call has.",
    Strength.HELD: "Exactly one protocol keeps the call.",
    Strength.CREATED: (
        "Code of the connection made the call; that says nothing of what it touches."
    ),
    Strength.POSSIBLE: (
        "The way leads through a container that looks like a registry and has one "
        "entry just now."
    ),
    Strength.GLOBAL: "The way leads through a global variable of the function's module.",
    Strength.SHARED: "The way leads through something that reaches several connections.",
    State.LISTENING: "It waits for connections or datagrams.",
    State.CONNECTING: "The attempt to connect is under way.",
    State.CONNECTED: "Bytes can go both ways.",
    State.HALF_CLOSED: "One direction is closed, the other works.",
    State.CLOSING: (
        "It was told to close, and what was written before is still being sent."
    ),
    State.DISCONNECTED: "The connection was lost: what is written there goes nowhere.",
    State.FAILED: "It was never connected, and the attempt is over.",
    State.UNCONNECTED: "The protocol has no transport and has never had one.",
    Kind.TCP: "A TCP connection or port.",
    Kind.TLS: "A TCP connection or port with TLS on it.",
    Kind.UNIX: "A UNIX stream socket.",
    Kind.UDP: "A UDP socket.",
    Kind.UNIX_DATAGRAM: "A UNIX datagram socket.",
    Kind.PROCESS: "A child process and its pipes or its terminal.",
    Kind.STDIO: "Standard input and output of this process.",
    Kind.OTHER: (
        "Something else that the reactor reads or writes, or a transport in memory."
    ),
    Source.REACTOR: "The reactor will run it.",
    Source.ASYNCIO: "The event loop under the asyncio reactor will run it.",
    Source.CLOCK: "A clock for tests will run it.",
    Source.WHEEL: "The timer that all keepalives of the reactor share will run it.",
}
"""A sentence for each; `explain` finds it by the word."""

# Of what a word is said, where it has more than one meaning.
_SAID_OF: Mapping[type[Word], str] = {
    CallVerdict: "of a call",
    Strength: "of the link from a call to a connection",
    State: "of a connection or port",
    Kind: "of a connection or port",
    Source: "of a call",
}

WORDS: Sequence[str] = tuple(dict.fromkeys(str(word.value) for word in SENTENCES))
"""All the words there are, verdicts first."""


class UnknownWordError(HeartbeatError, ValueError):
    """A word was asked for that no snapshot has.

    Attributes:
        word: The word.
        known: Those that there are.
    """

    def __init__(self, word: str, known: Sequence[str] = WORDS) -> None:
        super().__init__(word, known)
        self.word = word
        self.known = known

    def __str__(self) -> str:
        """The word, and those that there are."""
        return f"{self.word!r} is no word of a snapshot: use {', '.join(self.known)}"


def explain(word: str) -> str:
    """What a word of a snapshot means; a line for each meaning, if there are several.

    >>> explain("STRAY")
    'Every connection it reaches is gone: ...not there any more.'

    Args:
        word: A verdict, strength, state, kind or source, in any case, with hyphens,
            blanks or underscores.

    Raises:
        UnknownWordError: No snapshot has that word.
    """
    wanted = _plain(word)
    found = [each for each in SENTENCES if _plain(str(each.value)) == wanted]
    if not found:
        raise UnknownWordError(word)
    if len(found) == 1:
        return SENTENCES[found[0]]
    return "\n".join(f"{_SAID_OF[type(each)]}: {SENTENCES[each]}" for each in found)


def _plain(word: str) -> str:
    return re.sub(r"[\s_-]+", "-", word.strip()).lower()
