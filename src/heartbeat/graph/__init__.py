"""What the reactor is doing: connections, pending calls, and what touches what.

For any Twisted program, with the mixin or without:

.. code-block:: python

    from heartbeat.graph import snapshot, to_text
    from twisted.internet.task import Clock

    clock = Clock()
    clock.callLater(3, print)
    print(to_text(snapshot(clock)))

`snapshot` looks, and never changes what it looks at. What it returns is a frozen value
that keeps nothing alive; the functions ``to_...`` draw it, and `diff` compares two.
`install` makes the process answer ``heartbeat ps PID`` and its like.
"""

from heartbeat.graph.attach.installation import Installation, install
from heartbeat.graph.endpoints.layers import register_wrapper
from heartbeat.graph.model import (
    CallVerdict,
    Endpoint,
    KeepaliveInfo,
    Kernel,
    Kind,
    Link,
    Process,
    ScopeInfo,
    Service,
    Site,
    Snapshot,
    Source,
    State,
    Strength,
    Task,
    Threads,
    Timer,
)
from heartbeat.graph.pictures.codec import SnapshotError, from_json, to_json
from heartbeat.graph.pictures.diff import Difference, diff
from heartbeat.graph.pictures.dot import to_dot
from heartbeat.graph.pictures.html import to_html
from heartbeat.graph.pictures.mermaid import to_mermaid
from heartbeat.graph.pictures.svg import to_svg
from heartbeat.graph.pictures.text import to_text
from heartbeat.graph.pictures.words import explain
from heartbeat.graph.search.edges import register_edges
from heartbeat.graph.search.roles import register_owner
from heartbeat.graph.survey import snapshot, snapshot_soon
from heartbeat.graph.tracking.expecting import expect
from heartbeat.graph.tracking.tracker import Tracker, track

__all__ = [
    "CallVerdict",
    "Difference",
    "Endpoint",
    "Installation",
    "KeepaliveInfo",
    "Kernel",
    "Kind",
    "Link",
    "Process",
    "ScopeInfo",
    "Service",
    "Site",
    "Snapshot",
    "SnapshotError",
    "Source",
    "State",
    "Strength",
    "Task",
    "Threads",
    "Timer",
    "Tracker",
    "diff",
    "expect",
    "explain",
    "from_json",
    "install",
    "register_edges",
    "register_owner",
    "register_wrapper",
    "snapshot",
    "snapshot_soon",
    "to_dot",
    "to_html",
    "to_json",
    "to_mermaid",
    "to_svg",
    "to_text",
    "track",
]
