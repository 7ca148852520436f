"""A client of STOMP 1.2 that subscribes to a topic of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.protocol import Protocol

from heartbeat.profiles import stomp, stomp_heart_beat
from heartbeat.wires.stomp import Stomp
from tests.servers.clients.watched import Watched, unique

if TYPE_CHECKING:
    from heartbeat import Keepalive

__all__ = ["OURS", "StompClient"]

OURS = (3000, 5000)
"""Milliseconds: what we can do, what we want."""


class StompClient(Watched, Protocol):
    """Frames of text.

    Args:
        policy: As of `Watched`; the profile's holds as soon as the server answers.
        ours: Our heart-beat header, milliseconds.

    Attributes:
        theirs: The server's heart-beat header, milliseconds.
        agreed: What the profile makes of both; None before.

    Source:
        STOMP 1.2: CONNECT, CONNECTED, SUBSCRIBE, SEND, MESSAGE, RECEIPT, ERROR.
    """

    wire = Stomp()

    def __init__(self, policy: Keepalive | None, ours: tuple[int, int] = OURS) -> None:
        super().__init__(policy)
        self.ours = ours
        self.theirs = (0, 0)
        self.agreed: Keepalive | None = None
        self.topic = f"/topic/{unique()}"
        self._buffer = b""

    def connectionMade(self) -> None:
        """Say who we are, and how often we beat."""
        beat = f"{self.ours[0]},{self.ours[1]}"
        self._send(
            "CONNECT",
            {"accept-version": "1.2", "host": "/", "heart-beat": beat}
            | {"login": "guest", "passcode": "guest"},
        )

    def dataReceived(self, data: bytes) -> None:
        """Take frame after frame; ends of lines between them are heart-beats."""
        self._buffer = (self._buffer + data).lstrip(b"\r\n")
        while b"\x00" in self._buffer:
            frame, _, rest = self._buffer.partition(b"\x00")
            self._buffer = rest.lstrip(b"\r\n")
            self._received(frame.replace(b"\r\n", b"\n"))

    @property
    def address(self) -> str:
        """Of our own."""
        return self.topic

    def tell(self, address: str, payload: bytes) -> None:
        """Publish it."""
        self._send("SEND", {"destination": address}, payload)

    def _received(self, frame: bytes) -> None:
        head, _, body = frame.partition(b"\n\n")
        command, *lines = head.decode().split("\n")
        headers = dict(line.split(":", 1) for line in reversed(lines))
        if command == "CONNECTED":
            self._accepted(headers.get("heart-beat"))
        elif command == "RECEIPT":
            self.let_in()
        elif command == "MESSAGE":
            self.heard(body)
        elif command == "ERROR":
            self.last_words = headers.get("message", "")

    def _accepted(self, heart_beat: str | None) -> None:
        self.theirs = stomp_heart_beat(heart_beat)
        self.agreed = stomp(self.ours, self.theirs)
        if not self.alone:
            self.heartbeat.configure(self.agreed)
        wish = {"id": "0", "destination": self.topic, "receipt": "in"}
        self._send("SUBSCRIBE", wish)

    def _send(self, command: str, headers: dict[str, str], body: bytes = b"") -> None:
        lines = [command, *(f"{name}:{value}" for name, value in headers.items())]
        self.transport.write("\n".join(lines).encode() + b"\n\n" + body + b"\x00")
