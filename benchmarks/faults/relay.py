"""The way between two hosts, as a process: it delays packets, and loses some.

Both hosts have a TUN device, and this process carries every IP packet from one to the
other. So packets are as the kernels' TCP made them, with real checksums, and none
passes by us. Run as ``python -m benchmarks.faults.relay NEAR FAR SEED``; it prints a
line when the way is open, takes commands from standard input, and ends with it:

``loss SHARE``
    Lose the next packet for certain, and then this share of them by chance.
``delay SECONDS [RISING]``
    Delay each packet, each way; the delay rises evenly over so many seconds.
``heal``
    Neither any more.
``report``
    Print what came through since all that was in force: packets with bytes of the
    application's ``there`` and ``back``, and how many of all were ``lost``.
"""

from __future__ import annotations

import collections
import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.faults.hosts import FAR, NEAR

__all__ = ["Way"]

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001
PACKET = 2**16


class Way:
    """What happens to packets.

    Args:
        seed: Of the losses.

    Attributes:
        loss: Share of the packets that are lost, from 0 to 1.
        lost: How many were, since the last command.
        carried: Whom packets have reached that carry bytes of the application's, and
            met all that the last command asks for.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._order = 0
        self._waiting: list[tuple[float, int, int, bytes, bool]] = []
        self._delay = self._before = 0.0
        self._since, self._rising = 0.0, 0.0
        self._certain = False
        self.loss = 0.0
        self.lost = 0
        self.carried: collections.Counter[int] = collections.Counter()

    def obey(self, command: str, now: float) -> None:
        """Change what happens from now on."""
        name, *numbers = command.split()
        self.lost = 0
        self.carried.clear()
        if name == "loss":
            self.loss, self._certain = float(numbers[0]), True
        elif name == "heal":
            self.loss = self._delay = self._rising = 0.0
            self._certain = False
        elif name == "delay":
            self._before = self.delay(now)
            self._delay, *rising = map(float, numbers)
            self._since, self._rising = now, sum(rising)

    def delay(self, now: float) -> float:
        """Seconds that a packet takes which comes now."""
        if now >= self._since + self._rising:
            return self._delay
        risen = (now - self._since) / self._rising
        return self._before + risen * (self._delay - self._before)

    def take(self, packet: bytes, to: int, now: float) -> None:
        """A packet comes; *to* says for whom."""
        if self._certain or self._random.random() < self.loss:
            self._certain = False
            self.lost += 1
            return
        self._order += 1
        whole = now >= self._since + self._rising and speaks(packet)
        entry = (now + self.delay(now), self._order, to, packet, whole)
        heapq.heappush(self._waiting, entry)

    def give(self, now: float) -> list[tuple[int, bytes]]:
        """Packets that arrive."""
        arrived = []
        while self._waiting and self._waiting[0][0] <= now:
            _, _, to, packet, whole = heapq.heappop(self._waiting)
            self.carried[to] += whole
            arrived.append((to, packet))
        return arrived

    def pause(self, now: float) -> float | None:
        """Seconds until the next arrives; None if there is none."""
        return max(0.0, self._waiting[0][0] - now) if self._waiting else None


def speaks(packet: bytes) -> bool:
    """Whether it is one of TCP's with bytes of the application's, not of the kernel's.

    Source:
        RFC 791, section 3.1, and RFC 9293, section 3.1: the lengths of both headers.
    """
    if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_TCP:
        return False
    header = 4 * (packet[0] & 15)
    length = int.from_bytes(packet[2:4], "big")
    return length > header + 4 * (packet[header + 12] >> 4)


def device(space: str, address: str) -> int:
    """A TUN device in the namespace *space*, up; its descriptor stays ours."""
    with Path("/run/netns", space).open("rb") as namespace:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns({space})")
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH14x", b"cable", IFF_TUN_NO_PI))
    for arguments in (
        ("addr", "add", f"{address}/24", "dev", "cable"),
        ("link", "set", "cable", "up"),
    ):
        subprocess.run(["ip", *arguments], check=True)  # noqa: S607
    return descriptor


def carry(ends: tuple[int, int], way: Way) -> None:
    """Carry packets until standard input ends."""
    poll = select.poll()
    for descriptor in (0, *ends):
        poll.register(descriptor, select.POLLIN)
    others = {ends[0]: ends[1], ends[1]: ends[0]}
    while True:
        pause = way.pause(time.monotonic())
        for ready, _ in poll.poll(None if pause is None else pause * 1000 + 0.5):
            now = time.monotonic()
            if ready in others:
                way.take(os.read(ready, PACKET), others[ready], now)
                continue
            commands = os.read(0, PACKET).decode()
            if not commands:
                return
            for command in commands.splitlines():
                if command == "report":
                    report(ends, way)
                else:
                    way.obey(command, now)
        for to, packet in way.give(time.monotonic()):
            os.write(to, packet)


def report(ends: tuple[int, int], way: Way) -> None:
    """Say what came through."""
    near, far = ends
    counts = {"there": way.carried[far], "back": way.carried[near], "lost": way.lost}
    fact = {"event": "way", "losing": way.loss > 0, **counts}
    print(json.dumps(fact), flush=True)


def main(near: str, far: str, seed: str) -> None:
    """Open the way, say so, and carry."""
    ends = device(near, NEAR), device(far, FAR)
    print('{"event": "listening"}', flush=True)
    carry(ends, Way(int(seed)))


if __name__ == "__main__":
    main(*sys.argv[1:])
