"""A certificate for ``localhost`` that nobody else trusts, made once a run."""

from __future__ import annotations

import datetime as dt
import functools
import warnings
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet import ssl

if TYPE_CHECKING:
    from pathlib import Path

    from twisted.internet.interfaces import IOpenSSLClientConnectionCreator

__all__ = ["client_options", "server_options", "write_pem"]

DAY = dt.timedelta(days=1)


@functools.cache
def server_options() -> ssl.CertificateOptions:
    """What a server for ``localhost`` needs to accept TLS."""
    options: ssl.CertificateOptions = _certificate().options()
    with warnings.catch_warnings():
        # Twisted passes pyOpenSSL's own key objects, which pyOpenSSL deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        options.getContext()
    return options


@functools.cache
def client_options() -> IOpenSSLClientConnectionCreator:
    """What a client needs to trust that server, and no other."""
    trusted = ssl.Certificate(_certificate().original)
    options: IOpenSSLClientConnectionCreator = ssl.optionsForClientTLS(
        "localhost", trustRoot=trusted
    )
    return options


@functools.cache
def _certificate() -> ssl.PrivateCertificate:
    pair: ssl.PrivateCertificate = ssl.PrivateCertificate.loadPEM(_pem())
    return pair


@functools.cache
def _pem() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + _signed(key).public_bytes(pem)


def _signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def write_pem(path: Path) -> None:
    """Write that server's key and certificate to *path*, for one that is not Twisted's."""
    path.write_bytes(_pem())
