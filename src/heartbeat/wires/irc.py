"""Pings and pongs of IRC, for both ends of Twisted's `twisted.words.protocols.irc`.

Source:
    :rfc:`2812` sections 3.7.2 and 3.7.3; :rfc:`1459` sections 4.6.2 and 4.6.3;
    https://modern.ircdocs.horse, PING and PONG, which is what servers do today.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from heartbeat.answering import BURST, MAX_PAYLOAD
from heartbeat.conversation import Phase
from heartbeat.errors import NotReadyError
from heartbeat.shadow import cover, uncover
from heartbeat.wires import attached
from heartbeat.wires.messages import PAYLOAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.keepalive import Heartbeat

__all__ = ["Irc", "IrcSieve"]

_COMMAND = "handleCommand"
_KEEPALIVE = "startHeartbeat"
_WELCOME = ("RPL_WELCOME", "001")
_DIGITS = b"0123456789abcdef"
_BEAT = b"0" * PAYLOAD  # looks like the name of a ping, and is that of none


@attrs.frozen
class Irc:
    """``PING 1f0c…`` and ``:server PONG server :1f0c…``.

    For `IRCClient` and for words' server side, `IRC`. A client asks nothing before the
    server has welcomed it; put a deadline on the login if you want one. The server's
    pings are answered from the first on, since many servers ask one before the welcome:
    until then the first 20 also of a client whose keepalive waits to be started. For
    all others the bounds of ``heartbeat.pinged`` hold.

    What we say is not delayed by ``lineRate``: the server that limits lines
    also drops clients that do not answer. `IRCClient` has a keepalive of its own
    (``heartbeatInterval``), which asks and does not look at the answer: it is switched
    off. ``irc_PING`` and ``irc_PONG`` are not called any more.

    An answer that names none of our pings, like the bare ``PONG server`` of words' own
    server, answers the oldest. A token of more than 125 bytes, or with a line break in
    it, is not echoed. A beat is a ``PONG`` nobody asked for, which servers and clients
    ignore.
    """

    def check(self, protocol_class: type) -> None:
        """Raise `TypeError` unless the class handles commands."""
        if not callable(getattr(protocol_class, _COMMAND, None)):
            raise TypeError(
                f"{protocol_class.__name__} has no {_COMMAND}(), which the wire "
                f"{type(self).__name__} needs: it is for subclasses of IRCClient or IRC "
                "of twisted.words.protocols.irc"
            )

    def attach(self, protocol: Any, heartbeat: Heartbeat) -> Callable[[], None]:
        """Put a sieve before the commands of this instance, until undone."""
        return IrcSieve(protocol, heartbeat).remove

    def send_ping(self, protocol: Any, payload: bytes) -> None:
        """Ask."""
        _require_welcome(protocol)
        _write(protocol, b"PING " + payload)

    def send_beat(self, protocol: Any) -> None:
        """Show life."""
        _require_welcome(protocol)
        _write(protocol, _pong(protocol, _BEAT))


class IrcSieve:
    """Takes pings and pongs out of what one protocol receives, until removed.

    Args:
        protocol: Its handler of commands is shadowed, on the instance; a client's
            keepalive of its own as well.
        heartbeat: Hears of pings and pongs.

    Attributes:
        welcome: Whether the protocol may speak: a server always, a client once it is
            registered.
    """

    __slots__ = (
        "_cookies",
        "_handle",
        "_heartbeat",
        "_own",
        "_own_keepalive",
        "_protocol",
        "welcome",
    )

    def __init__(self, protocol: Any, heartbeat: Heartbeat) -> None:
        self.welcome = not _is_client(protocol)
        self._cookies = BURST  # answers that may be given before the welcome
        self._protocol: Any = protocol
        self._heartbeat: Any = heartbeat
        self._handle = getattr(protocol, _COMMAND)
        self._own = cover(protocol, _COMMAND, self.handle)
        self._own_keepalive: Callable[..., Any] | None = None
        if _is_client(protocol):
            self._own_keepalive = cover(protocol, _KEEPALIVE, self.start_nothing)
        attached.attach(protocol, self)

    def handle(self, command: str, prefix: str, params: list[str]) -> Any:
        """Be the protocol's ``handleCommand``."""
        if self._protocol is not None:
            if command == "PING":
                return self._asked(params)
            if command == "PONG":
                return self._answered(params)
            if command in _WELCOME:
                self.welcome = True
        return self._handle(command, prefix, params)

    def start_nothing(self) -> None:
        """Be the client's ``startHeartbeat``."""

    def remove(self) -> None:
        """Let everything through, and keep nothing of the protocol; idempotent."""
        protocol = self._protocol
        if protocol is not None:
            uncover(protocol, _COMMAND, self.handle, self._own)
            uncover(protocol, _KEEPALIVE, self.start_nothing, self._own_keepalive)
            attached.detach(protocol, self)
        self._protocol = self._heartbeat = self._own = self._own_keepalive = None

    def _asked(self, params: list[str]) -> None:
        """Answer within bounds."""
        protocol, heartbeat = self._protocol, self._heartbeat
        token = _token(params)
        if token is None:
            heartbeat.pinged(b"", _nothing)
        elif self._is_cookie(token):
            self._cookies -= 1
            heartbeat.pinged(b"", _nothing)
            _write(protocol, _pong(protocol, token))
        else:
            heartbeat.pinged(
                token, lambda echo: _write(protocol, _pong(protocol, echo))
            )

    def _is_cookie(self, token: bytes) -> bool:
        """Whether the welcome, which starts a keepalive that waits, can depend on it."""
        waits = not self.welcome and self._heartbeat.phase is Phase.WAITING
        return waits and self._cookies > 0 and len(token) <= MAX_PAYLOAD

    def _answered(self, params: list[str]) -> None:
        token = params[-1].encode("utf-8", "replace") if params else b""
        ours = len(token) == PAYLOAD and not token.strip(_DIGITS)
        self._heartbeat.pong(token if ours else None)


def _is_client(protocol: Any) -> bool:
    return hasattr(protocol, _KEEPALIVE)


def _require_welcome(protocol: Any) -> None:
    if not attached.attached(protocol).welcome:
        raise NotReadyError("the server has not welcomed us yet")


def _token(params: list[str]) -> bytes | None:
    """What to echo; None if that is nothing, or no part of a single line."""
    token = params[-1].encode("utf-8", "replace") if params else b""
    return None if not token or any(byte in b"\r\n\0" for byte in token) else token


def _pong(protocol: Any, token: bytes) -> bytes:
    """An answer: a client says only the token, a server its own name as well."""
    name = None if _is_client(protocol) else getattr(protocol, "hostname", None)
    if not name:
        return b"PONG :" + token
    return b":%s PONG %s :%s" % (name.encode(), name.encode(), token)


def _write(protocol: Any, line: bytes) -> None:
    """Write past ``sendLine``, which may put lines into a queue."""
    protocol.transport.write(line + b"\r\n")


def _nothing(_: bytes) -> None:
    """No answer."""
