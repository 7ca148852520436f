"""All targets, and what each begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fuzz import messages, numbers, streams

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SEEDS", "TARGETS"]

TARGETS: dict[str, Callable[[bytes], Any]] = {
    **streams.TARGETS,
    **messages.TARGETS,
    **numbers.TARGETS,
}
"""By name: a function of bytes that raises `AssertionError` for what must not be."""

SEEDS: list[bytes] = [
    b"",
    b"\x00",
    b"\x01\x00PING\r\nMSG a 1 4\r\nPONG\r\nPONG\r\n",
    b"\x03\x05HMSG a 1 r 2 11\r\n\r\nPING\r\nxyz\r\nPUB a 2\r\nab\r\nping\r\n",
    b"\x05\x02\xd0\x00\x30\x05\x00\x01aPG\xc0\x00\x20\x02\x00\x00\xd0\x00",
    b"\x80\x01\r\nCONNECTED\r\n\n\x00\nSTOMP\n",
    b"\x80\x03AMQP\x00\x00\x09\x01\x01\x00\x00\x00\x00\x00\x04\x00\x0a\x00\x1f\xce",
    b"\x00PING 1\r\nPONG\r\n6:PING 1,4:PONG,\x04PING\x00\x04PING",
    b"\x00\x00\x04_ask\x00\x011\x00\x08_command\x00\x0eheartbeat.Ping\x00\x00",
    b"\x00:a PING :x\r\nPONG a b\r\n\x89\x021",
    b"\x20\x00" + b"PING :1\r\n" * 40,
    b"\x40" + b"PING :1\r\n" * 40 + b"\xc0\x00" * 30,
    b"\x60PING :" + b"x" * 200 + b"\r\n",
    b"\x80\x00\x01\x00\x00\x00",
    b"\x80\x00CONNEC",
    b"\x00\x00\x30",
    bytes(range(0, 250, 3)),
    b"\x03" + b"\xdc\x01\x2c" * 40,
]
"""Inputs to begin with; a target takes what it understands."""
