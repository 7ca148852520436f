"""Full names of Twisted's classes, and of which of their attributes lead on.

Private classes are known by name, and so is what would be dear to import: what the
program has not imported, it has no objects of.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "BYPASS",
    "CLIENT_SERVICES",
    "CORE",
    "DESCRIPTOR",
    "HTTP_CHANNEL",
    "HTTP_FACTORY",
    "MACHINES",
    "PROCESS",
    "PROTOCOLS",
    "PROXY",
    "STDIO",
    "TLS",
    "TLS_FACTORY",
    "UNDERNEATH",
    "WAKERS",
    "WRAPPED",
    "WRAPPED_FACTORIES",
]

DESCRIPTOR: Final = "twisted.internet.abstract.FileDescriptor"
TLS: Final = "twisted.protocols.tls.TLSMemoryBIOProtocol"
TLS_FACTORY: Final = "twisted.protocols.tls.TLSMemoryBIOFactory"
BYPASS: Final = "twisted.internet._newtls._BypassTLS"
PROCESS: Final = "twisted.internet._baseprocess.BaseProcess"
STDIO: Final = "twisted.internet._posixstdio.StandardIO"
HTTP_FACTORY: Final = "twisted.web.http.HTTPFactory"
HTTP_CHANNEL: Final = "twisted.web.http.HTTPChannel"

PROTOCOLS: Final = (
    "twisted.internet.protocol.BaseProtocol",
    "twisted.internet.protocol.AbstractDatagramProtocol",
)

PROXY: Final = (
    "twisted.application._client_service._ReconnectingProtocolProxy",
    "twisted.application.internet._ReconnectingProtocolProxy",
)
"""What ``ClientService`` puts around a protocol; until Twisted 24.3 the latter."""

CLIENT_SERVICES: Final = (
    "twisted.application._client_service.ClientService",
    "twisted.application.internet.ClientService",
)

MACHINES: Final = (
    "automat._typed.InputImplementer",
    "twisted.application.internet._ClientMachine",
)
"""What runs a ``ClientService``; until Twisted 24.3 the latter."""

CORE: Final = "twisted.application._client_service._Core"
"""What the former type of machine works for."""

WAKERS: Final = (
    "twisted.internet._signals._SocketWaker",
    "twisted.internet.posixbase._SocketWaker",
    "twisted.internet._signals._FDWaker",
    "heartbeat._driver.TimerReader",
)
"""What the reactor, and this package, have it watch for themselves."""

WRAPPED: Final = {
    "twisted.protocols.policies.ProtocolWrapper": "wrappedProtocol",
    "twisted.internet.endpoints._WrappingProtocol": "_wrappedProtocol",
    "twisted.web.http._GenericHTTPChannelProtocol": "_channel",
    "twisted.conch.telnet.TelnetTransport": "protocol",
    "twisted.conch.insults.insults.ServerProtocol": "terminalProtocol",
    "twisted.conch.insults.insults.ClientProtocol": "terminalProtocol",
    "autobahn.twisted.websocket.WrappingWebSocketAdapter": "_proto",
    **dict.fromkeys(PROXY, "_protocol"),
}
"""Protocols around protocols, and which attribute has the inner one.

Source:
    Twisted 22.10 to 26.10; autobahn 24.4.
"""

UNDERNEATH: Final = {
    DESCRIPTOR: None,
    PROCESS: None,
    STDIO: None,
    "twisted.internet.process.ProcessReader": "proc",
    "twisted.internet.process.ProcessWriter": "proc",
    "twisted.web.http._GenericHTTPChannelProtocol": "_channel",
    "twisted.web._newclient.TransportProxyProducer": "_producer",
    "twisted.web._http2.H2Stream": "_conn",
    "twisted.conch.ssh.channel.SSHChannel": "conn",
    "twisted.conch.ssh.session.SSHSessionProcessProtocol": "session",
    BYPASS: "_connection",
    "twisted.application._client_service._ReconnectingProtocolProxy": "_transport",
    "twisted.application.internet._ReconnectingProtocolProxy": "_protocol",
}
"""Which attribute leads to the transport below, where it is not ``transport``.

Source:
    Twisted 22.10 to 26.10.
"""

WRAPPED_FACTORIES: Final = {
    "twisted.protocols.policies.WrappingFactory": "wrappedFactory",
    "twisted.internet.endpoints._WrappingFactory": "_wrappedFactory",
    "twisted.application._client_service._DisconnectFactory": "_protocolFactory",
    "twisted.application.internet._DisconnectFactory": "_protocolFactory",
}
"""Factories around factories, and which attribute has the inner one.

Source:
    Twisted 22.10 to 26.10.
"""
