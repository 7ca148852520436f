"""``pytest --heartbeat``, as a user of pytest has it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

PATH = os.environ.get("PYTHONPATH", "").split(os.pathsep)

CHAT = """\
from twisted.internet import reactor
from twisted.internet.protocol import Protocol
from twisted.internet.testing import StringTransport


class Chat(Protocol):
    def connectionMade(self):
        self.call = reactor.callLater(30, self.ping)

    def ping(self):
        self.transport.write(b"ping")

    def lose(self):
        self.transport.connected = False


def connected():
    chat = Chat()
    chat.makeConnection(StringTransport())
    return chat


"""

LINE = (
    CHAT.splitlines().index("        self.call = reactor.callLater(30, self.ping)") + 1
)


class PytestTests(SynchronousTestCase):
    def pytest(self, tests: str, *options: str, chat: str = CHAT) -> str:
        """What pytest says of these tests."""
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / "test_it.py").write_text(chat + tests)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "pytest_heartbeat"),
                *("-p", "no:cacheprovider", "-rA", *options, "test_it.py"),
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([".", *PATH])},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        return done.stdout + done.stderr

    def test_stray(self) -> None:
        """A test that leaves a stray call has an error that names all there is."""
        text = self.pytest(
            "def test_one():\n    connected().lose()\n\ndef test_two():\n    pass\n",
            "--heartbeat",
        )
        self.assertIn("2 passed, 1 error", text)
        self.assertIn("ERROR test_it.py::test_one", text)
        self.assertIn("1 pending call for connections that are gone", text)
        self.assertIn("Chat.ping in 30 s", text)
        self.assertIn("for Chat, disconnected", text)
        self.assertIn(f"test_it.py:{LINE} in ", text)

    def test_fixture(self) -> None:
        """What a fixture puts in order is in order."""
        text = self.pytest(
            "import pytest\n\n"
            "@pytest.fixture\ndef chat():\n    chat = connected()\n    yield chat\n"
            "    chat.call.cancel()\n\n"
            "def test_one(chat):\n    chat.lose()\n",
            "--heartbeat",
        )
        self.assertIn("1 passed", text)
        self.assertNotIn("error", text)

    def test_fixture_fails(self) -> None:
        """Where a fixture fails at its end, the next test is not to blame."""
        text = self.pytest(
            "import pytest\n\n"
            "@pytest.fixture\ndef chat():\n    chat = connected()\n    yield chat\n"
            "    chat.lose()\n    assert 0\n\n"
            "def test_one(chat):\n    pass\n\ndef test_two():\n    pass\n",
            "--heartbeat",
        )
        self.assertIn("2 passed, 1 error", text)
        self.assertNotIn("connections that are gone", text)

    def test_failed(self) -> None:
        """A test that failed shows what its reactor was doing."""
        text = self.pytest(
            "def test_one():\n    chat = connected()\n    assert chat.call is None\n",
            "--heartbeat",
        )
        self.assertIn("- Reactor -", text)
        self.assertIn("1 failed", text)
        _, _, section = text.partition("- Reactor -")
        self.assertIn("Chat.ping", section)

    def test_cannot_look(self) -> None:
        """A reactor that cannot be looked at does not end the run."""
        text = self.pytest(
            "def test_one():\n    reactor.getDelayedCalls = None\n    assert 0\n\n"
            "def test_two():\n    del reactor.getDelayedCalls\n",
            "--heartbeat",
        )
        self.assertIn("1 failed, 1 passed, 1 error", text)
        self.assertIn("TypeError", text.partition("- Reactor -")[2])

    def test_nothing_to_show(self) -> None:
        """If it was doing nothing, there is nothing to show."""
        text = self.pytest("def test_one():\n    assert 0\n", "--heartbeat")
        self.assertIn("1 failed", text)
        self.assertNotIn("- Reactor -", text)

    def test_trial(self) -> None:
        """Test cases of trial have their own report, with the line and connection."""
        text = self.pytest(
            "from twisted.trial.unittest import TestCase\n\n"
            "class Tests(TestCase):\n    def test_one(self):\n"
            "        connected().lose()\n",
            "--heartbeat",
        )
        self.assertIn("Reactor was unclean", text)
        self.assertIn(f'test_it.py", line {LINE}, in ', text)
        self.assertIn("for Chat, disconnected", text)
        self.assertIn("1 failed", text)

    def test_installs_for_trial(self) -> None:
        """Such a test case has its reactor noted before its first test."""
        text = self.pytest(
            "from twisted.trial.unittest import TestCase\n\n"
            "class Tests(TestCase):\n    def test_one(self):\n"
            "        from twisted.internet import reactor\n"
            "        reactor.callLater(30, list)  # that line\n",
            "--heartbeat",
            chat="",
        )
        self.assertIn("# that line", text.partition("traceback at creation")[2])

    def test_installs_nothing(self) -> None:
        """Where there is no reactor, there is none after it."""
        text = self.pytest(
            "import sys\n\ndef test_one():\n"
            "    assert 'twisted.internet.reactor' not in sys.modules\n\n"
            "def test_two():\n    assert 0\n",
            "--heartbeat",
            chat="",
        )
        self.assertIn("1 failed, 1 passed", text)

    def test_not_asked(self) -> None:
        """Without the option nothing is imported, noted or said."""
        text = self.pytest(
            "import sys\n\ndef test_one():\n    assert 'heartbeat' not in sys.modules\n"
            "    assert 'creation' not in repr(connected().call)\n"
        )
        self.assertIn("1 passed", text)
        self.assertNotIn("error", text)

    def test_restores(self) -> None:
        """At its end the reactor is as it was."""
        text = self.pytest(
            "import atexit\n\n"
            "def show():\n    print('left:', 'callLater' in vars(reactor))\n\n"
            "def test_one():\n    assert 'callLater' in vars(reactor)\n"
            "    atexit.register(show)\n",
            "--heartbeat",
        )
        self.assertIn("1 passed", text)
        self.assertIn("left: False", text)

    def test_says_what_it_does(self) -> None:
        """The option is in pytest's help."""
        self.assertIn("--heartbeat", self.pytest("", "--help"))
