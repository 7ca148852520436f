"""Where a process announces itself."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.attach import announce
from heartbeat.graph.attach.announce import (
    AnnouncementError,
    announced,
    bind,
    home,
    is_answered,
    places,
    socket_of,
    trouble_with,
)
from tests.graph.processes import closed_later, folder

GONE = 999_999_999
"""The number of no process."""


class PlacesTests(SynchronousTestCase):
    """Which folders are looked at."""

    def test_order(self) -> None:
        """The user's runtime folder, then those for temporary files; each once."""
        uid = os.geteuid()
        self.patch(tempfile, "tempdir", "/elsewhere")
        self.patch(
            os, "environ", {"XDG_RUNTIME_DIR": "/run/mine", "HEARTBEAT_SOCKETS": ""}
        )

        found = [str(place) for place in places()]

        self.assertEqual(
            found,
            [
                "/run/mine/heartbeat",
                f"/run/user/{uid}/heartbeat",
                f"/elsewhere/heartbeat-{uid}",
                f"/tmp/heartbeat-{uid}",  # noqa: S108 - only its name
            ],
        )

    def test_relative(self) -> None:
        """A runtime folder that is not absolute is none; no place is there twice."""
        self.patch(tempfile, "tempdir", "/tmp")  # noqa: S108 - only its name
        self.patch(os, "environ", {"XDG_RUNTIME_DIR": "mine"})

        self.assertEqual(len(places()), 2)
        self.assertEqual(len(set(places())), 2)

    def test_forced(self) -> None:
        """The variable of our own rules alone."""
        self.patch(os, "environ", {"HEARTBEAT_SOCKETS": "/srv/here"})

        self.assertEqual(places(), [Path("/srv/here")])


class HomeTests(SynchronousTestCase):
    """The folder in which this process announces itself."""

    def setUp(self) -> None:
        """Two places."""
        self.folder = folder(self)
        self.first, self.second = self.folder / "a", self.folder / "b"
        self.patch(announce, "places", lambda: [self.first, self.second])

    def test_made(self) -> None:
        """It is made for the user alone, whatever the usual mode of files is."""
        previous = os.umask(0)
        self.addCleanup(os.umask, previous)

        self.assertEqual(home(), self.first)
        self.assertEqual(stat.S_IMODE(self.first.stat().st_mode), 0o700)

    def test_there(self) -> None:
        """One that is there, and private, is used."""
        self.first.mkdir(mode=0o700)

        self.assertEqual(home(), self.first)

    def test_next(self) -> None:
        """If it cannot be made, or is open to others, the next one is used."""
        for spoil in (
            lambda: self.first.write_text(""),
            lambda: self.first.symlink_to(self.folder),
            lambda: self.first.symlink_to(self.folder / "nowhere"),
            lambda: self.first.mkdir(mode=0o750),
        ):
            spoil()
            self.assertEqual(home(), self.second)
            if self.first.is_symlink() or self.first.is_file():
                self.first.unlink()

    def test_none(self) -> None:
        """If none can be used, the error says why of each."""
        self.first.write_text("")
        self.second.mkdir()
        self.second.chmod(0o777)

        error = self.assertRaises(AnnouncementError, home)

        self.assertIn(f"{self.first}: File exists", str(error))
        self.assertIn(f"{self.second}: others may use it (mode 0777)", str(error))

    def test_of_another(self) -> None:
        """A folder that belongs to somebody else is not used."""
        self.first.mkdir(mode=0o700)
        self.patch(os, "geteuid", lambda: 12345)

        self.assertIn("belongs to the user", trouble_with(self.first))

    def test_not_there(self) -> None:
        """One that is not there is trouble too, and so is a link."""
        self.second.symlink_to(self.folder)

        self.assertEqual(trouble_with(self.first), "No such file or directory")
        self.assertEqual(trouble_with(self.second), "it is not a folder")


class SocketTests(SynchronousTestCase):
    """The sockets in the folder."""

    def setUp(self) -> None:
        """One place."""
        self.folder = folder(self)
        self.patch(announce, "places", lambda: [self.folder / "none", self.folder])

    def leave(self, pid: int) -> Path:
        """The socket of a process that was killed."""
        path = self.folder / f"{pid}.sock"
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(path))
        path.with_suffix(".txt").write_text("")
        return path

    def listen(self, pid: int) -> Path:
        """The socket of a process that listens."""
        path = self.folder / f"{pid}.sock"
        closed_later(self, bind(path))
        return path

    def test_bind(self) -> None:
        """It is for the user alone, and does not block."""
        path = self.folder / "1.sock"

        listening = closed_later(self, bind(path))

        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertFalse(listening.getblocking())
        self.assertTrue(is_answered(path))

    def test_replaced(self) -> None:
        """What a dead process of that number left is replaced."""
        path = self.leave(1)
        self.assertFalse(is_answered(path))

        closed_later(self, bind(path))

        self.assertTrue(is_answered(path))

    def test_taken(self) -> None:
        """A socket at which somebody listens is left alone."""
        path = self.listen(1)

        error = self.assertRaises(AnnouncementError, bind, path)

        self.assertEqual(str(error), f"{path}: another process answers there")

    def test_impossible(self) -> None:
        """What the system says is passed on; nothing is left open."""
        path = self.folder / ("x" * 200)

        error = self.assertRaises(AnnouncementError, bind, path)

        self.assertIn("path too long", str(error))

    def test_full(self) -> None:
        """One whose clients wait to be accepted is answered."""
        path = self.folder / "1.sock"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen(0)
            waiting = closed_later(self, socket.socket(socket.AF_UNIX))
            waiting.connect(str(path))

            self.assertTrue(is_answered(path))

    def test_socket_of(self) -> None:
        """That of a living process is found; what was left behind is not taken."""
        path = self.listen(1)
        self.leave(2)

        self.assertEqual(socket_of(1), path)
        self.assertEqual((socket_of(2), socket_of(3)), (None, None))

    def test_announced(self) -> None:
        """Those that answer, by number; what dead ones left is removed."""
        self.listen(20)
        self.listen(3)
        dead = self.leave(GONE)
        (self.folder / "notes.sock").write_text("")

        self.assertEqual(announced(), [3, 20])
        self.assertFalse(dead.exists() or dead.with_suffix(".txt").exists())
        self.assertTrue((self.folder / "notes.sock").exists())
