"""The way between two hosts, as a process: it delays packets, and loses some.

Both hosts have a TUN device, and this process carries every IP packet from one to the
other. So packets are as the kernels' TCP made them, with real checksums, and none
passes by us. Run as ``python -m benchmarks.faults.relay NEAR FAR SEED``; it prints a
line when the way is open, takes ``loss SHARE`` and ``delay SECONDS [RISING]`` from
standard input, and ends with it. Both hold for each direction; a delay rises evenly
over so many seconds.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import random
import select
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
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._order = 0
        self._waiting: list[tuple[float, int, int, bytes]] = []
        self._delay = self._before = 0.0
        self._since, self._rising = 0.0, 0.0
        self.loss = 0.0

    def obey(self, command: str, now: float) -> None:
        """Change what happens from now on."""
        name, *numbers = command.split()
        if name == "loss":
            self.loss = float(numbers[0])
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
        if self._random.random() < self.loss:
            return
        self._order += 1
        entry = (now + self.delay(now), self._order, to, packet)
        heapq.heappush(self._waiting, entry)

    def give(self, now: float) -> list[tuple[int, bytes]]:
        """Packets that arrive."""
        arrived = []
        while self._waiting and self._waiting[0][0] <= now:
            _, _, to, packet = heapq.heappop(self._waiting)
            arrived.append((to, packet))
        return arrived

    def pause(self, now: float) -> float | None:
        """Seconds until the next arrives; None if there is none."""
        return max(0.0, self._waiting[0][0] - now) if self._waiting else None


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
                way.obey(command, now)
        for to, packet in way.give(time.monotonic()):
            os.write(to, packet)


def main(near: str, far: str, seed: str) -> None:
    """Open the way, say so, and carry."""
    ends = device(near, NEAR), device(far, FAR)
    print('{"event": "listening"}', flush=True)
    carry(ends, Way(int(seed)))


if __name__ == "__main__":
    main(*sys.argv[1:])
