"""The reactor called ``heartbeat``: the usual one, and a look into it.

``twistd --reactor=heartbeat``, and the same for ``twist`` and ``trial``, is `install`
of `heartbeat.graph.attach.installation` without a change of the program. Two variables of the
environment say more:

``HEARTBEAT_REACTOR``
    The short name of the reactor to use (``poll``, ``asyncio``, ...; see
    ``--help-reactors``); without it, Twisted's default.

``HEARTBEAT_TRACK``
    ``1`` to note where each call is made, ``0`` not to. Without it, trial does: it then
    says of each call that a test left behind which line made it.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from heartbeat.errors import PolicyError
from heartbeat.graph.attach import installation

__all__ = ["install"]

_TRACK = {"1": True, "0": False}


def install() -> None:
    """Install the reactor that is asked for, and what looks into it.

    Raises:
        twisted.application.reactors.NoSuchReactor: ``HEARTBEAT_REACTOR`` is the name of none.
        PolicyError: One of the variables has a value that cannot be meant.
    """
    track = _is_tracked()
    installation.install(_chosen(os.environ.get("HEARTBEAT_REACTOR", "")), track=track)


def _chosen(name: str) -> Any:
    if name == "heartbeat":
        rule, way_out = "that is this reactor itself", "name the one under it, or none"
        raise PolicyError("HEARTBEAT_REACTOR", name, rule, way_out)
    if name:
        # Imports all plugins.
        from twisted.application import reactors  # noqa: PLC0415

        return reactors.installReactor(name)
    from twisted.internet import default  # noqa: PLC0415

    default.install()
    return sys.modules["twisted.internet.reactor"]


def _is_tracked() -> bool:
    word = os.environ.get("HEARTBEAT_TRACK", "")
    if not word:
        return "twisted.scripts.trial" in sys.modules
    if word not in _TRACK:
        rule, way_out = "must be 1 or 0", "unset it for what is usual"
        raise PolicyError("HEARTBEAT_TRACK", word, rule, way_out)
    return _TRACK[word]
