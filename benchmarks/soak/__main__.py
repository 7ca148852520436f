"""Run the soak: ``python -m benchmarks.soak [--connections N] [--seconds S]``."""

from __future__ import annotations

import datetime as dt
import json
import random
import resource
import sys
from pathlib import Path

import attrs
import click
from rich.progress import Progress
from twisted.internet import reactor  # noqa: TID251 - a program

from benchmarks.children import ROOT
from benchmarks.machine import machine
from benchmarks.soak.ledger import MARGIN
from benchmarks.soak.page import write
from benchmarks.soak.run import Result, Soak
from heartbeat import Keepalive

CONNECTIONS = 5000
SECONDS = 600.0

PAGE = ROOT / "docs" / "soak.md"

RESULTS = ROOT / "build" / "soak.json"

POLICY = Keepalive(interval=5, timeout=5, grace=5)
"""Of the long run; a short one asks five times as often."""

LONG = 120.0
"""Seconds from which a run is long."""


@click.command()
@click.option("--connections", default=CONNECTIONS, show_default=True)
@click.option("--seconds", default=SECONDS, show_default=True)
@click.option(
    "--peers", default=8, show_default=True, help="Processes at the far ends."
)
@click.option(
    "--margin",
    default=MARGIN,
    show_default=True,
    help="Seconds beyond its promise that a verdict may take.",
)
@click.option("--seed", type=int, help="Of what is done; by default a new one.")
@click.option(
    "--page/--no-page",
    default=None,
    help="Write docs/soak.md and docs/soak.json; by default if nothing is left out.",
)
@click.option(
    "--output",
    default=RESULTS,
    type=click.Path(dir_okay=False, path_type=Path),
    show_default=False,
    help="The file of results: build/soak.json.",
)
def main(  # noqa: PLR0917 - by name, from click
    connections: int,
    seconds: float,
    peers: int,
    margin: float,
    seed: int | None,
    page: bool | None,
    output: Path,
) -> None:
    """Keep many connections for a while, do things to them, and judge what is said.

    The exit status is 1 if a verdict was false, mistaken, late or missing, or if
    anything has grown.
    """
    _allow_descriptors(connections)
    seed = random.randrange(2**32) if seed is None else seed
    random.seed(seed)
    policy = POLICY
    if seconds < LONG:
        policy = attrs.evolve(policy, interval=1, timeout=3, grace=3)
    soak = Soak(reactor, policy, connections, seconds, peers, margin=margin)
    result = _run(soak, seconds)
    found = {
        "seed": seed,
        "connections": connections,
        "seconds": seconds,
        "started": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        "margin": margin,
        "policy": {"interval": policy.interval, "timeout": policy.timeout},
        "machine": machine(),
        **result.notes,
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(found, indent=2))
    if publishes(page, connections, seconds):
        write(found, PAGE)
    sys.stdout.write(json.dumps({**result.notes, "machine": None}, indent=2) + "\n")
    sys.exit(0 if result.fine else 1)


def publishes(page: bool | None, connections: int, seconds: float) -> bool:
    """Whether the page is written: of a whole run, if nobody says otherwise."""
    whole = connections >= CONNECTIONS and seconds >= SECONDS
    return whole if page is None else page


def _run(soak: Soak, seconds: float) -> Result:
    """Show how far it is."""
    with Progress(transient=True) as progress:
        task = progress.add_task("soak", total=seconds)
        soak.on_progress = lambda done, what: progress.update(
            task, completed=done, description=what
        )
        return soak.run()


def _allow_descriptors(connections: int) -> None:
    """As many as all connections need, and some."""
    wanted = connections + 500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise click.UsageError(
            f"{connections} connections need {wanted} descriptors, and this process may "
            f"have {hard}: raise the limit (ulimit -Hn), or give fewer --connections"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


if __name__ == "__main__":
    main()
