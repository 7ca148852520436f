"""A program run unchanged."""

from __future__ import annotations

import signal
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

from twisted.internet import main as twisted_main
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.attach.running import USAGE, Program, main, on_every_reactor, parse
from tests.graph.processes import HEARTBEAT, SERVER, STRAY, Running, call, folder

if TYPE_CHECKING:
    from collections.abc import Sequence

TELLS = """\
import atexit, os, sys
print(__name__, __file__ == os.path.abspath(sys.argv[0]), sys.argv[1:], __spec__)
print(sys.path[0], sys.modules["__main__"].__dict__ is globals(), __package__)
atexit.register(lambda: print("exit", sys.modules["__main__"].__dict__ is globals()))
"""

FAILS = """\
def fail():
    raise ValueError("no")
fail()
"""


class ParseTests(SynchronousTestCase):
    """The arguments."""

    def test_script(self) -> None:
        """A script; what follows is its own."""
        self.assertEqual(
            parse(["--track", "chat.py", "--web", "-m"]),
            Program(name="chat.py", arguments=("--web", "-m"), track=True),
        )

    def test_module(self) -> None:
        """A module."""
        self.assertEqual(
            parse(["--web", "-m", "twisted", "-n"]),
            Program(name="twisted", is_module=True, arguments=("-n",), web=True),
        )

    def test_help(self) -> None:
        """Help is no error."""
        out = mock.Mock()
        self.patch(sys, "stdout", out)

        error = self.assertRaises(SystemExit, parse, ["-h"])

        self.assertIsNone(error.code)
        out.write.assert_called_once_with(USAGE)

    def test_wrong(self) -> None:
        """What cannot be meant is an error of usage."""
        for arguments, why in (
            ([], "what is to be run?"),
            (["-m"], "what is to be run?"),
            (["--dance", "chat.py"], "no such option: --dance"),
        ):
            said = mock.Mock()
            self.patch(sys, "stderr", said)

            error = self.assertRaises(SystemExit, parse, arguments)

            self.assertEqual(error.code, 2)
            self.assertIn(why, said.write.call_args[0][0])


class HookTests(SynchronousTestCase):
    """Every reactor."""

    def test_installed(self) -> None:
        """Each that is installed is met, after it was."""
        self.patch(twisted_main, "installReactor", met_first := mock.Mock())
        met: list[object] = []
        on_every_reactor(met.append)

        twisted_main.installReactor("reactor")

        self.assertEqual(met, ["reactor"])
        met_first.assert_called_once_with("reactor")


class MainCase(SynchronousTestCase):
    """Programs in this process; nothing of it is changed for good."""

    def setUp(self) -> None:
        """A folder, and what a program changes."""
        self.home = folder(self).resolve()
        self.patch(sys, "argv", ["heartbeat"])
        self.patch(sys, "path", ["first", *sys.path])
        self.patch(sys, "excepthook", sys.excepthook)
        self.patch(twisted_main, "installReactor", twisted_main.installReactor)
        self.patch(sys, "modules", dict(sys.modules))

    def write(self, name: str, text: str) -> str:
        """A file."""
        path = self.home / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return str(path)

    def run_it(self, *arguments: str) -> SimpleNamespace:
        """What the program has put into ``sys.result``."""
        result = SimpleNamespace()
        with mock.patch.object(sys, "result", result, create=True):
            main(arguments)
        return result


NOTES = """\
import sys
r = sys.result
r.name, r.argv, r.first = __name__, list(sys.argv), sys.path[0]
"""


class MainTests(MainCase):
    """Ways to say what to run."""

    def test_script(self) -> None:
        """A script has its folder first on the path, links resolved."""
        path = self.write("here/note.py", NOTES)
        link = self.home / "link.py"
        link.symlink_to(path)

        result = self.run_it(str(link), "a")

        self.assertEqual(result.name, "__main__")
        self.assertEqual(result.argv, [str(link), "a"])
        self.assertEqual(result.first, str(self.home / "here"))

    def test_module(self) -> None:
        """A module has the current folder first."""
        path = self.write("hb_note.py", NOTES)
        sys.path.append(str(self.home))

        result = self.run_it("-m", "hb_note", "a")

        self.assertEqual(result.argv, [path, "a"])
        self.assertEqual(result.first, str(Path.cwd()))

    def test_folder(self) -> None:
        """A folder, or an archive, is itself first."""
        self.write("folder/__main__.py", NOTES)
        archive = self.home / "archive.pyz"
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("__main__.py", NOTES)

        for path in (str(self.home / "folder"), str(archive)):
            result = self.run_it(path)
            self.assertEqual((result.name, result.first), ("__main__", path))

    def test_safe_path(self) -> None:
        """Where Python puts no folder first, neither does this."""
        flags = SimpleNamespace(isolated=0, safe_path=True)
        self.patch(sys, "flags", flags)
        path = self.write("note.py", NOTES)

        self.assertEqual(self.run_it(path).first, "first")

    def test_no_script(self) -> None:
        """A script that is not there is an error of usage."""
        said = mock.Mock()
        self.patch(sys, "stderr", said)

        error = self.assertRaises(SystemExit, main, [str(self.home / "none.py")])

        self.assertEqual(error.code, 2)
        self.assertIn("No such file", said.write.call_args[0][0])

    def test_no_module(self) -> None:
        """A module that is not there is an error, as Python's."""
        for name in ("hb_none", "hb_none.inner"):
            error = self.assertRaises(SystemExit, main, ["-m", name])

            self.assertIn("No module named", str(error.code))

    def test_traceback(self) -> None:
        """A traceback begins in the program; another one stays what it is."""
        shown: list[Any] = []
        sys.excepthook = lambda *what: shown.append(what)
        path = self.write("fails.py", FAILS)

        error = self.assertRaises(ValueError, main, [path])
        sys.excepthook(ValueError, error, error.__traceback__)
        other = ValueError()
        sys.excepthook(ValueError, other, None)

        (_, _, traceback), second = shown
        self.assertEqual(traceback.tb_frame.f_code.co_filename, path)
        self.assertIs(error.__traceback__, traceback)
        self.assertEqual(second, (ValueError, other, None))


class RealTests(SynchronousTestCase):
    """Real processes, compared with what Python does itself."""

    def setUp(self) -> None:
        """A folder to run in."""
        self.home = folder(self)

    def both(self, text: str, *arguments: str) -> Sequence[Any]:
        """How a script ends, by Python alone, and by us."""
        (self.home / "program.py").write_text(text)
        python = call(self.home, sys.executable, "program.py", *arguments)
        ours = call(self.home, *HEARTBEAT, "run", "program.py", *arguments)
        return [(r.returncode, r.stdout, r.stderr) for r in (python, ours)]

    def test_same(self) -> None:
        """It runs the same, and ends the same, whatever way it ends."""
        for text in (
            TELLS,
            FAILS,
            "import sys; sys.exit('so')",
            "raise SystemExit(7)",
            "raise KeyboardInterrupt",
            "def wrong(:",
            "import os; os._exit(3)",
            "def f(x: nothing): pass",
        ):
            python, ours = self.both(text, "a", "-m")
            self.assertEqual(ours, python)

    def test_interrupt(self) -> None:
        """The status is that of the signal."""
        (self.home / "program.py").write_text("raise KeyboardInterrupt")

        result = call(self.home, *HEARTBEAT, "run", "program.py")

        self.assertEqual(result.returncode, -signal.SIGINT)

    def test_ps(self) -> None:
        """An unchanged program can be looked into, with the line of each call."""
        (self.home / "program.py").write_text(STRAY)
        program = Running(self, self.home, *HEARTBEAT, "run", "--track", "program.py")
        program.until("ready")

        result = call(self.home, *HEARTBEAT, "strays", str(program.pid))

        self.assertEqual((result.returncode, result.stderr), (1, ""))
        self.assertIn("Client.ping", result.stdout)
        self.assertIn("program.py:8", result.stdout)
        self.assertEqual(program.stop(), 0)

    def test_web(self) -> None:
        """The live page is there from the start."""
        (self.home / "program.py").write_text(SERVER)
        program = Running(self, self.home, *HEARTBEAT, "run", "--web", "program.py")

        line = program.until("live page at")

        self.assertRegex(line, r"heartbeat: live page at http://127.0.0.1:\d+/.+/$")
        program.stop()

    def test_twist(self) -> None:
        """A module that is a program: ``twist``."""
        arguments = ("-m", "twisted", "--log-format=text", "web", "--listen=tcp:0")
        program = Running(self, self.home, *HEARTBEAT, "run", *arguments)
        program.until("Starting reactor")

        self.assertEqual(program.stop(), -signal.SIGTERM)

    def test_without_click(self) -> None:
        """It works without the extra."""
        (self.home / "program.py").write_text("print('there')")
        hide = "import sys; sys.modules['click'] = None; import heartbeat.cli"
        start = f"{hide}; heartbeat.cli.main()"

        result = call(self.home, sys.executable, "-c", start, "run", "program.py")

        self.assertEqual((result.stdout, result.stderr), ("there\n", ""))
