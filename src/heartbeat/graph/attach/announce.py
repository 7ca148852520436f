"""Where a process can be asked what its reactor does: a socket in a private folder.

The folder belongs to the user and is closed to everybody else (``0700``), and so is
the socket in it (``0600``), which is called ``PID.sock``. The first of these that can
be used:

1. ``$HEARTBEAT_SOCKETS``; if it is set, no other;
2. ``$XDG_RUNTIME_DIR/heartbeat``;
3. ``/run/user/UID/heartbeat``, for a daemon that was started without the variable;
4. ``$TMPDIR/heartbeat-UID``, or wherever temporary files are;
5. ``/tmp/heartbeat-UID``.

Who asks looks into all of them, as the daemon may have an environment of its own.
A folder that is a symbolic link, belongs to somebody else, or is open to others is
never used.
"""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from pathlib import Path
from typing import Final

__all__ = [
    "PRINTED",
    "SUFFIX",
    "AnnouncementError",
    "announced",
    "bind",
    "home",
    "is_answered",
    "places",
    "socket_of",
    "trouble_with",
]

SUFFIX: Final = ".sock"

PRINTED: Final = ".txt"
"""Of the file beside the socket where a daemon prints, having no standard error."""

QUEUE: Final = 8
"""Connections that the kernel keeps until they are accepted."""


class AnnouncementError(OSError):
    """There is no socket to be had here; the message says why."""


def places() -> list[Path]:
    """The folders in which processes of this user announce themselves, best first."""
    forced = os.environ.get("HEARTBEAT_SOCKETS", "")
    if forced:
        return [Path(forced).absolute()]
    uid = os.geteuid()
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    found = [runtime / "heartbeat"] if runtime.is_absolute() else []
    found += [
        Path("/run/user", str(uid), "heartbeat"),
        Path(tempfile.gettempdir(), f"heartbeat-{uid}"),
        Path("/tmp", f"heartbeat-{uid}"),  # noqa: S108 - owner and mode are checked
    ]
    return list(dict.fromkeys(found))


def home() -> Path:
    """The folder to announce in; it is made if need be.

    Raises:
        AnnouncementError: None of the places can be used.
    """
    reasons = []
    for folder in places():
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            # Also a file, or a link that leads nowhere.
            reasons.append(f"{folder}: {error.strerror}")
            continue
        trouble = trouble_with(folder)
        if not trouble:
            return folder
        reasons.append(f"{folder}: {trouble}")
    raise AnnouncementError("no private folder for a socket: " + "; ".join(reasons))


def trouble_with(folder: Path) -> str:
    """Why a folder must not be used, ``""`` if it is private to this user."""
    try:
        status = folder.lstat()
    except OSError as error:
        return str(error.strerror)
    if not stat.S_ISDIR(status.st_mode):
        return "it is not a folder"
    if status.st_uid != os.geteuid():
        return f"it belongs to the user {status.st_uid}"
    if status.st_mode & 0o077:
        return f"others may use it (mode {stat.S_IMODE(status.st_mode):04o})"
    return ""


def bind(path: Path) -> socket.socket:
    """A socket that listens at *path*, for this user only; it does not block.

    A file that a dead process left there is replaced.

    Raises:
        AnnouncementError: There cannot be one, or somebody listens there.
    """
    if is_answered(path):
        raise AnnouncementError(f"{path}: another process answers there")
    listening = socket.socket(socket.AF_UNIX)
    try:
        path.unlink(missing_ok=True)
        listening.setblocking(False)
        listening.bind(str(path))
        path.chmod(0o600)
        listening.listen(QUEUE)
    except OSError as error:
        listening.close()
        raise AnnouncementError(f"{path}: {error}") from error
    return listening


def is_answered(path: Path) -> bool:
    """Whether a process listens at *path*, were it only one that does not answer."""
    with socket.socket(socket.AF_UNIX) as trial:
        trial.setblocking(False)
        try:
            trial.connect(str(path))
        except BlockingIOError:
            return True
        except OSError:
            return False
    return True


def socket_of(pid: int) -> Path | None:
    """The socket of a process; None if it has not announced itself."""
    for folder in places():
        path = folder / f"{pid}{SUFFIX}"
        if not trouble_with(folder) and is_answered(path):
            return path
    return None


def announced() -> list[int]:
    """The processes of this user that can be asked; what dead ones left is removed."""
    found = set()
    for folder in places():
        if trouble_with(folder):
            continue
        for path in folder.glob(f"*{SUFFIX}"):
            if not path.stem.isdecimal():
                continue
            if is_answered(path):
                found.add(int(path.stem))
            else:
                path.unlink(missing_ok=True)
                path.with_suffix(PRINTED).unlink(missing_ok=True)
    return sorted(found)
