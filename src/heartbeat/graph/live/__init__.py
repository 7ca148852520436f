"""The live page: the graph in a browser, moving as the program runs.

`serve` opens it. Only this machine can reach it, and only who knows its address: that
holds a random token. Nothing can be changed from there.
"""

from heartbeat.graph.live.page import LivePage, serve

__all__ = ["LivePage", "serve"]
