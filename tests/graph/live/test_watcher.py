"""A page is sent what it can take."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from twisted.internet.defer import succeed
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.live.watcher import PATIENCE
from tests.graph.live.exchange import Exchange, unchunked
from tests.graph.live.made_up import Crowd
from tests.graph.live.reader import plain

if TYPE_CHECKING:
    from twisted.internet.testing import StringTransport


class WatcherTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.crowd = Crowd(60, 90, churn=0.1)
        self.crowd.took = 0.0
        self.page = Exchange(lambda: succeed(self.crowd.step()))
        # On a slow machine a picture is dear, and there are fewer.
        self.patch(time, "perf_counter", self.page.reactor.seconds)
        self.channel, self.transport = self.page.watch()

    def tearDown(self) -> None:
        self.page.close()
        self.assertEqual(self.page.reactor.getDelayedCalls(), [])

    def assert_up_to_date(self, transport: StringTransport) -> None:
        """Who read all of that has what the program has."""
        reader = unchunked(transport.value())
        picture = self.page.recorder.album.picture
        self.assertEqual(reader.version, picture.version)
        self.assertEqual(reader.rows, plain(picture.rows))

    def test_follows(self) -> None:
        """First the whole picture, then what changes."""
        self.page.pass_time(5.5)
        reader = unchunked(self.transport.value())
        self.assertEqual(reader.versions, [1, 2, 3, 4, 5, 6])
        self.assert_up_to_date(self.transport)

    def test_late(self) -> None:
        """Who comes later is sent the picture that there is, at once."""
        self.page.pass_time(1.5)
        channel, transport = self.page.watch()
        self.assertEqual(unchunked(transport.value()).versions, [2])
        self.page.lose(channel)

    def test_slow(self) -> None:
        """Nothing is written to who does not read; what was missed comes later."""
        self.page.pass_time(1)
        self.channel.pauseProducing()
        before = len(self.transport.value())
        self.page.pass_time(3)
        self.assertEqual(len(self.transport.value()), before)
        self.channel.resumeProducing()
        self.assert_up_to_date(self.transport)

    def test_very_slow(self) -> None:
        """Who missed much is sent the whole picture again, not all that happened."""
        self.page.pass_time(1)
        self.channel.pauseProducing()
        self.page.pass_time(20)
        self.channel.resumeProducing()
        self.assert_up_to_date(self.transport)
        reader = unchunked(self.transport.value())
        self.assertLess(len(reader.versions), 4)

    def test_in_the_middle(self) -> None:
        """A picture that is half sent when the page stops reading is ended later."""
        channel, transport = self.page.connect()
        write = transport.write
        transport.write = lambda data: (write(data), channel.pauseProducing())[0]  # type: ignore[method-assign]
        transport.writeSequence = lambda data: transport.write(b"".join(data))  # type: ignore[method-assign]
        channel.dataReceived(self.page.request("events"))
        for _ in range(30):
            self.page.pass_time(0.5)
            channel.resumeProducing()
        reader = unchunked(transport.value())
        self.assertGreater(len(reader.versions), 3)

    def test_stuck(self) -> None:
        """Who reads nothing for long is hung up on."""
        self.channel.pauseProducing()
        self.page.pass_time(PATIENCE - 2)
        self.assertIn(self.channel, self.page.site.channels)
        self.page.pass_time(4)
        self.assertEqual(self.page.site.channels, set())
        self.assertEqual(list(self.page.recorder.watchers), [])

    def test_leaves(self) -> None:
        """When the page is closed, nobody works for it any more."""
        self.page.pass_time(1)
        self.page.lose(self.channel)
        self.assertEqual(self.page.reactor.getDelayedCalls(), [])
