"""Anything that could be given for a number, and what has to come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from heartbeat import Keepalive, PolicyError
from heartbeat.profiles import LIMITS, Limits
from tests.profiles.timing import assert_sound

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ANYTHING", "LIMITED", "check"]

ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.integers(0, 70_000),
    st.floats(),
    st.integers(),
    st.just(10**400),
    st.sampled_from([0.0, -0.0, 1e-300, float("inf"), float("nan"), 2**32, 65_536]),
    st.fractions(),
    st.decimals(),
    st.none(),
    st.booleans(),
    st.text(max_size=3),
    st.complex_numbers(),
)

LIMITED: st.SearchStrategy[Limits] = st.one_of(
    st.just(LIMITS),
    st.tuples(st.floats(0.001, 1e9), st.floats(0.001, 1e9)).map(
        lambda pair: Limits(shortest=min(pair), longest=max(pair))
    ),
)


def check(profile: Callable[..., Keepalive], *numbers: Any, **options: Any) -> None:
    """Fail unless the profile gives a sound policy or raises `PolicyError`."""
    try:
        policy = profile(*numbers, **options)
    except PolicyError:
        return
    assert isinstance(policy, Keepalive)
    assert_sound(policy)
