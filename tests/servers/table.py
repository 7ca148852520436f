"""Run the tests against real servers, and write down what they saw.

``python -m tests.servers.table`` writes ``docs/compatibility.md``.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers.observed import EVENTS, FOLDER, Observation, recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["main", "page"]

HERE = Path(__file__).resolve().parent

PAGE = HERE.parent.parent / "docs" / "compatibility.md"

HEAD = """\
# Compatibility

What was seen on {date} when the tests in `tests/servers` ran against servers and clients
that nobody here wrote: Python {python}, Twisted {twisted}, {system}. The table is written
by

```console
$ python -m tests.servers.table
```

and each row by a test that passed. *A silent client* is the same client without the
keepalive, which says nothing and answers nothing that the server asks: what Twisted's IRC
client, conch and Autobahn answer by themselves is taken from them, so that the server's
own rule is seen. These three would be kept without us; with us they notice as well when
the server dies. Of libraries that are clients, it is our server that keeps silent.

*Asked* and *answered us* are our questions and the answers to them, *answered it* are the
peer's questions that we answered, and *beats* what we said that needs no answer. *Messages
both ways* were sent by us, and sent back by the peer.

*Listening only* is a client that is told something all the time and says nothing: it never
has a reason to ask, and the server's rule is about what the client says.

A peer is frozen by `SIGSTOP`: its kernel goes on to acknowledge, its application says
nothing. Where the protocol has a question, the kernel's acknowledgement of it is what
makes the verdict `PEER_HUNG`; AMQP and STOMP have none, so silence is all there is to
know: `PEER_SILENT`. The seconds are those from the signal to the end of the connection.
*Promised* is what the policy says of itself, `Keepalive.within`, from the last sign of life
on: the shared timer adds its steps, 50 ms for every look, and time that our own process
stood still, as it does while all these programs are started at once, is given back to the
peer. A peer that is killed has its connections closed by its kernel, which is no verdict
of ours."""


def main() -> int:
    """Run the tests, and write the page if they passed; the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        status = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", str(HERE)],
            cwd=PAGE.parent.parent,
            env=os.environ | {FOLDER: folder},
            check=False,
        ).returncode
        if status == 0:
            PAGE.write_text(page(recorded(Path(folder))))
    return status


def page(rows: Sequence[Observation]) -> str:
    """The page about *rows*, which are sorted by server."""
    head = HEAD.format(
        date=dt.datetime.now(dt.timezone.utc).date(),
        python=platform.python_version(),
        twisted=version("twisted"),
        system=f"{platform.system()} {platform.machine()}",
    )
    rules = [row for row in rows if not row.is_event]
    events = [row for row in rows if row.is_event]
    fields = ("server", "version", "rule", "sends", "observed")
    titles = ("Peer", "Version", "Its rule", "We send", "Observed")
    rules.sort(key=lambda row: row.server.casefold())
    events.sort(key=lambda row: row.server.casefold())
    parts = [head, "## Rules", _table(titles, map(attrgetter(*fields), rules))]
    for server, seen in itertools.groupby(events, attrgetter("server")):
        ordered = sorted(seen, key=lambda row: EVENTS.index(row.rule))
        lines = map(attrgetter("rule", "observed"), ordered)
        parts += [f"## {server}", _table(("Event", "Observed"), lines)]
    return "\n\n".join(parts) + "\n"


def _table(titles: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    every = [titles, ("---",) * len(titles), *lines]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in every)


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main())
