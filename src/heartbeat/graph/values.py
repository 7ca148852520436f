"""The endpoints in a snapshot, and what is known of them: frozen values.

Durations are in seconds.
"""

from __future__ import annotations

import attrs

from heartbeat.graph.kinds import GONE, Kind, State

__all__ = ["Endpoint", "KeepaliveInfo", "Kernel", "ScopeInfo", "Service"]


@attrs.frozen(kw_only=True)
class Kernel:
    """What the kernel says of a TCP connection; None where it does not.

    Attributes:
        state: Its name for the state, as in ``ss``: ``ESTABLISHED``.
        heard_ago: Since data last came in.
        sent_ago: Since data last went out.
        rtt: Smoothed round-trip time.
        retransmits: Unanswered retransmissions in a row, now.
        in_flight: Bytes sent and not acknowledged.
    """

    state: str | None = None
    heard_ago: float | None = None
    sent_ago: float | None = None
    rtt: float | None = None
    retransmits: int = 0
    in_flight: int | None = None


@attrs.frozen(kw_only=True)
class ScopeInfo:
    """A scope: the clock of a connection, or one of those inside it.

    Attributes:
        name: What it is for.
        state: ``open``, ``closing`` or ``closed``.
        pending: Its pending calls, those of inner scopes included.
        owned: Deferreds and coroutines it owns, those of inner scopes included.
    """

    name: str
    state: str
    pending: int
    owned: int


@attrs.frozen(kw_only=True)
class KeepaliveInfo:
    """The keepalive of a connection.

    Attributes:
        state: What is known of the peer: ``alive``, ``asked``, ``suspect``, ...
        interval: Silence after which the peer is asked; None if it never is.
        timeout: Time it has for an answer.
        asked: Questions so far.
        answered: Answers so far.
        verdict: The kind, once the peer was given up.
        due: When it looks next, in seconds from the snapshot.
    """

    state: str
    interval: float | None = None
    timeout: float | None = None
    asked: int = 0
    answered: int = 0
    verdict: str | None = None
    due: float | None = None


@attrs.frozen(kw_only=True)
class Endpoint:
    """A port, a connection, or whatever else bytes come from and go to.

    Attributes:
        id: ``l1`` for what listens, ``c7`` for a connection, ``u2`` for datagrams,
            ``p3`` for a child process, ``s4`` for standard input and output, ``x5``
            for the rest.
        protocol: The class at the top, the user's; of a port, that of its factory if
            that is known; ``""`` if there is none.
        layers: Classes from the one under the protocol down to the transport.
        local: This end: ``127.0.0.1:8000`` or a path; ``""`` if unknown.
        peer: The other end, or of a process its program and pid.
        fd: The descriptor while it is open.
        reading: Whether the reactor watches it for bytes to read.
        writing: Whether the reactor waits until it can be written to.
        paused: Connected, and told not to read.
        buffered: Bytes written to it that Twisted has not given to the kernel.
        producer: The class of the producer registered with it.
        factory: The class of its factory.
        parent: The id of the port that accepted it.
        kernel: What the kernel says.
        scopes: The mixin's clock first, then the scopes in it.
        keepalive: The mixin's keepalive, if one was made.
        opened_ago: Since it was connected, where a tracker saw it.
        lost_ago: Since it was lost, where a tracker or the mixin knows.
        lost_reason: Why, where a tracker or the mixin knows.
    """

    id: str
    kind: Kind
    state: State
    protocol: str = ""
    layers: tuple[str, ...] = ()
    local: str = ""
    peer: str = ""
    fd: int | None = None
    reading: bool = False
    writing: bool = False
    paused: bool = False
    buffered: int = 0
    producer: str | None = None
    factory: str | None = None
    parent: str | None = None
    kernel: Kernel | None = None
    scopes: tuple[ScopeInfo, ...] = ()
    keepalive: KeepaliveInfo | None = None
    opened_ago: float | None = None
    lost_ago: float | None = None
    lost_reason: str | None = None

    @property
    def is_gone(self) -> bool:
        """Whether nothing can be done with it any more."""
        return self.state in GONE


@attrs.frozen(kw_only=True)
class Service:
    """A ``ClientService``, which keeps a connection up.

    Attributes:
        id: ``v1``.
        state: ``connecting``, ``connected``, ``waiting to retry``, ...
        endpoint: The class of the endpoint it connects to.
        factory: The class of the factory.
        failed_attempts: Since it was last connected.
        timer: The id of the call that will try again.
        connection: The id of the connection it has.
    """

    id: str
    state: str
    endpoint: str = ""
    factory: str = ""
    failed_attempts: int = 0
    timer: str | None = None
    connection: str | None = None
