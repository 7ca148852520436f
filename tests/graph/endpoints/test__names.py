"""Names of Twisted's classes."""

from __future__ import annotations

from typing import Any

from twisted.application.internet import ClientService
from twisted.python.reflect import namedAny
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph import static
from heartbeat.graph.endpoints import _names
from tests.reactors import fresh

SERVICES = _names.CLIENT_SERVICES


class NameTests(SynchronousTestCase):
    """Names of classes."""

    def test_exist(self) -> None:
        """Each class of Twisted's that is known by name is there, under that name."""
        names = {
            _names.BYPASS,
            _names.CORE,
            _names.DESCRIPTOR,
            _names.HTTP_CHANNEL,
            _names.HTTP_FACTORY,
            _names.PROCESS,
            _names.STDIO,
            _names.TLS,
            _names.TLS_FACTORY,
            *_names.PROTOCOLS,
            *_names.UNDERNEATH,
            *_names.WRAPPED,
            *_names.WRAPPED_FACTORIES,
        }
        # Of the two homes of ClientService, each version of Twisted has one.
        homes = (
            "twisted.application.internet.",
            "twisted.application._client_service.",
        )
        moved = {name for name in names if name.startswith(homes)}

        for name in sorted(names - moved):
            self.assertEqual(static.class_name(namedAny(name)), name)
        self.assertTrue(any(static.class_name(ClientService) == n for n in SERVICES))

    def test_wakers(self) -> None:
        """What wakes a reactor is of one of the classes that are left out."""
        with fresh("epoll") as reactor:
            waker: Any = reactor.waker
            names = {static.class_name(each) for each in static.mro_of(type(waker))}

        self.assertTrue(names & set(_names.WAKERS))
