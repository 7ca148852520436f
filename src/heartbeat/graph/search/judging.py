"""What is said of a call, from its links alone.

Only links that are sure enough decide. A call all of whose deciding links lead to what
is gone is stray; where there are only vague ones, it may be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartbeat.graph.kinds import DECIDING, GONE, CallVerdict, State, Strength

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heartbeat.graph.timers import Link

__all__ = ["verdict_of"]

_OWNERS = {
    "factory": CallVerdict.FACTORY,
    "connector": CallVerdict.FACTORY,
    "scope": CallVerdict.SCOPE,
    "reactor": CallVerdict.INTERNAL,
    "resolver": CallVerdict.INTERNAL,
}


def verdict_of(links: Sequence[Link], state_of: Callable[[str], State]) -> CallVerdict:
    """The verdict on a call with these links.

    Args:
        links: To endpoints and to owners.
        state_of: The state of the endpoint with an id.
    """
    targets = [link for link in links if link.target is not None]
    states = [
        state_of(link.target)
        for link in targets
        if link.target is not None and link.strength in DECIDING
    ]
    if states:
        return _of_states(states)
    owner = next((link for link in links if link.owner), None)
    # What is far away owns less than a hint says: every object knows some service.
    if owner is not None and (not owner.depth or not targets):
        return _of_owner(owner.owner or "")
    return _of_vague(targets, state_of)


def _of_states(states: list[State]) -> CallVerdict:
    gone = sum(state in GONE for state in states)
    if gone == len(states):
        return CallVerdict.STRAY
    if gone:
        return CallVerdict.MIXED
    if all(state is State.LISTENING for state in states):
        return CallVerdict.LISTENING
    return CallVerdict.OK


def _of_owner(owner: str) -> CallVerdict:
    kind, _, _ = owner.partition(" ")
    return _OWNERS.get(kind, CallVerdict.SERVICE)


def _of_vague(links: Sequence[Link], state_of: Callable[[str], State]) -> CallVerdict:
    if not links:
        return CallVerdict.UNATTACHED
    if all(state_of(link.target or "") in GONE for link in links):
        return CallVerdict.MAYBE_STRAY
    if any(link.strength is Strength.SHARED for link in links):
        return CallVerdict.SHARED
    return CallVerdict.UNATTACHED
