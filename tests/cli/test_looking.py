"""The commands that look."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from click.testing import CliRunner, Result
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import cli
from heartbeat.cli import pictures
from heartbeat.graph.attach import announce, asking
from heartbeat.graph.attach.asking import AskingError
from heartbeat.graph.pictures.codec import from_json, to_json
from heartbeat.graph.pictures.diff import diff
from tests.graph.processes import HEARTBEAT, STRAY, Running, call, folder
from tests.graph.scenes import many, seed

if TYPE_CHECKING:
    from heartbeat.graph.model import Snapshot

QUIET = attrs.evolve(seed(), timers=())


class LookCase(SynchronousTestCase):
    """Processes that can be asked, by number, and a folder."""

    def setUp(self) -> None:
        """There is one with a stray call."""
        self.processes: dict[int, Snapshot] = {4242: seed()}
        self.asked: list[tuple[int, float]] = []
        self.patch(asking, "snapshot_of", self.snapshot_of)
        self.patch(announce, "announced", lambda: sorted(self.processes))
        self.folder = folder(self)

    def snapshot_of(self, pid: int, timeout: float) -> Snapshot:
        """Ask one."""
        self.asked.append((pid, timeout))
        if pid not in self.processes:
            raise AskingError(pid, "has not announced itself", "start it otherwise")
        return self.processes[pid]

    def run_it(self, *arguments: str, status: int = 0) -> Result:
        """Run the command."""
        result = CliRunner().invoke(cli.command(), arguments)
        self.assertEqual(result.exit_code, status, result.output)
        return result

    def file(self, name: str, snapshot: Snapshot) -> str:
        """A file of JSON."""
        path = self.folder / name
        path.write_text(to_json(snapshot))
        return str(path)


class PsTests(LookCase):
    """``heartbeat ps``."""

    def test_text(self) -> None:
        """A process, as text; the time it has can be said."""
        result = self.run_it("ps", "4242", "--timeout", "3")

        self.assertTrue(result.output.startswith("chat.py, pid 4242"))
        self.assertTrue(result.output.endswith("\n"))
        self.assertEqual(self.asked, [(4242, 3.0)])

    def test_file(self) -> None:
        """What was stored is shown just the same."""
        stored = self.file("a.json", seed())

        self.assertEqual(
            self.run_it("ps", stored).output, self.run_it("ps", "4242").output
        )

    def test_forms(self) -> None:
        """Any form, to the output or into a file, whose name can say which."""
        target = self.folder / "b.json"
        shown = self.run_it("ps", "4242", "--format", "json").output
        self.assertEqual(self.run_it("ps", "4242", "-o", str(target)).output, "")

        self.assertEqual(from_json(target.read_text()), seed())
        self.assertEqual(from_json(shown), seed())

    def test_output(self) -> None:
        """What the name of a file does not say, the option does; ``-`` is the output."""
        target = self.folder / "a.dump"
        self.run_it("ps", "4242", "--format", "json", "-o", str(target))
        shown = self.run_it("ps", "4242", "-o", "-").output

        self.assertEqual(from_json(target.read_text()), seed())
        self.assertEqual(shown, self.run_it("ps", "4242").output)

    def test_output_unknown(self) -> None:
        """A suffix that nobody knows is an error, before the process is asked."""
        target = self.folder / "a.png"
        wrong = self.run_it("ps", "4242", "-o", str(target), status=2)

        for word in ("a.png", *pictures.SUFFIXES, *pictures.FORMS):
            self.assertIn(word, wrong.output)
        self.assertFalse(target.exists())
        self.assertEqual(self.asked, [])

    def test_output_unwritable(self) -> None:
        """Where nothing can be written, that is said, and nothing is left there."""
        target = self.folder / "none" / "a.svg"
        nowhere = self.run_it("ps", "4242", "-o", str(target), status=2)
        folder = self.run_it("ps", "4242", "-o", str(self.folder), status=2)

        self.assertEqual(
            nowhere.output,
            f"Error: {target} cannot be written: No such file or directory\n",
        )
        self.assertIn("is a directory", folder.output)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_only(self) -> None:
        """Only some calls, with equal ones on one line or not."""
        self.processes[1] = many()
        grouped = self.run_it("ps", "1", "--only", "stray", "--group").output
        single = self.run_it("ps", "1", "--only", "stray", "--no-group").output

        self.assertLess(len(grouped), len(single))

    def test_wrong(self) -> None:
        """A word that is no verdict, or a filter for JSON, is an error."""
        wrong = self.run_it("ps", "4242", "--only", "dance", status=2)
        self.assertIn("dance", wrong.output)
        for way in (["--only", "stray"], ["--group"]):
            wrong = self.run_it("ps", "4242", "--format", "json", *way, status=2)
            self.assertIn("JSON has everything", wrong.output)

    def test_unanswered(self) -> None:
        """A process that cannot be asked is an error; it says why."""
        result = self.run_it("ps", "1", status=2)

        self.assertEqual(
            result.output,
            "Error: process 1 has not announced itself; start it otherwise\n",
        )

    def test_list(self) -> None:
        """Without a process: all that can be asked, a line each."""
        self.processes[77] = QUIET
        lines = self.run_it("ps").output.splitlines()

        self.assertEqual(
            lines[0].split(),
            ["PID", "CONNECTIONS", "CALLS", "STRAYS", "REACTOR", "PROGRAM"],
        )
        self.assertEqual([line.split()[0] for line in lines[1:]], ["77", "4242"])
        self.assertEqual(lines[1].split()[2:4], ["0", "0"])
        self.assertEqual(lines[1].split()[-1], "chat.py")

    def test_list_unanswered(self) -> None:
        """One of them that does not answer is in the list all the same."""
        self.patch(announce, "announced", lambda: [1, 4242])

        lines = self.run_it("ps").output.splitlines()

        self.assertEqual(len(lines), 3)
        self.assertIn("has not announced itself", lines[1])

    def test_list_empty(self) -> None:
        """If there is none, that is said."""
        self.processes.clear()

        self.assertIn("No process of this user", self.run_it("ps").output)


class StraysTests(LookCase):
    """``heartbeat strays``, whose exit status is for programs."""

    def test_some(self) -> None:
        """1 if there are stray calls, which are shown."""
        self.assertIn("ClientAPI", self.run_it("strays", "4242", status=1).output)

    def test_none(self) -> None:
        """0 if there are none."""
        self.processes[1] = QUIET

        self.assertEqual(self.run_it("strays", "1").output, "No stray calls.\n")

    def test_unanswered(self) -> None:
        """2 if that is not known."""
        process = self.run_it("strays", "1", status=2)
        file = self.run_it("strays", str(self.folder / "none.json"), status=2)
        self.assertIn("process 1", process.output)
        self.assertIn("none.json", file.output)


class WatchTests(LookCase):
    """``heartbeat watch``."""

    def test_watch(self) -> None:
        """Each look is shown, and from the second on what has changed."""
        waited: list[float] = []

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            self.processes[4242] = QUIET

        self.patch(time, "sleep", sleep)

        result = self.run_it("watch", "4242", "--times", "2", "--interval", "7")

        self.assertEqual(waited, [7.0])
        self.assertEqual(result.output.count("chat.py, pid 4242, EPoll"), 2)
        gone = diff(seed(), QUIET).to_text()
        self.assertTrue(result.output.endswith(gone))

    def test_ends(self) -> None:
        """When the process is gone, that is the end."""

        def sleep(_: float) -> None:
            self.processes.clear()

        self.patch(time, "sleep", sleep)

        self.run_it("watch", "4242", status=2)
        self.assertEqual(self.asked[0], (4242, 10.0))


class OtherTests(LookCase):
    """``web``, ``diff`` and ``explain``."""

    def test_web(self) -> None:
        """The address of the page."""
        self.patch(asking, "page_of", lambda pid, _: f"http://127.0.0.1:1/{pid}/")

        self.assertEqual(self.run_it("web", "7").output, "http://127.0.0.1:1/7/\n")
        self.run_it("web", "chat", status=2)

    def test_diff(self) -> None:
        """Two files; of a file and a process the file is the old one."""
        quiet = self.file("quiet.json", QUIET)
        stored = self.file("seed.json", seed())
        appeared = self.run_it("diff", quiet, stored).output

        self.assertIn("postConnectionLostCall", appeared)
        self.assertNotIn("Difference(", appeared)
        self.assertNotEqual(self.run_it("diff", stored, quiet).output, appeared)
        for arguments in ((quiet, "4242"), ("4242", quiet)):
            self.assertEqual(self.run_it("diff", *arguments).output, appeared)

    def test_explain(self) -> None:
        """What a word means; a word may have a blank."""
        self.assertIn("gone", self.run_it("explain", "stray").output)
        self.assertEqual(
            self.run_it("explain", "maybe", "stray").output,
            self.run_it("explain", "MAYBE-STRAY").output,
        )
        self.run_it("explain", "dance", status=2)


class RealTests(SynchronousTestCase):
    """Against a process."""

    def test_process(self) -> None:
        """It is listed, shown, watched and compared with what it was."""
        home = folder(self)
        Path(home, "stray.py").write_text(STRAY)
        program = Running(self, home, *HEARTBEAT, "run", "stray.py")
        program.until("ready")
        pid = str(program.pid)

        def heartbeat(*arguments: str) -> str:
            result = call(home, *HEARTBEAT, *arguments)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            return result.stdout

        self.assertIn("stray.py", heartbeat("ps"))
        heartbeat("ps", pid, "-o", "a.json")
        self.assertIn("STRAY", heartbeat("ps", pid))
        self.assertIn("STRAY", heartbeat("watch", pid, "--times=2", "--interval=0"))
        heartbeat("diff", pid, "a.json")
        self.assertEqual(pictures.form_of("a.json"), "json")
