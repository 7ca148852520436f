"""A client of NATS that subscribes to a subject of its own."""

from __future__ import annotations

from twisted.protocols.basic import LineReceiver

from heartbeat.wires.nats import Nats
from tests.servers.clients.watched import Watched, unique

__all__ = ["NatsClient"]


class NatsClient(Watched, LineReceiver):
    """Lines, and a payload after some of them.

    Source:
        NATS client protocol: CONNECT, SUB, PUB, MSG, PING, PONG, -ERR.
    """

    wire = Nats()
    subject = b""
    _payload = b""
    _size = 0

    def lineReceived(self, line: bytes) -> None:
        """Go on with the login, or begin a message."""
        word, _, rest = line.partition(b" ")
        if word == b"INFO":
            self.subject = unique().encode()
            self.transport.write(
                b'CONNECT {"verbose":false,"pedantic":true}\r\n'
                b"SUB %s 1\r\nPING\r\n" % self.subject
            )
        elif word == b"PONG":
            self.let_in()  # an answer to our own question, not to the wire's
        elif word == b"MSG":
            self._size, self._payload = int(rest.split()[-1]), b""
            self.setRawMode()
        elif word == b"-ERR":
            self.last_words = rest.decode()

    def rawDataReceived(self, data: bytes) -> None:
        """Collect the payload, and the end of line after it."""
        self._payload += data
        if len(self._payload) < self._size + 2:
            return
        payload, rest = self._payload[: self._size], self._payload[self._size + 2 :]
        self.heard(payload)
        self.setLineMode(rest)

    @property
    def address(self) -> bytes:
        """Of our own."""
        return self.subject

    def tell(self, address: bytes, payload: bytes) -> None:
        """Publish it."""
        self.transport.write(b"PUB %s %d\r\n%s\r\n" % (address, len(payload), payload))
