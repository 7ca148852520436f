"""What was measured on: the machine, its kernel and the versions of all that ran."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version

import pyperf
from twisted.internet import default

__all__ = ["machine"]

PACKAGES = (
    "txheartbeat",
    "Twisted",
    "attrs",
    "pyOpenSSL",
    "cryptography",
    "autobahn",
    "websockets",
    "aiohttp",
    "foolscap",
    "pyperf",
)

COLLECTED = {
    "processor": "cpu_model_name",
    "processors": "cpu_count",
    "Python": "python_version",
    "compiler": "python_compiler",
}
"""What pyperf finds out by itself."""


def machine() -> dict[str, str]:
    """By what it is; nothing that changes from one run to the next."""
    found = pyperf.Benchmark([pyperf.Run([1.0], metadata={"name": "-"})])
    known = found.get_metadata()
    return {
        **{what: str(known[key]) for what, key in COLLECTED.items() if key in known},
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "C library": " ".join(platform.libc_ver()),
        "OpenSSL": _openssl(),
        "reactor": default.install.__module__.rpartition(".")[2],
        "valgrind": _valgrind(),
        **{name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _openssl() -> str:
    """Of the library that Twisted uses, not of the standard library's."""
    try:
        from OpenSSL import SSL  # noqa: PLC0415 - an extra
    except ImportError:
        return "not installed"
    return SSL.SSLeay_version(SSL.SSLEAY_VERSION).decode()


def _valgrind() -> str:
    found = shutil.which("valgrind")
    if found is None:
        return "not installed"
    told = subprocess.run(
        [found, "--version"], capture_output=True, text=True, check=True
    )
    return told.stdout.strip().removeprefix("valgrind-")
