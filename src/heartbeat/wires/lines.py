"""Pings and pongs as lines, for `LineReceiver` and `LineOnlyReceiver`."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from heartbeat.wires.messages import MessageWire

__all__ = ["Lines"]


@attrs.frozen(kw_only=True)
class Lines(MessageWire):
    """``PING 1f0c…`` and ``PONG 1f0c…`` lines.

    Lines only: while one side sends raw data (`LineReceiver.setRawMode` on the
    other), a ping among it would be data. Put ``self.heartbeat.pause()`` and
    ``resume()`` around what you send raw.
    """

    receiver: ClassVar[str] = "lineReceived"
    sender: ClassVar[str] = "sendLine"

    def check(self, protocol_class: Any) -> None:
        """Raise `TypeError` unless the class takes our messages as single lines."""
        super().check(protocol_class)
        delimiter: bytes = getattr(protocol_class, "delimiter", b"\n")
        for word in (self.ping, self.pong):
            if delimiter in word:
                raise TypeError(
                    f"the word {word!r} of {type(self).__name__} ends a line of "
                    f"{protocol_class.__name__}: give one without {delimiter!r}"
                )
