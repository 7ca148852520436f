"""Keepalives of SSH, for both ends of Twisted's conch.

Source:
    :rfc:`4254` section 4 (global requests and their replies, which come in order) and
    section 5.4 (requests on a channel); :rfc:`4253` section 11.2 (``SSH_MSG_IGNORE``);
    OpenSSH's PROTOCOL file and ``ServerAliveInterval`` (the request
    ``keepalive@openssh.com``, of which any reply is a sign of life), and
    ``serverloop.c``, ``client_alive_check``: sshd asks on a channel if there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from heartbeat.errors import NotReadyError
from heartbeat.shadow import Shadow
from heartbeat.wires.requests import RequestWire

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.defer import Deferred

    from heartbeat.keepalive import Heartbeat

__all__ = ["Ssh", "SshWatch"]

_REQUEST: Final = b"keepalive@openssh.com"
_THEIRS: Final = b"keepalive@"
_CHANNEL: Final = 8
"""Bytes before the name of a request on a channel: the channel, the name's length."""
_SERVICE: Final = b"ssh-connection"


@attrs.frozen
class Ssh(RequestWire):
    """The global request ``keepalive@openssh.com``, for conch's ``SSHTransportBase``.

    A peer that does not know it refuses it, and a refusal is an answer. A peer that
    says ``SSH_MSG_UNIMPLEMENTED`` instead lives by its bytes, which is enough unless the
    policy wants `Proof.REPLY`. The payload of a ping is not sent: replies come in order.

    Nothing is asked before the connection service runs, which is after the login. While
    keys are exchanged again conch holds the request back, as :rfc:`4253` section 7.1
    wants it, and sends it when that is done; a peer that is silent for ``timeout``
    through an exchange is judged, as any other.

    Conch answers the peer's keepalives itself, each, since :rfc:`4254` wants it so and
    replies have no names; they are counted, so that a flood of them is judged.

    A beat is ``SSH_MSG_IGNORE``, once both directions are encrypted.
    """

    def check(self, protocol_class: type) -> None:
        """Raise `TypeError` unless the class is a transport of SSH."""
        for method in ("setService", "sendIgnore", "isEncrypted"):
            if not callable(getattr(protocol_class, method, None)):
                raise TypeError(
                    f"{protocol_class.__name__} has no {method}(), which the wire "
                    f"{type(self).__name__} needs: it is for subclasses of "
                    "twisted.conch.ssh.transport.SSHTransportBase"
                )

    def attach(self, protocol: Any, heartbeat: Heartbeat) -> Callable[[], None]:
        """Count the peer's keepalives on the services of this instance, until undone."""
        return SshWatch(protocol, heartbeat, super().attach(protocol, heartbeat)).remove

    def ask(self, protocol: Any) -> Deferred[Any]:
        """Make the request on the connection service."""
        service = protocol.service
        if not _is_connection(service):
            raise NotReadyError("the connection service does not run")
        request: Deferred[Any] = service.sendGlobalRequest(_REQUEST, b"", wantReply=1)
        return request

    def send_beat(self, protocol: Any) -> None:
        """Say what the peer ignores."""
        if not protocol.isEncrypted("both"):
            raise NotReadyError("keys are being exchanged")
        protocol.sendIgnore(b"")


class SshWatch:
    """Counts the keepalives that the peer asks one protocol, until removed.

    Args:
        protocol: Its ``setService`` is shadowed, on the instance, to see the
            connection service come.
        heartbeat: Hears of the questions.
        forget: To be called when this is removed.
    """

    __slots__ = ("_forget", "_heartbeat", "_requests", "_services")

    def __init__(
        self, protocol: Any, heartbeat: Heartbeat, forget: Callable[[], None]
    ) -> None:
        self._heartbeat = heartbeat
        self._forget = forget
        self._requests: tuple[Shadow, ...] = ()
        self._services = Shadow(protocol, "setService", self._watching_services)
        self._watch(protocol.service)

    def remove(self) -> None:
        """Let the protocol and its service be as they were; idempotent."""
        self._services.remove()
        for shadow in self._requests:
            shadow.remove()
        self._forget()

    def _watching_services(self, set_service: Callable[[Any], None]) -> Any:
        def watched(service: Any) -> None:
            set_service(service)
            self._watch(service)

        return watched

    def _watch(self, service: Any) -> None:
        if _is_connection(service):
            self._requests = (
                Shadow(service, "gotGlobalRequest", self._counting),
                Shadow(service, "ssh_CHANNEL_REQUEST", self._counting_on_channels),
            )

    def _counting(self, got: Callable[[bytes, bytes], Any]) -> Any:
        def counted(request: bytes, data: bytes) -> Any:
            if request.startswith(_THEIRS):
                self._heartbeat.pinged(b"", _nothing)
            return got(request, data)

        return counted

    def _counting_on_channels(self, got: Callable[[bytes], Any]) -> Any:
        def counted(packet: bytes) -> Any:
            if packet.startswith(_THEIRS, _CHANNEL):
                self._heartbeat.pinged(b"", _nothing)
            return got(packet)

        return counted


def _is_connection(service: Any) -> bool:
    return service is not None and service.name == _SERVICE


def _nothing(_: bytes) -> None:
    """Conch answers."""
