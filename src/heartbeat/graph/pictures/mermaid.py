"""A snapshot as a Mermaid flowchart, which GitHub and GitLab draw in issues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartbeat.graph.pictures import facts
from heartbeat.graph.pictures.grouping import arrange
from heartbeat.graph.pictures.labels import Names, counted
from heartbeat.graph.pictures.marks import LIMIT, ends_label, missing, work_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartbeat.graph.model import Snapshot
    from heartbeat.graph.pictures.arrangement import Arrangement, Ends, Work

__all__ = ["to_mermaid"]

CHARACTERS = 48_000
EDGES = 480
"""Mermaid draws nothing of what is longer than 50,000, or has more than 500."""

_ARROWS = {"solid": "-->", "dashed": "-.->", "dotted": "-. shared .->"}

_CLASSES = (
    "classDef stray fill:#ffebe9,stroke:#cf222e,stroke-width:3px,color:#a40e26",
    "classDef gone fill:#fff8f7,stroke:#cf222e,stroke-dasharray:5 4,color:#57606a",
    "classDef good fill:#f0fff4,stroke:#1a7f37,color:#1f2328",
    "classDef changing fill:#fff8c5,stroke:#9a6700,color:#1f2328",
    "classDef pending fill:#f6f8fa,stroke:#59636e,color:#1f2328",
)


def to_mermaid(
    snapshot: Snapshot,
    *,
    group: bool | None = None,
    only: str | None = None,
    limit: int = LIMIT,
) -> str:
    """Write a snapshot for Mermaid; strays are red, in a box of their own.

    Args:
        snapshot: What to draw.
        group: Whether equal calls and connections share a node; None for: if there
            are more than 50.
        only: A verdict: nothing but these calls and what they reach.
        limit: The most nodes for connections, and for calls; there are fewer where
            they are more than Mermaid draws.

    Raises:
        UnknownWordError: *only* is no verdict.
    """
    names = Names.of(snapshot)
    while True:
        arrangement = arrange(snapshot, group=group, only=only, limit=limit)
        text = "\n".join(_chart(arrangement, names)) + "\n"
        edges = len(arrangement.edges) + sum(map(len, arrangement.accepted.values()))
        if limit < 1 or (len(text) <= CHARACTERS and edges <= EDGES):
            return text
        limit = limit * 2 // 3


def _chart(arrangement: Arrangement, names: Names) -> Iterator[str]:
    snapshot = arrangement.snapshot
    said = [facts.heading(snapshot.process, names), *facts.counts(snapshot)]
    # Only a title needs no place of its own in the chart.
    yield f'---\ntitle: "{_quoted(", ".join([*said, *missing(arrangement)]))}"\n---'
    yield "flowchart RL"
    strays = [work for work in arrangement.work if work.is_stray]
    reached = {e.ends for w in strays for e in arrangement.edges_of[w.number]}
    lane = {n for n in reached if arrangement.ends[n].first.is_gone}
    if strays:
        what = counted(len(arrangement.snapshot.strays()), "stray call")
        yield f'  subgraph strays["{_escaped(what)}"]'
        yield from (f"  {_ends(arrangement.ends[n], names)}" for n in sorted(lane))
        yield from (f"  {_work(work, names)}" for work in strays)
        yield "  end"
        yield "  style strays fill:none,stroke:#cf222e,stroke-width:2px"
    yield from (_ends(e, names) for e in arrangement.ends if e.number not in lane)
    yield from (_work(work, names) for work in arrangement.work if not work.is_stray)
    yield from _links(arrangement)
    yield from (f"  {line}" for line in _CLASSES)


def _links(arrangement: Arrangement) -> Iterator[str]:
    """Lines; those of strays are red, by their places among all."""
    red = []
    for index, edge in enumerate(arrangement.edges):
        yield f"  w{edge.work} {_ARROWS[edge.style]} e{edge.ends}"
        if arrangement.work[edge.work].is_stray:
            red.append(str(index))
    for port, accepted in arrangement.accepted.items():
        for ends in accepted:
            yield f"  e{ends.number} --- e{port}"
    if red:
        yield f"  linkStyle {','.join(red)} stroke:#cf222e,stroke-width:3px"


def _ends(ends: Ends, names: Names) -> str:
    left, right = ("[[", "]]") if ends.is_listening else ("[", "]")
    tone = "gone" if ends.first.is_gone else "good" if ends.is_well else "changing"
    label = _lines(ends_label(ends, names))
    return f'  e{ends.number}{left}"{label}"{right}:::{tone}'


def _work(work: Work, names: Names) -> str:
    label = _lines(work_label(work, names))
    return f'  w{work.number}("{label}"):::{"stray" if work.is_stray else "pending"}'


def _lines(lines: Sequence[str]) -> str:
    return "<br>".join(_escaped(line) for line in lines)


def _escaped(text: str) -> str:
    """Letters and digits as they are, and what is harmless; all else by its number."""
    return "".join(c if c.isalnum() or c in " ,_" else f"#{ord(c)};" for c in text)


def _quoted(text: str) -> str:
    """For YAML, between double quotes."""
    return "".join(c if c.isalnum() or c in " ,_" else _code(c) for c in text)


def _code(character: str) -> str:
    return f"\\U{ord(character):08x}"
