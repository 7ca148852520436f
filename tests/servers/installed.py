"""The servers, each with an interval as short as it may be.

A process that lives may stand still for two seconds where the machine is busy: neither
a server nor a client of ours may be given up for that.
"""

from __future__ import annotations

import functools
import getpass
import os
import re
import subprocess
from pathlib import Path
from typing import ClassVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.servers.daemons import HOST, Daemon, free_port, program

__all__ = ["Mosquitto", "Nats", "Ngircd", "OpenSsh", "RabbitMq", "Redis"]


class Stating(Daemon):
    """A server whose program says its version when asked."""

    asked: ClassVar[tuple[str, ...]] = ("--version",)

    @classmethod
    @functools.cache
    def version(cls) -> str:
        """The first number that it says."""
        where = cls.where()
        assert where is not None
        said = subprocess.run(
            [where, *cls.asked],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        found = re.search(r"\d+\.\d[\w.]*", said.stdout + said.stderr)
        return found[0] if found else "unknown"


class Nats(Stating):
    """nats-server: a PING every 2 s, and two may be unanswered."""

    name = "nats-server"
    executable = "nats-server"

    def configure(self) -> None:
        """Shorten its interval."""
        (self.folder / "conf").write_text(
            f'listen: "{HOST}:{self.port}"\nping_interval: "2s"\nping_max: 2\n'
        )

    def command(self) -> list[str]:
        """With its file."""
        return [str(self.where()), "-c", str(self.folder / "conf")]


class Mosquitto(Stating):
    """mosquitto: what the client says is its interval, if it is below 10 s."""

    name = "mosquitto"
    executable = "mosquitto"
    asked = ("-h",)

    def configure(self) -> None:
        """Anybody may come."""
        (self.folder / "conf").write_text(
            f"listener {self.port} {HOST}\nallow_anonymous true\n"
            "persistence false\nsys_interval 0\nmax_keepalive 10\n"
        )

    def command(self) -> list[str]:
        """With its file."""
        return [str(self.where()), "-c", str(self.folder / "conf")]


class Redis(Stating):
    """redis-server: a client that says nothing for 4 s is idle."""

    name = "redis-server"
    executable = "redis-server"

    def command(self) -> list[str]:
        """All of it are options."""
        options = {
            "port": str(self.port),
            "bind": HOST,
            "timeout": "4",
            "save": "",
            "appendonly": "no",
            "dir": str(self.folder),
        }
        return [str(self.where()), *(w for o in options.items() for w in _option(*o))]


def _option(name: str, value: str) -> tuple[str, str]:
    return f"--{name}", value


class Ngircd(Stating):
    """ngircd: a PING after 5 s, given up after 5 s more; it takes nothing shorter."""

    name = "ngIRCd"
    executable = "ngircd"

    def configure(self) -> None:
        """No limits on clients of the same host."""
        (self.folder / "conf").write_text(
            "[Global]\n"
            "Name = irc.example.net\nInfo = test\nAdminEMail = admin@example.net\n"
            f"Listen = {HOST}\nPorts = {self.port}\nMotdPhrase = hello\n"
            "[Limits]\n"
            "PingTimeout = 5\nPongTimeout = 5\n"
            "MaxConnectionsIP = 0\nMaxPenaltyTime = 0\n"
            "[Options]\nDNS = no\nIdent = no\nPAM = no\n"
        )
        # It gives up being root before it reads this.
        self.folder.chmod(0o755)

    def command(self) -> list[str]:
        """In the foreground."""
        return [str(self.where()), "-n", "-f", str(self.folder / "conf")]


class RabbitMq(Daemon):
    """rabbitmq-server with its STOMP plugin; it proposes a heartbeat of 3 s.

    Its first port is AMQP's, its second STOMP's. Erlang's port mapper, which it
    starts, is one of its own.
    """

    name = "RabbitMQ"
    executable = "rabbitmq-server"
    protocols = 2
    cheap = False
    script = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    """Debian's; what is in the PATH there becomes another user."""

    def __init__(self) -> None:
        super().__init__()
        self._mapper_port, self._node_port = free_port(), free_port()

    @classmethod
    def where(cls) -> str | None:
        """The script that becomes nobody else."""
        return str(cls.script) if cls.script.exists() else program(cls.executable)

    @classmethod
    def version(cls) -> str:
        """As its folder says."""
        where = Path(cls.where() or "").resolve()
        homes = [*where.parents, *where.parent.parent.glob("lib/rabbitmq_server-*")]
        found = re.search(r"rabbitmq_server-([\d.]+)", " ".join(map(str, homes)))
        return found[1] if found else "unknown"

    def configure(self) -> None:
        """Two listeners, one heartbeat."""
        amqp, stomp = self.ports
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = {HOST}:{amqp}\n"
            f"stomp.listeners.tcp.1 = {HOST}:{stomp}\n"
            "heartbeat = 3\n"
            "log.file = false\nlog.console = true\nlog.console.level = info\n"
        )
        (self.folder / "plugins").write_text("[rabbitmq_stomp].\n")

    def command(self) -> list[str]:
        """The script, which becomes Erlang."""
        return [str(self.where())]

    def environment(self) -> dict[str, str]:
        """All that would else be the same for two servers."""
        folder = str(self.folder)
        return super().environment() | {
            "LANG": "C.UTF-8",
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": folder,
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_NODENAME": f"heartbeat{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._node_port),
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": HOST,
            "ERL_CRASH_DUMP": os.devnull,
            # One process that becomes Erlang, not one that watches over it.
            "RUNNING_UNDER_SYSTEMD": "true",
            # One thread that does not spin: the machine is shared.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
        }


class OpenSsh(Stating):
    """sshd: asks after 3 s, and two questions may be unanswered.

    Attributes:
        key: The file with the key by which its one user, who runs the tests, logs in.
        user: Who that is.
    """

    name = "OpenSSH"
    executable = "sshd"
    asked = ("-V",)
    separation = Path("/run/sshd")
    """An empty folder that sshd wants if it runs as root; Debian makes it at boot."""

    def __init__(self) -> None:
        super().__init__()
        self.key = self.folder / "user"
        self.user = getpass.getuser()

    def configure(self) -> None:
        """One key for the host, one for the user."""
        _write_key(self.folder / "host")
        _write_key(self.key)
        self.key.with_suffix(".pub").rename(self.folder / "authorized")
        (self.folder / "conf").write_text(
            f"ListenAddress {HOST}\nPort {self.port}\nHostKey {self.folder}/host\n"
            f"AuthorizedKeysFile {self.folder}/authorized\nPidFile none\n"
            "StrictModes no\nUsePAM no\nPasswordAuthentication no\n"
            "PermitRootLogin yes\nMaxStartups 100\n"
            "ClientAliveInterval 3\nClientAliveCountMax 2\n"
        )
        if os.geteuid() == 0:
            # Left there: another sshd may have found it since.
            self.separation.mkdir(mode=0o755, exist_ok=True)

    def command(self) -> list[str]:
        """In the foreground, with its log there."""
        return [str(self.where()), "-D", "-e", "-f", str(self.folder / "conf")]


def _write_key(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
    )
    path.with_suffix(".pub").write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        + b" test\n"
    )
