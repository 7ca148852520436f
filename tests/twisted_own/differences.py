"""The tests of Twisted's that end differently on our classes, and why."""

from __future__ import annotations

__all__ = ["DIFFERENCES"]

DIFFERENCES: dict[str, dict[str, str]] = {
    "calls": {
        "TimeTests.test_callLaterReset": (
            "It reads `time`, an attribute of Twisted's class of delayed calls; a "
            "scoped call has what `IDelayedCall` promises: `getTime()`."
        ),
        "TimeTests.test_callLaterUsesReactorSecondsAsDelayedCallSecondsFactory": (
            "It calls `seconds()` of Twisted's class of delayed calls; a scoped call "
            "has what `IDelayedCall` promises."
        ),
    },
    "http": {
        "GenericHTTPChannelTests.test_h2CancelsH11Timeout": (
            "It reads `cancelled`, an attribute of Twisted's class of delayed calls; "
            "a scoped call has what `IDelayedCall` promises: `active()`."
        ),
    },
}
"""By run and test: the reason."""
