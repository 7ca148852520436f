"""What is known of an endpoint."""

from __future__ import annotations

import attrs
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.kinds import GONE, Kind, State
from heartbeat.graph.values import Endpoint, KeepaliveInfo, Kernel, ScopeInfo, Service


class ValueTests(SynchronousTestCase):
    """Frozen values."""

    def test_gone(self) -> None:
        """It is gone in the states that say so."""
        for state in State:
            endpoint = Endpoint(id="c1", kind=Kind.TCP, state=state)

            self.assertEqual(endpoint.is_gone, state in GONE)

    def test_frozen(self) -> None:
        """None can be changed, and equal ones are equal."""
        for value in (
            Endpoint(id="c1", kind=Kind.TCP, state=State.CONNECTED),
            KeepaliveInfo(state="alive"),
            Kernel(state="ESTABLISHED"),
            ScopeInfo(name="", state="open", pending=0, owned=0),
            Service(id="v1", state="connected"),
        ):
            field = attrs.fields(type(value))[0].name

            self.assertEqual(value, attrs.evolve(value))
            self.assertEqual(hash(value), hash(attrs.evolve(value)))
            with self.assertRaises(attrs.exceptions.FrozenInstanceError):
                setattr(value, field, "x")
