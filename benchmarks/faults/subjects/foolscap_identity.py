"""Who the peer of Foolscap's is: both processes know, none has to be told.

A Foolscap client names the server by the digest of its certificate. This one is made
from a seed that everybody can read; it proves nothing, and a signature with its kind of
key comes out the same each time.
"""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

__all__ = ["NAME", "certificate"]

NAME = "peer"
"""What the peer's object is registered as."""

_DAY = dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)


def certificate() -> bytes:
    """Certificate and key as PEM, the same in every process."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "newpb_thingy")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(_DAY)
        .not_valid_after(_DAY.replace(year=2100))
        .sign(key, None)
    )
    return made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
