"""The scripts as programs that are started, stopped, killed and started again."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from pathlib import Path

from tests.servers.daemons import Daemon
from tests.tls import write_pem

__all__ = [
    "AiohttpClient",
    "AiohttpServer",
    "AutobahnClient",
    "AutobahnServer",
    "WebsocketsClient",
    "WebsocketsServer",
    "WebsocketsTlsServer",
]


class Server(Daemon):
    """A library that listens; the executable is its name."""

    @classmethod
    def where(cls) -> str | None:
        """Of its script; None if the library is not installed."""
        if importlib.util.find_spec(cls.executable) is None:
            return None
        return str(Path(__file__).with_name(f"{cls.executable}_peer.py"))

    @classmethod
    def version(cls) -> str:
        """Of the one that is installed."""
        return importlib.metadata.version(cls.executable)

    def command(self) -> list[str]:
        """On our Python."""
        role = "client" if self.calls else "server"
        ports = map(str, self.ports)
        return [sys.executable, "-I", str(self.where()), role, *ports]


class Client(Server):
    """A library that calls."""

    calls = True
    protocols = 4

    def is_up(self) -> bool:
        """Whether it is about to call."""
        self.check()
        return bool(self.log())


class WebsocketsServer(Server):
    """Of ``websockets``."""

    name = executable = "websockets"


class WebsocketsTlsServer(WebsocketsServer):
    """The same over TLS."""

    tls = True

    def configure(self) -> None:
        """Have a key and a certificate."""
        write_pem(self.folder / "pem")

    def command(self) -> list[str]:
        """With them."""
        return [*super().command(), str(self.folder / "pem")]


class WebsocketsClient(Client):
    """Of ``websockets``."""

    name = executable = "websockets"


class AiohttpServer(Server):
    """Of ``aiohttp``."""

    name = executable = "aiohttp"


class AiohttpClient(Client):
    """Of ``aiohttp``."""

    name = executable = "aiohttp"


class AutobahnServer(Server):
    """Autobahn's."""

    name, executable = "Autobahn", "autobahn"


class AutobahnClient(Client):
    """Autobahn's."""

    name, executable = "Autobahn", "autobahn"
