"""Factories, unwrapped."""

from __future__ import annotations

from typing import Any

from twisted.internet.endpoints import _WrappingFactory
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock
from twisted.protocols.policies import WrappingFactory
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from heartbeat.graph.endpoints.factories import builds, is_tls, unwrapped
from tests.graph.linked import Chat, Chats
from tests.tls import server_options


class FactoryTests(SynchronousTestCase):
    """What is inside, and what it builds."""

    def test_unwrapped(self) -> None:
        """The user's, from inside of any number of others."""
        chats = Chats()
        wrapped = _WrappingFactory(WrappingFactory(WrappingFactory(chats)))

        self.assertIs(unwrapped(wrapped), chats)
        self.assertIs(unwrapped(chats), chats)
        self.assertIsNone(unwrapped(None))

    def test_endless(self) -> None:
        """A factory that wraps itself is not followed for ever."""
        factory: Any = WrappingFactory(None)
        factory.wrappedFactory = factory

        self.assertIs(unwrapped(factory), factory)

    def test_tls(self) -> None:
        """Whether one of them adds TLS."""
        tls = TLSMemoryBIOFactory(server_options(), False, Chats())

        self.assertTrue(is_tls(WrappingFactory(tls)))
        self.assertFalse(is_tls(WrappingFactory(Chats())))

    def test_builds(self) -> None:
        """The class of its protocols, if that is where Twisted looks for it."""
        unknown: Any = Factory()
        unknown.protocol = Chat().__class__.mro
        site = Site(Resource(), reactor=Clock())

        self.assertEqual(builds(Chats()), "tests.graph.linked.Chat")
        self.assertEqual(builds(site), "twisted.web.http.HTTPChannel")
        self.assertEqual(
            (builds(Factory()), builds(unknown), builds(None)), ("", "", "")
        )
