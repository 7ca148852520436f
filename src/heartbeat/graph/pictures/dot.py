"""A snapshot in the language of Graphviz: ``dot -Tsvg``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartbeat.graph.pictures import facts
from heartbeat.graph.pictures.grouping import arrange
from heartbeat.graph.pictures.labels import Names, counted
from heartbeat.graph.pictures.marks import LIMIT, ends_label, missing, work_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartbeat.graph.model import Snapshot
    from heartbeat.graph.pictures.arrangement import Arrangement, Edge, Ends, Work

__all__ = ["to_dot"]

RED = "#cf222e"

_TONES = {"good": "#1a7f37", "gone": RED, "changing": "#9a6700"}


def to_dot(
    snapshot: Snapshot,
    *,
    group: bool | None = None,
    only: str | None = None,
    limit: int = LIMIT,
) -> str:
    """Write a snapshot for Graphviz; strays are red, in a box of their own.

    Args:
        snapshot: What to draw.
        group: Whether equal calls and connections share a node; None for: if there
            are more than 50.
        only: A verdict: nothing but these calls and what they reach.
        limit: The most nodes for connections, and for calls.

    Raises:
        UnknownWordError: *only* is no verdict.
    """
    arrangement = arrange(snapshot, group=group, only=only, limit=limit)
    return "\n".join(_graph(arrangement, Names.of(snapshot))) + "\n"


def _graph(arrangement: Arrangement, names: Names) -> Iterator[str]:
    snapshot = arrangement.snapshot
    title = [facts.heading(snapshot.process, names), ", ".join(facts.counts(snapshot))]
    yield "digraph heartbeat {"
    yield f"  graph [{_label([*title, *missing(arrangement)])}, labelloc=t, rankdir=RL];"
    yield '  graph [fontname="Helvetica", ranksep=1.2, nodesep=0.15];'
    yield '  node [shape=box, style=rounded, fontname="Helvetica", fontsize=11];'
    yield '  edge [color="#59636e"];'
    strays = [work for work in arrangement.work if work.is_stray]
    lane = {e.ends for w in strays for e in arrangement.edges_of[w.number]}
    gone = [arrangement.ends[n] for n in sorted(lane)]
    gone = [ends for ends in gone if ends.first.is_gone]
    if strays:
        what = counted(len(snapshot.strays()), "stray call")
        yield "  subgraph cluster_strays {"
        yield f'    graph [{_label([what])}, color="{RED}", fontcolor="{RED}"];'
        yield from (f"  {line}" for line in _nodes(gone, strays, names))
        yield "  }"
    others = [work for work in arrangement.work if not work.is_stray]
    rest = [ends for ends in arrangement.ends if ends not in gone]
    yield from _nodes(rest, others, names)
    yield from _ties(arrangement)
    for edge in arrangement.edges:
        yield _edge(edge, arrangement.work[edge.work])
    yield "}"


def _nodes(ends: Sequence[Ends], work: Sequence[Work], names: Names) -> Iterator[str]:
    for each in ends:
        color = _TONES[_tone(each)]
        shape = ", shape=component" if each.is_listening else ""
        dashed = ', style="rounded,dashed"' if each.first.is_gone else ""
        label = _label(ends_label(each, names))
        yield f'  e{each.number} [{label}, color="{color}"{shape}{dashed}];'
    for call in work:
        red = f', color="{RED}", fontcolor="{RED}", penwidth=2' if call.is_stray else ""
        yield f"  w{call.number} [{_label(work_label(call, names))}{red}];"


def _tone(ends: Ends) -> str:
    return "gone" if ends.first.is_gone else "good" if ends.is_well else "changing"


def _ties(arrangement: Arrangement) -> Iterator[str]:
    for port, accepted in arrangement.accepted.items():
        for ends in accepted:
            yield f'  e{ends.number} -> e{port} [color="#d1d9e0", arrowhead=none];'


def _edge(edge: Edge, work: Work) -> str:
    red = f', color="{RED}", penwidth=2' if work.is_stray else ""
    label = _label([edge.link.strength.value])
    attributes = f'style={edge.style}, {label}, fontsize=9, fontname="Helvetica"{red}'
    return f"  w{edge.work} -> e{edge.ends} [{attributes}];"


def _label(lines: Sequence[str]) -> str:
    r"""In quotes, where a backslash and an ampersand mean more than themselves."""
    text = "\n".join(lines)
    for character, meant in (("&", "&amp;"), ("\\", "\\\\"), ('"', '\\"')):
        text = text.replace(character, meant)
    return 'label="' + text.replace("\n", "\\n") + '"'
