"""The wires of messages, each beside the same protocol without one."""

from __future__ import annotations

import importlib
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import txredisapi
from twisted.protocols import amp
from twisted.protocols.basic import (
    Int8StringReceiver,
    Int16StringReceiver,
    Int32StringReceiver,
    LineOnlyReceiver,
    LineReceiver,
    NetstringReceiver,
)
from twisted.words.protocols import irc

from heartbeat import HeartbeatMixin, IntN, Keepalive, Lines, Netstrings
from heartbeat.answering import BURST
from heartbeat.wires.amp import AmpPing
from heartbeat.wires.irc import Irc
from heartbeat.wires.redis import Redis
from heartbeat.wires.ssh import Ssh
from tests.fuzz.feeding import (
    answer_limit,
    chunks,
    feed,
    outcome,
    quiet,
    require,
    state_of,
)
from tests.wires.cases import Receiving
from tests.wires.test_any_input import Keeping, is_ours
from tests.wires.test_ssh import Client

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TARGETS"]

POLICY = Keepalive(interval=30, timeout=10, jitter=0)
_OVERHEAD = 200
"""Bytes of an answer besides its payload, at most, on any of these protocols."""


def _compare_messages(receiver: type[Any], wire: Any, data: bytes) -> None:
    """A receiver gets the same messages, but ours."""
    pieces = chunks(data)
    bare = type("Bare", (Keeping, receiver), {})()
    wired = type("Wired", (Receiving, receiver), {"wire": wire})()
    plain, ours = feed(bare, pieces), feed(wired, pieces, state_of(data))
    expected = [message for message in bare.messages if not is_ours(message)]
    require(wired.messages == expected, "other messages", wired.messages, expected)
    ended = (len(plain.server.lost), len(ours.server.lost))
    require(ended[0] == ended[1], "another end", ended)
    _bounded(ours.server.received, b"")
    quiet(wired)
    ours.lose()


def _compare_ends(bare: type[Any], wire: Any, opening: bytes, data: bytes) -> bytes:
    """A protocol lets out nothing that it would not let out without the wire.

    Returns:
        What it writes with it.
    """
    pieces = [opening, *chunks(data)]
    body = {"wire": wire, "keepalive": POLICY}
    wired = type("Wired", (HeartbeatMixin, bare), body)()
    expected, said = outcome(bare(), pieces)
    failing, answers = outcome(wired, pieces, state_of(data))
    require(failing in (expected, None), "raised", failing, expected)
    _bounded(answers, said)
    quiet(wired)
    return answers


def _irc(bare: type[Any], opening: bytes, data: bytes) -> None:
    """The same, and no more answers than the burst."""
    answers = _compare_ends(bare, Irc(), opening, data)
    pongs = len(re.findall(rb"(?m)^(?::\S+ )?PONG ", answers))
    require(pongs <= BURST, "answered too often", pongs)


def _bounded(answers: bytes, without: bytes) -> None:
    limit = len(without) + answer_limit(_OVERHEAD)
    require(len(answers) <= limit, "answered too much", len(answers), limit)


class _Bot(irc.IRCClient):
    performLogin = 0  # noqa: N815 - Twisted's word
    nickname = _attemptedNick = "nick"  # noqa: N815
    password = None


class _Hub(irc.IRC):
    hostname = "hub.example"


def _websocket(data: bytes) -> None:
    """A client of Autobahn's gets anything from its server, after the handshake."""
    tests: Any = importlib.import_module("tests.wires.test_websocket")
    case = tests.Case("setUp")
    case.setUp()
    try:
        pair = case.open(tests.Client, tests.PlainServer)
        for piece in chunks(data):
            pair.server.transport.write(piece)
            pair.flush()
        quiet(pair.client)
        pair.lose()
    finally:
        case.doCleanups()


TARGETS: dict[str, Callable[[bytes], Any]] = {
    "lines": partial(_compare_messages, LineReceiver, Lines()),
    "lines-only": partial(_compare_messages, LineOnlyReceiver, Lines()),
    "netstrings": partial(_compare_messages, NetstringReceiver, Netstrings()),
    "int8": partial(_compare_messages, Int8StringReceiver, IntN()),
    "int16": partial(_compare_messages, Int16StringReceiver, IntN()),
    "int32": partial(_compare_messages, Int32StringReceiver, IntN()),
    "amp": partial(_compare_ends, amp.AMP, AmpPing(), b""),
    "irc": partial(_irc, _Bot, b":irc.example 001 nick :Hi\r\n"),
    "irc-login": partial(_irc, _Bot, b""),
    "irc-server": partial(_irc, _Hub, b"NICK nick\r\n"),
    "redis": partial(_compare_ends, txredisapi.RedisProtocol, Redis(), b""),
    "ssh": partial(_compare_ends, Client, Ssh(), b"SSH-2.0-x\r\n"),
    "websocket": _websocket,
}
"""By name: feed it anything."""
