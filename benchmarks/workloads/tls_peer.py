"""The far end of a measured connection with TLS: a bare socket and a memory BIO."""

from __future__ import annotations

import contextlib
import ssl

from benchmarks.workloads.certificate import peer_context
from benchmarks.workloads.peer import Peer

__all__ = ["TLSPeer"]


class TLSPeer(Peer):
    """An encrypted connection to *port*."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._outgoing = ssl.MemoryBIO()
        self._incoming = ssl.MemoryBIO()
        self._tls = peer_context().wrap_bio(self._incoming, self._outgoing)

    def connected(self) -> bool:
        """Go on with the handshake."""
        with contextlib.suppress(BlockingIOError):
            self._incoming.write(self.socket.recv(2**16))
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        finally:
            self.socket.send(self._outgoing.read())
        return True

    def packed(self, data: bytes) -> bytes:
        """Encrypt *data*; what is packed first has to be sent first."""
        self._tls.write(data)
        return self._outgoing.read()
