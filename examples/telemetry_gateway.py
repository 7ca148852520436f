"""A gateway that takes samples from devices: Int32 strings of JSON, over TLS.

    python examples/telemetry_gateway.py gateway.pem ssl:8443

Devices speak and the gateway listens, so nobody asks anybody anything. Three limits do
the rest:

- ``silence``: a device that has sent nothing for 90 s is gone. Samples come every few
  seconds, so no question is needed to know.
- ``beacon``: the gateway shows life every 30 s, for devices to judge it by.
- ``max_age``: a connection is closed after an hour and made again by the device, so
  that a gateway that was added gets its share. The random tenth by which that comes
  early keeps them from all coming at once.

The first argument is a file with a private key and a certificate. If there is none, one
for ``localhost`` is made and written there; devices trust that file and nothing else.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory, connectionDone
from twisted.internet.task import react
from twisted.protocols.basic import Int32StringReceiver

from heartbeat import HeartbeatMixin, IntN, Keepalive

if TYPE_CHECKING:
    from twisted.internet.interfaces import IAddress
    from twisted.python.failure import Failure

    from heartbeat import Verdict


class Device(HeartbeatMixin, Int32StringReceiver):
    """The gateway's end of the connection to one device."""

    keepalive = Keepalive(interval=None, silence=90, beacon=30, max_age=3600)
    wire = IntN()
    MAX_LENGTH = 4096

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.samples = 0

    def stringReceived(self, string: bytes) -> None:
        """One sample; answered with how many there were, so that none is sent twice."""
        self.gateway.store(json.loads(string))
        self.samples += 1
        self.sendString(json.dumps({"stored": self.samples}).encode())

    def peer_lost(self, verdict: Verdict) -> None:
        """Say goodbye where that can still arrive: at a device that grew old."""
        if not verdict.kind.hopeless:
            self.sendString(json.dumps({"bye": verdict.kind.name}).encode())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """A verdict has a kind and evidence; any other end only has words."""
        verdict = self.heartbeat.verdict
        why = verdict.kind.name if verdict else reason.getErrorMessage()
        print(f"device lost after {self.samples} samples: {why}", flush=True)


@attrs.define(eq=False)
class Gateway(Factory):
    """Takes what devices send."""

    keepalive: Keepalive

    def buildProtocol(self, addr: IAddress | None) -> Device:
        """A device, by the limits of this gateway."""
        device = Device(self)
        device.keepalive = self.keepalive
        return device

    def store(self, sample: dict[str, object]) -> None:
        """Where a database would be."""
        print(f"{sample['name']} = {sample['value']}", flush=True)


def make_certificate(path: Path) -> None:
    """Write a key and a certificate for ``localhost``, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=365))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(pem)
    )


async def main(reactor: Any, arguments: argparse.Namespace) -> None:
    """Serve until interrupted."""
    if not arguments.certificate.exists():
        make_certificate(arguments.certificate)
    listen = f"{arguments.listen}:privateKey={arguments.certificate}"
    policy = attrs.evolve(
        Device.keepalive, silence=arguments.silence, beacon=arguments.beacon
    )
    port = await serverFromString(reactor, listen).listen(Gateway(policy))
    print(f"listening on {port.getHost().port}", flush=True)
    await Deferred()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A gateway for telemetry.")
    parser.add_argument("certificate", type=Path)
    parser.add_argument("listen", nargs="?", default="ssl:8443:interface=127.0.0.1")
    parser.add_argument("--silence", type=float, default=90, help="seconds")
    parser.add_argument("--beacon", type=float, default=30, help="seconds")
    react(main, [parser.parse_args()])
