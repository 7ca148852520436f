"""Two hosts with a cable between them: network namespaces, made and removed by us.

Nothing of the machine's own network is touched: every interface is in a namespace of
ours. What a bench that was killed left behind is removed by the next one.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FAR", "NEAR", "Hosts", "hosts", "missing_tool", "sweep", "why_no_hosts"]

NEAR, FAR = "10.99.0.1", "10.99.0.2"
"""Addresses; the same in every pair, for no two of them see each other."""

PREFIX = "hbfault"
SPACES = Path("/run/netns")

_numbers = itertools.count()

_DROP = """\
table inet faults {{
  chain arriving {{ type filter hook prerouting priority -300; iifname "{cable}" drop; }}
}}
"""


@attrs.frozen
class Hosts:
    """A pair of hosts.

    Attributes:
        near: The namespace of the subject.
        far: The namespace of the peer.
        cable: Whether they are connected by a cable; else somebody connects them.
    """

    near: str
    far: str
    cable: bool

    def vanish(self) -> None:
        """The far host's interface goes down: nothing passes, and nobody says so."""
        run("ip", "-n", self.far, "link", "set", "cable", "down")

    def drop_ours(self) -> None:
        """What the near host sends is lost on its way."""
        self._drop(self.far)

    def drop_theirs(self) -> None:
        """What the far host sends is lost on its way."""
        self._drop(self.near)

    def _drop(self, space: str) -> None:
        rules = _DROP.format(cable="cable")
        run("ip", "netns", "exec", space, "nft", "-f", "-", feed=rules)


@contextlib.contextmanager
def hosts(*, cable: bool = True) -> Iterator[Hosts]:
    """Two hosts, for as long as the block lasts.

    Args:
        cable: Lay one; without, only their loopback interfaces are there.
    """
    name = f"{PREFIX}{os.getpid()}n{next(_numbers)}"
    pair = Hosts(f"{name}a", f"{name}b", cable)
    try:
        for space in (pair.near, pair.far):
            run("ip", "netns", "add", space)
            run("ip", "-n", space, "link", "set", "lo", "up")
        if cable:
            _lay(pair)
        yield pair
    finally:
        for space in (pair.near, pair.far):
            _remove(space)


def inside(space: str) -> tuple[str, ...]:
    """The command that runs another one in *space*."""
    return ("ip", "netns", "exec", space)


def _lay(pair: Hosts) -> None:
    ends = ("cable", "netns", pair.far)
    run("ip", "-n", pair.near, "link", "add", "cable", "type", "veth", "peer", *ends)
    for space, address in ((pair.near, NEAR), (pair.far, FAR)):
        run("ip", "-n", space, "addr", "add", f"{address}/24", "dev", "cable")
        run("ip", "-n", space, "link", "set", "cable", "up")


def _remove(space: str) -> None:
    with contextlib.suppress(subprocess.CalledProcessError):
        run("ip", "netns", "del", space)


def sweep() -> None:
    """Remove the hosts of benches that are no more, and all of ours.

    Without ``ip`` there are none of ours, and nobody can remove another's.
    """
    if not SPACES.is_dir() or shutil.which("ip") is None:
        return
    for space in SPACES.iterdir():
        found = re.fullmatch(rf"{PREFIX}(\d+)n\d+[ab]", space.name)
        if found and (int(found[1]) == os.getpid() or not _lives(int(found[1]))):
            _remove(space.name)


def missing_tool() -> str:
    """What has to be installed; empty if nothing has."""
    for tool, package in (("ip", "iproute2"), ("nft", "nftables")):
        if shutil.which(tool) is None:
            return f"{tool} is not installed (apt-get install {package})"
    return ""


def why_no_hosts() -> str:
    """Why there can be none on this machine; empty if there can."""
    if missing := missing_tool():
        return missing
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "/dev/net/tun cannot be opened: run as root, with the module tun"
    try:
        with hosts() as pair:
            pair.drop_ours()
    except subprocess.CalledProcessError as failed:
        return f"no network namespaces here: {failed.stderr.strip()}; run as root"
    return ""


def run(*command: str, feed: str | None = None) -> None:
    """Run a command that says nothing.

    Raises:
        subprocess.CalledProcessError: It failed; what it said is in ``stderr``.
    """
    subprocess.run(command, check=True, capture_output=True, text=True, input=feed)


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
