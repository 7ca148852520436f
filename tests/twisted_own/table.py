"""Which of Twisted's test modules are run, and with what in whose place."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import attrs

from tests.twisted_own.substitutes import (
    scoped_builder,
    scoped_clock,
    scoped_reactor,
    timeout_mixin,
    with_mixin,
    wrapping_with_mixin,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.twisted_own.substitutes import Maker

__all__ = ["RUNS", "Edit", "Run"]


@attrs.frozen
class Edit:
    """What its author would change in a test module to use what is ours.

    Attributes:
        old: Text of the module.
        new: What replaces it, wherever it is.
        why: In half a sentence.
    """

    old: str
    new: str
    why: str


@attrs.frozen
class Run:
    """One of Twisted's test modules, on our classes.

    Attributes:
        module: Twisted's test module.
        places: For each name that the module imports, what makes the stand-in.
        edits: Changes to the text of the module.
        classes: The test cases to run; empty for all.
        needs: A package that the module imports and that may not be there.
    """

    module: str
    places: Mapping[str, Maker]
    edits: tuple[Edit, ...] = ()
    classes: tuple[str, ...] = ()
    needs: str = "twisted"

    @property
    def possible(self) -> bool:
        """Whether what the module needs is there."""
        return find_spec(self.needs) is not None


_CLOCK: Mapping[str, Maker] = {"twisted.internet.task.Clock": scoped_clock}

_TIMEOUT_TESTER = (
    Edit(
        'a C{task.Clock} object.\n        """\n        self.clock = clock',
        'a C{task.Clock} object.\n        """\n        self.callLater = clock.callLater',
        "the clock of an idle timeout is chosen by setting its `callLater`",
    ),
    Edit(
        "    def callLater(self, timeout, func, *args, **kwargs):",
        "    def unused(self, timeout, func, *args, **kwargs):",
        "a `callLater` defined in the class schedules past the mixin",
    ),
)

RUNS: dict[str, Run] = {
    "basic": Run(
        "twisted.protocols.test.test_basic",
        {
            "twisted.protocols.basic.LineReceiver": with_mixin,
            "twisted.protocols.basic.LineOnlyReceiver": with_mixin,
            "twisted.protocols.basic.NetstringReceiver": with_mixin,
            "twisted.protocols.basic.Int8StringReceiver": with_mixin,
            "twisted.protocols.basic.Int16StringReceiver": with_mixin,
            "twisted.protocols.basic.Int32StringReceiver": with_mixin,
            **_CLOCK,
        },
        edits=(
            Edit(
                "self.clock",
                "self.timers",
                "`clock` is the mixin's name for the clock of the connection",
            ),
        ),
    ),
    "policies": Run(
        "twisted.test.test_policies",
        {
            "twisted.internet.protocol.Protocol": with_mixin,
            "twisted.protocols.policies.ProtocolWrapper": with_mixin,
            "twisted.protocols.policies.ThrottlingFactory": wrapping_with_mixin,
            "twisted.protocols.policies.TimeoutFactory": wrapping_with_mixin,
            "twisted.protocols.policies.TrafficLoggingFactory": wrapping_with_mixin,
            **_CLOCK,
        },
        edits=_TIMEOUT_TESTER,
    ),
    "timeouts": Run(
        "twisted.test.test_policies",
        {"twisted.protocols.policies.TimeoutMixin": timeout_mixin, **_CLOCK},
        edits=_TIMEOUT_TESTER,
        classes=("TimeoutMixinTests",),
    ),
    "task": Run("twisted.test.test_task", _CLOCK),
    "amp": Run(
        "twisted.test.test_amp",
        {
            "twisted.internet.protocol.Protocol": with_mixin,
            "twisted.protocols.amp.AMP": with_mixin,
            "twisted.protocols.amp.BinaryBoxProtocol": with_mixin,
        },
    ),
    "irc": Run(
        "twisted.words.test.test_irc",
        {
            "twisted.words.protocols.irc.IRC": with_mixin,
            "twisted.words.protocols.irc.IRCClient": with_mixin,
            "twisted.words.protocols.irc.DccFileReceive": with_mixin,
            **_CLOCK,
        },
    ),
    "time": Run(
        "twisted.internet.test.test_time",
        {"twisted.internet.test.reactormixins.ReactorBuilder": scoped_builder},
    ),
    "calls": Run(
        "twisted.test.test_internet",
        {"twisted.internet.reactor": scoped_reactor},
        classes=("TimeTests", "DelayedTests"),
    ),
    "stateful": Run(
        "twisted.test.test_stateful",
        {"twisted.protocols.stateful.StatefulProtocol": with_mixin},
    ),
    "memcache": Run(
        "twisted.test.test_memcache",
        {"twisted.protocols.memcache.MemCacheProtocol": with_mixin, **_CLOCK},
    ),
    "smtp": Run(
        "twisted.mail.test.test_smtp",
        {
            "twisted.mail.smtp.SMTP": with_mixin,
            "twisted.mail.smtp.ESMTP": with_mixin,
            "twisted.mail.smtp.SMTPClient": with_mixin,
            "twisted.mail.smtp.ESMTPClient": with_mixin,
            **_CLOCK,
        },
    ),
    "pop3": Run(
        "twisted.mail.test.test_pop3",
        {
            "twisted.mail.pop3.POP3": with_mixin,
            "twisted.mail.pop3.POP3Client": with_mixin,
        },
    ),
    "imap": Run(
        "twisted.mail.test.test_imap",
        {
            "twisted.mail.imap4.IMAP4Server": with_mixin,
            "twisted.mail.imap4.IMAP4Client": with_mixin,
            **_CLOCK,
        },
    ),
    "http": Run(
        "twisted.web.test.test_http",
        {"twisted.web.http.HTTPChannel": with_mixin, **_CLOCK},
        needs="hamcrest",
    ),
    "tls": Run(
        "twisted.protocols.test.test_tls",
        {"twisted.internet.protocol.Protocol": with_mixin, **_CLOCK},
        needs="hamcrest",
    ),
}
"""By a short name."""
