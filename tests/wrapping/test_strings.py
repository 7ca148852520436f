"""Endpoint strings: what they may say, and what is said of the rest."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.application.strports import service as listening
from twisted.internet.endpoints import clientFromString, serverFromString
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, PolicyError
from heartbeat.wrapping import (
    WatchedClientEndpoint,
    WatchedServerEndpoint,
    heartbeat_of,
)
from heartbeat.wrapping.strings import NAMES, parse
from tests.wrapping.cases import Plain

if TYPE_CHECKING:
    from heartbeat.keepalive import Heartbeat

SILENT = Keepalive(interval=None, silence=60)


class ParseTests(SynchronousTestCase):
    """What the parts mean."""

    def test_numbers(self) -> None:
        """All of them, each in its type."""
        policy, inner = parse(
            ["tcp", "8080"],
            {
                "silence": "60",
                "idle": "600.5",
                "max_age": "86400",
                "grace": "0",
                "jitter": "0.2",
                "enforce": "false",
                "interface": "::1",
            },
        )
        meant = Keepalive(
            interval=None,
            silence=60,
            idle=600.5,
            max_age=86400,
            grace=None,
            jitter=0.2,
            enforce=False,
        )
        self.assertEqual(policy, meant)
        self.assertEqual(inner, r"tcp:8080:interface=\:\:1")

    def test_escaped(self) -> None:
        """A description in one piece, its colons escaped."""
        said = parse(["tcp:host:1234:timeout=5"], {"silence": "60"})
        self.assertEqual(said, (SILENT, "tcp:host:1234:timeout=5"))

    def test_quoted(self) -> None:
        """What was escaped stays so: here the path of a UNIX socket."""
        _, inner = parse(["unix", "/tmp/a=b:c\\d"], {"silence": "60"})  # noqa: S108
        self.assertEqual(inner, r"unix:/tmp/a\=b\:c\\d")

    def test_escaped_and_more(self) -> None:
        """Then everything else must be ours."""
        with self.assertRaisesRegex(TypeError, "not understood: silense, timeout"):
            parse(["tcp:host:1234"], {"silense": "6", "timeout": "5", "silence": "60"})

    def test_no_number(self) -> None:
        """What is no number is named, with one that is."""
        for text in ("", "-1", "1e3", "nan", "inf", "1_0", " 6", "6 ", "6s", "٣", "."):
            with self.assertRaises(PolicyError) as caught:
                parse(["tcp", "1"], {"silence": text})
            self.assertIn(f"silence={text!r}: must be a number", str(caught.exception))
            self.assertIn("write silence=60", str(caught.exception))

    def test_out_of_range(self) -> None:
        """A number that no policy takes is refused as in code."""
        for name, text in (("silence", "0.0001"), ("idle", "9" * 400), ("jitter", "1")):
            numbers = {"grace": "1", name: text}
            with self.assertRaisesRegex(PolicyError, f"{name}=.*must be a"):
                parse(["tcp", "1"], numbers)

    def test_no_switch(self) -> None:
        """Only two words switch."""
        for text in ("True", "1", "yes", ""):
            with self.assertRaisesRegex(PolicyError, "must be true or false"):
                parse(["tcp", "1"], {"silence": "60", "enforce": text})
        policy, _ = parse(["tcp", "1"], {"silence": "60", "enforce": "true"})
        self.assertTrue(policy.enforce)

    def test_speaking(self) -> None:
        """A string cannot say how a question looks."""
        for name in ("interval", "beacon", "attempts", "proof"):
            with self.assertRaisesRegex(TypeError, f"{name}=3 makes a protocol speak"):
                parse(["tcp", "1"], {"silence": "60", name: "3"})

    def test_nothing_to_watch(self) -> None:
        """A watch that could never find anything is a mistake; 0 is off."""
        for kwargs in (
            {"enforce": "true"},
            {"silence": "0"},
            {"idle": "0", "grace": "0"},
        ):
            with self.assertRaisesRegex(TypeError, "silence, idle, max_age or grace"):
                parse(["tcp", "1"], kwargs)
        policy, _ = parse(["tcp", "1"], {"silence": "0", "max_age": "60"})
        self.assertEqual((policy.silence, policy.max_age), (None, 60))

    def test_nothing_inside(self) -> None:
        """So is one of nothing."""
        for args in ([], [""]):
            with self.assertRaisesRegex(ValueError, "wraps another endpoint"):
                parse(args, {"silence": "60"})

    @given(
        st.lists(st.text(":\\=ab1", min_size=1), min_size=2),
        st.dictionaries(st.sampled_from(["interface", *NAMES]), st.text(":\\=.10ae")),
    )
    def test_fuzz(self, args: list[str], kwargs: dict[str, str]) -> None:
        """Anything is understood, or refused as these errors."""
        try:
            policy, inner = parse(args, kwargs)
        except (TypeError, ValueError):
            return
        self.assertIsInstance(policy, Keepalive)
        self.assertTrue(inner)


class EndpointTests(SynchronousTestCase):
    """Wherever Twisted takes a string."""

    def setUp(self) -> None:
        self.reactor: Any = MemoryReactorClock()

    def accepted(self, factory: Any) -> Heartbeat:
        """The keepalive of a connection that *factory* gets."""
        protocol = factory.buildProtocol(None)
        transport = StringTransport()
        protocol.makeConnection(transport)
        return heartbeat_of(transport)

    def test_plugin(self) -> None:
        """The plugin is found for both, and costs nobody else the import of us."""
        code = (
            "import sys\n"
            "from twisted.internet import interfaces as i\n"
            "from twisted.plugin import getPlugins\n"
            "for name in ('ServerEndpointStringParser',"
            " 'ClientEndpointStringParserWithReactor'):\n"
            "    found = getPlugins(getattr(i, 'IStream' + name))\n"
            "    assert 'heartbeat' in [parser.prefix for parser in found]\n"
            "assert 'heartbeat' not in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=180)

    def test_server(self) -> None:
        """A server's."""
        endpoint = serverFromString(
            self.reactor, "heartbeat:tcp:8080:interface=127.0.0.1:silence=60"
        )
        self.assertIsInstance(endpoint, WatchedServerEndpoint)
        self.successResultOf(endpoint.listen(Factory.forProtocol(Plain)))
        port, factory, _, interface = self.reactor.tcpServers[0]
        self.assertEqual((port, interface), (8080, "127.0.0.1"))
        heartbeat = self.accepted(factory)
        self.assertEqual(heartbeat.policy, SILENT)
        self.assertNotEqual(self.reactor.getDelayedCalls(), [])

    def test_client(self) -> None:
        """A client's, in either form; its ``timeout`` is Twisted's."""
        for description in (
            "heartbeat:tcp:127.0.0.1:7:timeout=5:silence=60",
            r"heartbeat:silence=60:tcp\:127.0.0.1\:7\:timeout\=5",
        ):
            endpoint = clientFromString(self.reactor, description)
            self.assertIsInstance(endpoint, WatchedClientEndpoint)
            connected = endpoint.connect(Factory.forProtocol(Plain))
            host, number, factory, timeout, _ = self.reactor.tcpClients.pop()
            self.assertEqual((host, number, timeout), ("127.0.0.1", 7, 5))
            self.assertEqual(self.accepted(factory).policy, SILENT)
            self.assertIsInstance(self.successResultOf(connected), Plain)

    def test_nested(self) -> None:
        """Other prefixes go inside, this one once."""
        inside = serverFromString(self.reactor, "heartbeat:haproxy:tcp:80:silence=60")
        self.assertIn("_WrapperServerEndpoint", repr(inside))
        with self.assertRaisesRegex(TypeError, "watched already"):
            serverFromString(
                self.reactor, r"heartbeat:silence=60:heartbeat\:tcp\:80\:grace\=1"
            )

    def test_unknown(self) -> None:
        """An unknown name is named, with those that are known."""
        for make in (serverFromString, clientFromString):
            with self.assertRaisesRegex(TypeError, "silense.*takes silence, idle, max"):
                make(self.reactor, "heartbeat:tcp:1:silence=60:silense=60")

    def test_unknown_endpoint(self) -> None:
        """An unknown endpoint inside is Twisted's error."""
        with self.assertRaisesRegex(ValueError, "Unknown endpoint type: 'nothing'"):
            serverFromString(self.reactor, "heartbeat:nothing:1:silence=60")

    def test_strports(self) -> None:
        """``twist web --listen`` and ``twistd`` make services of strings."""
        service = listening(
            "heartbeat:tcp:0:silence=60", Factory.forProtocol(Plain), self.reactor
        )
        service.privilegedStartService()
        self.assertEqual(self.accepted(self.reactor.tcpServers[0][1]).policy, SILENT)
        service.stopService()
