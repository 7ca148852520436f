"""Pings and pongs as strings, for protocols that send strings with a length."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from heartbeat.wires.messages import MessageWire

__all__ = ["IntN", "Netstrings"]


@attrs.frozen(kw_only=True)
class Netstrings(MessageWire):
    """``PING 1f0c…`` strings, for `NetstringReceiver`."""

    receiver: ClassVar[str] = "stringReceived"
    sender: ClassVar[str] = "sendString"


@attrs.frozen(kw_only=True)
class IntN(Netstrings):
    """The same for `Int8StringReceiver`, `Int16StringReceiver`, `Int32StringReceiver`."""

    def limit_of(self, protocol_class: Any) -> float:
        """Bytes of the longest string: no more than its prefix can say."""
        limit = super().limit_of(protocol_class)
        prefix: int = getattr(protocol_class, "prefixLength", 4)
        return min(limit, float(256**prefix - 1))
