"""Many peers in one process: ``verdicts_peer PORT COUNT``.

Sends back whatever comes, until it is stopped.
"""

from __future__ import annotations

import select
import socket
import sys

__all__ = ["raise_limit"]


def raise_limit() -> None:
    """As many open files as root may have, or as the system lets us."""
    import resource  # noqa: PLC0415 - not everywhere

    wanted = 40_000
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except (OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main(port: str, count: str) -> None:
    """Connect, then answer."""
    raise_limit()
    poll = select.epoll()
    peers: dict[int, socket.socket] = {}
    for _ in range(int(count)):
        peer = socket.create_connection(("127.0.0.1", int(port)))
        peers[peer.fileno()] = peer
        poll.register(peer.fileno(), select.EPOLLIN)
        answer(poll, peers, timeout=0)
    while peers:
        answer(poll, peers, timeout=-1)


def answer(poll: select.epoll, peers: dict[int, socket.socket], timeout: float) -> None:
    """Send back what has come, or notice the end of a connection."""
    for descriptor, _ in poll.poll(timeout):
        data = received(peers[descriptor])
        if data:
            peers[descriptor].send(data)
        else:
            poll.unregister(descriptor)
            peers.pop(descriptor).close()


def received(peer: socket.socket) -> bytes:
    """What has come; nothing if the connection has ended."""
    try:
        return peer.recv(4096)
    except ConnectionError:
        return b""


if __name__ == "__main__":
    main(*sys.argv[1:])
