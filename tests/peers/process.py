"""Starts peers: real processes, on this host or on one behind a cable that can be cut."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Peer", "cable", "why_no_cable"]

SCRIPT = Path(__file__).with_name("peer.py")

_numbers = itertools.count()


class Peer:
    """One process with one habit, listening.

    Args:
        habit: A function of ``peer.py``.
        host: Where it listens.
        certificate: A file with key and certificate: it speaks TLS then.
        prefix: The command that runs it somewhere else.

    Attributes:
        port: Where to reach it.
    """

    def __init__(
        self,
        habit: str,
        host: str = "127.0.0.1",
        certificate: str | None = None,
        prefix: tuple[str, ...] = (),
    ) -> None:
        self.host = host
        secret = () if certificate is None else (certificate,)
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-I", "-S", str(SCRIPT), habit, host, *secret],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._port = 0

    @property
    def port(self) -> int:
        """Where it listens; waits until it does."""
        if not self._port:
            assert self._process.stdout is not None
            self._port = int(self._process.stdout.readline())
        return self._port

    def freeze(self) -> None:
        """Stop it where it is: its kernel goes on, its application does not."""
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End it; its kernel closes its connections."""
        self._process.kill()

    def close(self) -> None:
        """End it and leave nothing of it."""
        self._process.kill()
        self._process.communicate()


class Cable:
    """A host of its own, one network interface away.

    Attributes:
        address: Where it is.
        prefix: The command that runs something there.
    """

    def __init__(self) -> None:
        number = next(_numbers)
        self._space = f"hb{os.getpid()}n{number}"
        self._near, self._far = f"hba{os.getpid()}", f"hbb{os.getpid()}"
        # 198.18.0.0/15 is set aside for tests of network devices, RFC 2544.
        net = f"198.18.{os.getpid() % 256}"
        self.address = f"{net}.2"
        self.prefix = ("ip", "netns", "exec", self._space)
        self._net = net

    def lay(self) -> None:
        """Make it.

        Raises:
            subprocess.CalledProcessError: That is not allowed, or not possible here.
        """
        net = self._net
        _ip("netns", "add", self._space)
        _ip("link", "add", self._near, "type", "veth", "peer", "name", self._far)
        _ip("link", "set", self._far, "netns", self._space)
        _ip("addr", "add", f"{net}.1/30", "dev", self._near)
        _ip("link", "set", self._near, "up")
        _ip("-n", self._space, "addr", "add", f"{net}.2/30", "dev", self._far)
        _ip("-n", self._space, "link", "set", self._far, "up")

    def cut(self) -> None:
        """Nothing passes any more, and nobody says so."""
        _ip("-n", self._space, "link", "set", self._far, "down")

    def close(self) -> None:
        """Take down what there is of it."""
        for arguments in (("link", "del", self._near), ("netns", "del", self._space)):
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip(*arguments)


@contextlib.contextmanager
def cable() -> Iterator[Cable]:
    """A host at the other end of a cable."""
    host = Cable()
    try:
        host.lay()
        yield host
    finally:
        host.close()


@functools.cache
def why_no_cable() -> str:
    """Why there can be no `cable` on this machine; empty if there can."""
    if shutil.which("ip") is None:
        return "iproute2 is not installed"
    try:
        with cable():
            return ""
    except subprocess.CalledProcessError as failed:
        return f"no network namespaces here: {failed.stderr.decode().strip()}"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)  # noqa: S607
