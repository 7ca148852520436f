"""The timing rules of other protocols, as policies: numbers in, a `Keepalive` out.

.. code-block:: python

    from heartbeat import profiles

    def tuned(self, proposed):          # AMQP's Connection.Tune has arrived
        seconds = profiles.amqp_tune_ok(60, proposed)
        self.send_tune_ok(seconds)
        self.heartbeat.configure(profiles.amqp(seconds))

These functions are pure: they know nothing of connections, and say nothing about how a
ping looks; that is the wire's part. The policies ask, beat and judge at the protocol's
own moments, so ``jitter`` is 0 but where the protocol itself has one; what is left
to the user (``grace``, ``enforce``, ``autostart``, a ``jitter`` of one's own) is changed
with `attrs.evolve`.
"""

from heartbeat.profiles.brokers import (
    amqp,
    amqp_tune_ok,
    stomp,
    stomp_heart_beat,
)
from heartbeat.profiles.grpc import grpc_client, grpc_server
from heartbeat.profiles.messaging import nats_client, nats_server, zmtp
from heartbeat.profiles.mqtt import mqtt_client, mqtt_server
from heartbeat.profiles.numbers import LIMITS, Limits
from heartbeat.profiles.sessions import (
    fix,
    irc_client,
    irc_server,
    ssh_client,
    ssh_server,
)
from heartbeat.profiles.web import (
    autobahn,
    engine_io_client,
    engine_io_server,
    websockets,
)

__all__ = [
    "LIMITS",
    "Limits",
    "amqp",
    "amqp_tune_ok",
    "autobahn",
    "engine_io_client",
    "engine_io_server",
    "fix",
    "grpc_client",
    "grpc_server",
    "irc_client",
    "irc_server",
    "mqtt_client",
    "mqtt_server",
    "nats_client",
    "nats_server",
    "ssh_client",
    "ssh_server",
    "stomp",
    "stomp_heart_beat",
    "websockets",
    "zmtp",
]
