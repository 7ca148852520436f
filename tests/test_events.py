"""Behaviour of our logging: where events go, with and without structlog configured."""

from __future__ import annotations

import contextlib
import io
import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import structlog
import structlog.twisted
from structlog.testing import CapturingLoggerFactory, capture_logs
from twisted.logger import (
    ILogObserver,
    LogLevel,
    eventAsJSON,
    formatEvent,
    globalLogPublisher,
)
from twisted.python import log as legacy_log
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from heartbeat.events import Level, emit, prepare, report

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping


@implementer(ILogObserver)
class Observer:
    """A log observer that does what it is given to do."""

    def __init__(self, act: Callable[[dict[str, Any]], None]) -> None:
        self.act = act

    def __call__(self, event: dict[str, Any]) -> None:
        """Receive one event."""
        self.act(event)


class EventsTestCase(SynchronousTestCase):
    """structlog as it is after import, and everything Twisted's log receives."""

    def setUp(self) -> None:
        """Forget structlog's configuration and context; observe Twisted's log."""
        structlog.reset_defaults()
        self.addCleanup(structlog.reset_defaults)
        self.addCleanup(structlog.contextvars.clear_contextvars)
        self.received: list[dict[str, Any]] = []
        self.observe(self.received.append)

    def observe(self, act: Callable[[dict[str, Any]], None]) -> None:
        """Have Twisted's log call *act* for each event until the end of the test."""
        observer = Observer(act)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def printed_by(self, act: Callable[[], None]) -> str:
        """What *act* printed on stdout."""
        with contextlib.redirect_stdout(io.StringIO()) as stdout:
            act()
        return stdout.getvalue()

    def configured(self, **config: Any) -> CapturingLoggerFactory:
        """Structlog configured to collect what it is told, after *config*."""
        factory = CapturingLoggerFactory()
        structlog.configure(
            **{"processors": [_keep], "logger_factory": factory, **config}
        )
        return factory


def _keep(
    _logger: object, _method: str, event_dict: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return event_dict


class UnconfiguredTests(EventsTestCase):
    """Nobody configured structlog: Twisted's log gets the events."""

    def test_fields(self) -> None:
        """Every key is a field of the Twisted event, beside the event's name."""
        emit("peer_suspected", peer="192.0.2.1:7", idle_s=3.5)

        [event] = self.received
        self.assertEqual(
            (event["event"], event["peer"], event["idle_s"]),
            ("peer_suspected", "192.0.2.1:7", 3.5),
        )

    def test_namespace(self) -> None:
        """Events are in the namespace ``heartbeat``, to be filtered by."""
        emit("peer_suspected")

        self.assertEqual(self.received[0]["log_namespace"], "heartbeat")

    def test_text(self) -> None:
        """The text names the event, and each key with its value."""
        emit("peer_suspected", peer="192.0.2.1:7", idle_s=3.5)

        self.assertEqual(
            formatEvent(self.received[0]),
            "peer_suspected peer='192.0.2.1:7' idle_s=3.5",
        )

    def test_text_of_bytes_and_braces(self) -> None:
        """Values that look like a format, or cannot be formatted, do no harm."""
        emit("told", text="{peer}", data=b"\r\n")

        self.assertEqual(
            formatEvent(self.received[0]), r"told text='{peer}' data=b'\r\n'"
        )

    def test_json(self) -> None:
        """Twisted's JSON observers can write the event."""
        emit("peer_suspected", idle_s=3.5)

        self.assertIn('"idle_s": 3.5', eventAsJSON(self.received[0]))

    def test_levels(self) -> None:
        """Each level arrives as Twisted's level of that meaning."""
        levels: dict[Level, Any] = {
            "debug": LogLevel.debug,
            "info": LogLevel.info,
            "warning": LogLevel.warn,
            "error": LogLevel.error,
            "critical": LogLevel.critical,
        }
        for level in levels:
            emit("told", level=level)

        self.assertEqual(
            [event["log_level"] for event in self.received], list(levels.values())
        )

    def test_default_level(self) -> None:
        """Without a level an event is information."""
        emit("told")

        self.assertIs(self.received[0]["log_level"], LogLevel.info)

    def test_nothing_printed(self) -> None:
        """Nothing appears on stdout."""
        self.assertEqual(self.printed_by(lambda: emit("told")), "")

    def test_context(self) -> None:
        """What the user bound to structlog's context is part of the event."""
        structlog.contextvars.bind_contextvars(request="r1")

        emit("told")

        self.assertEqual(self.received[0]["request"], "r1")

    def test_context_not_formattable(self) -> None:
        """A context key that no format can name is a field, not part of the text."""
        structlog.contextvars.bind_contextvars(**{"request {id": 1})

        emit("told", size=2)

        self.assertEqual(self.received[0]["request {id"], 1)
        self.assertEqual(formatEvent(self.received[0]), "told size=2")

    def test_no_error_for_trial(self) -> None:
        """An event of level error is no failure to be flushed by a test."""
        emit("told", level="error")

        self.assertEqual(self.flushLoggedErrors(), [])


class ReservedNameTests(EventsTestCase):
    """Keys that mean something to Twisted's or structlog's calls."""

    KEYS = ("event", "format", "log_level", "log_time", "self", "time")

    def test_renamed(self) -> None:
        """A reserved key keeps its value under a prefixed name."""
        mine: dict[str, Any] = dict.fromkeys(self.KEYS, "mine")

        emit("told", **mine)

        [event] = self.received
        self.assertEqual(
            sorted(key for key, value in event.items() if value == "mine"),
            [f"heartbeat_{key}" for key in self.KEYS],
        )
        self.assertEqual(event["event"], "told")

    def test_renamed_in_context(self) -> None:
        """The same holds for the user's own context."""
        structlog.contextvars.bind_contextvars(level=4, time="noon")

        emit("told")

        [event] = self.received
        self.assertEqual(
            (event["heartbeat_level"], event["heartbeat_time"]), (4, "noon")
        )

    def test_same_names_when_configured(self) -> None:
        """With structlog configured the names are the same."""
        factory = self.configured()

        emit("told", format="mine")

        self.assertEqual(
            factory.logger.calls[0].kwargs,
            {"event": "told", "heartbeat_format": "mine"},
        )

    def test_legacy_observer(self) -> None:
        """An observer of the old kind gets a time it can format."""
        lines = io.StringIO()
        observer = legacy_log.FileLogObserver(lines)
        observer.start()
        self.addCleanup(observer.stop)

        emit("told", time="noon", system="mine")

        self.assertIn("told heartbeat_time='noon' heartbeat_system=", lines.getvalue())


class ConfiguredTests(EventsTestCase):
    """The user configured structlog: that configuration rules."""

    def test_users_logger(self) -> None:
        """The event goes to the user's logger by its level, keys untouched."""
        factory = self.configured()

        emit("peer_suspected", level="warning", idle_s=3.5)

        self.assertEqual(
            factory.logger.calls,
            [("warning", (), {"event": "peer_suspected", "idle_s": 3.5})],
        )

    def test_not_doubled(self) -> None:
        """Twisted's log does not get the event as well."""
        self.configured()

        emit("told")

        self.assertEqual(self.received, [])

    def test_users_processors(self) -> None:
        """Processors see the event; the renderer decides how it looks."""
        self.configured(processors=[structlog.processors.KeyValueRenderer()])

        emit("told", size=2)

        self.assertEqual(
            structlog.get_config()["logger_factory"].logger.calls,
            [("info", ("size=2 event='told'",), {})],
        )

    def test_users_level(self) -> None:
        """An event below the user's level is dropped."""
        factory = self.configured(
            wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR)
        )

        emit("told", level="warning")

        self.assertEqual(factory.logger.calls, [])

    def test_logger_is_named(self) -> None:
        """The logger factory is told whose logger it makes."""
        names: list[tuple[object, ...]] = []
        logger = structlog.testing.CapturingLogger()

        def factory(*args: object) -> structlog.testing.CapturingLogger:
            names.append(args)
            return logger

        self.configured(logger_factory=factory)

        emit("told")

        self.assertEqual(names, [("heartbeat",)])

    def test_one_setting_is_enough(self) -> None:
        """Only a level configured: events go where structlog prints by default."""
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR)
        )

        printed = self.printed_by(lambda: emit("told", level="error"))

        self.assertIn("told", printed)
        self.assertEqual(self.received, [])

    def test_structlog_for_twisted(self) -> None:
        """The logger structlog has for Twisted knows no levels; it gets events too."""
        structlog.configure(
            processors=[structlog.processors.KeyValueRenderer()],
            logger_factory=structlog.twisted.LoggerFactory(),
            wrapper_class=structlog.twisted.BoundLogger,
        )

        emit("told", level="warning", size=2)

        [event] = self.received
        self.assertEqual(event["message"], ("size=2 event='told'",))

    def test_reconfigured(self) -> None:
        """Configuring, configuring anew and resetting take effect at the next event."""
        first = self.configured()
        emit("one")
        second = self.configured()
        emit("two")
        structlog.reset_defaults()
        emit("three")

        self.assertEqual([call.kwargs["event"] for call in first.logger.calls], ["one"])
        self.assertEqual(
            [call.kwargs["event"] for call in second.logger.calls], ["two"]
        )
        self.assertEqual([event["event"] for event in self.received], ["three"])

    def test_cached_loggers(self) -> None:
        """A configuration that caches loggers can be replaced as well."""
        first = self.configured(cache_logger_on_first_use=True)
        emit("one")
        second = self.configured()
        emit("two")

        self.assertEqual(len(first.logger.calls), 1)
        self.assertEqual(len(second.logger.calls), 1)


class CaptureLogsTests(EventsTestCase):
    """``structlog.testing.capture_logs`` in a user's test."""

    def test_unconfigured(self) -> None:
        """Events are captured, though structlog was never configured."""
        with capture_logs() as captured:
            emit("told", level="warning", size=2)

        self.assertEqual(
            captured, [{"event": "told", "log_level": "warning", "size": 2}]
        )
        self.assertEqual(self.received, [])

    def test_unconfigured_afterwards(self) -> None:
        """After it, events go to Twisted's log again; nothing is printed."""
        with capture_logs():
            pass

        printed = self.printed_by(lambda: emit("told"))

        self.assertTrue(structlog.is_configured())
        self.assertEqual(printed, "")
        self.assertEqual([event["event"] for event in self.received], ["told"])

    def test_configured(self) -> None:
        """Events are captured, and afterwards go to the user's logger again."""
        factory = self.configured()

        with capture_logs() as captured:
            emit("one")
        emit("two")

        self.assertEqual([entry["event"] for entry in captured], ["one"])
        self.assertEqual(
            [call.kwargs["event"] for call in factory.logger.calls], ["two"]
        )


class BrokenLoggerTests(EventsTestCase):
    """The user's logging raises, or comes back to us."""

    def test_raises(self) -> None:
        """The caller goes on; Twisted's log gets the exception and the event's keys."""

        def broken(*_args: object) -> str:
            raise ZeroDivisionError

        self.configured(processors=[broken])

        emit("told", size=2)

        [event] = self.received
        self.assertEqual(
            formatEvent(event), "the event told could not be logged size=2"
        )
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_interrupt(self) -> None:
        """A wish to end the process is not swallowed."""

        def interrupted(*_args: object) -> str:
            raise KeyboardInterrupt

        self.configured(processors=[interrupted])

        self.assertRaises(KeyboardInterrupt, emit, "told")

    def test_unknown_level(self) -> None:
        """A level that does not exist is reported, not raised."""
        emit("told", level="loud")  # type: ignore[arg-type]

        self.assertEqual(len(self.flushLoggedErrors(AttributeError)), 1)

    def test_observer_comes_back(self) -> None:
        """An observer that causes the same event again does not get it again."""

        def again(_event: dict[str, Any]) -> None:
            emit("told")

        self.observe(again)

        emit("told")

        self.assertEqual(len(self.received), 1)

    def test_processor_comes_back(self) -> None:
        """A processor that causes the same event again ends; others are logged."""

        def again(
            _logger: object, _method: str, event_dict: MutableMapping[str, Any]
        ) -> MutableMapping[str, Any]:
            emit("told")
            emit("written")
            return event_dict

        factory = self.configured(processors=[again])

        emit("told")

        self.assertEqual(
            [call.kwargs["event"] for call in factory.logger.calls],
            ["written", "told"],
        )

    def test_next_one_is_logged(self) -> None:
        """After a logger raised, the same event is logged again."""
        factory = self.configured(processors=[structlog.processors.JSONRenderer()])
        circular: list[object] = []
        circular.append(circular)

        emit("told", value=circular)
        emit("told", value=1)

        self.assertEqual(len(factory.logger.calls), 1)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)


class ReportTests(EventsTestCase):
    """Exceptions of the user's code that we ran."""

    def test_current_exception(self) -> None:
        """In an except block the current exception is logged, with its keys."""
        try:
            _ = 1 / 0
        except ZeroDivisionError:
            report("a call of every() raised", interval_s=5.0)

        [event] = self.received
        self.assertEqual(formatEvent(event), "a call of every() raised interval_s=5.0")
        self.assertEqual(event["interval_s"], 5.0)
        self.assertEqual(event["log_namespace"], "heartbeat")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_given_failure(self) -> None:
        """A Failure that is given is the one that is logged."""
        failure = Failure(ZeroDivisionError())

        report("a hook failed", failure)

        self.assertEqual(self.flushLoggedErrors(ZeroDivisionError), [failure])

    def test_reserved_keys(self) -> None:
        """A key that Twisted's call uses is prefixed."""
        keys: dict[str, Any] = {"format": "mine", "level": 4}

        report("a hook failed", Failure(ZeroDivisionError()), **keys)

        [event] = self.received
        self.assertEqual(
            (event["heartbeat_format"], event["heartbeat_level"]), ("mine", 4)
        )
        self.flushLoggedErrors()

    def test_structlog_configured(self) -> None:
        """A configured structlog does not hide a failure from Twisted's log."""
        self.configured()

        report("a hook failed", Failure(ZeroDivisionError()))

        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class ProcessTests(SynchronousTestCase):
    """What can be seen only in a process of its own."""

    def output_of(self, program: str) -> str:
        """What a fresh Python prints on stdout when it runs *program*."""
        return subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=180,
            text=True,
        ).stdout

    def test_import_is_cheap(self) -> None:
        """Importing us imports neither structlog nor the reactor."""
        program = (
            "import sys, heartbeat.events\n"
            "print({'structlog', 'twisted.internet.reactor'} & set(sys.modules))"
        )

        self.assertEqual(self.output_of(program), "set()\n")

    def test_stdout_stays_empty(self) -> None:
        """No event and no failure reaches stdout in an unconfigured process."""
        program = (
            "from twisted.python.failure import Failure\n"
            "from heartbeat.events import emit, report\n"
            "emit('told', level='critical')\n"
            "report('failed', Failure(ZeroDivisionError()))"
        )

        self.assertEqual(self.output_of(program), "")


class PrepareTests(SynchronousTestCase):
    def test_imported(self) -> None:
        """After it the first event imports nothing any more."""
        prepare()
        self.assertIn("structlog", sys.modules)
