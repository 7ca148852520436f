"""Where this package speaks: one structured event per change of state.

Events go through structlog. With structlog configured, the user's configuration
rules. Without, they reach :mod:`twisted.logger`'s observers under the namespace
``heartbeat``, each key a field of the log event; nothing is printed.

Exceptions raised by the user's own code while we ran it go to :mod:`twisted.logger`
always, where Twisted users look for them and trial finds them.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, Literal

from twisted.logger import Logger

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from twisted.python.failure import Failure

__all__ = ["Level", "emit", "prepare", "report"]

Level = Literal["debug", "info", "warning", "error", "critical"]

_logger = Logger("heartbeat")

# Names that Twisted's and structlog's own calls take as arguments, and keys that
# Twisted's legacy observers read from every event (twisted.logger._legacy).
_RESERVED = frozenset(
    {
        *("format", "level", "self"),  # twisted.logger.Logger.info
        *("event", "exc_info", "method_name", "stack_info"),  # structlog
        *("failure", "isError", "logLevel", "message", "system", "time", "why"),
    }
)

# {(thread, event)} being logged right now: a logger that runs into the same event again
# would otherwise never end. Not a ContextVar: a coroutine started by a logger would
# keep a copy, and be mute for ever.
_in_flight: set[tuple[int, str]] = set()


def prepare() -> None:
    """Import what the first event needs, now rather than when it is urgent.

    The import takes tens of milliseconds, in which a reactor hears nobody.
    """
    import structlog  # noqa: F401, PLC0415


def emit(event: str, /, *, level: Level = "info", **keys: object) -> None:
    """Log one event; whatever the logger does, the caller goes on.

    A logger that raises is reported to :mod:`twisted.logger` with the event. A logger
    that causes the same event while it logs it does not get it a second time.

    Args:
        event: What happened, snake case, in the past tense (``reactor_stalled``).
        level: How much it matters, by structlog's names.
        keys: What there is to know, units in the names (``idle_s``). Names reserved
            by Twisted's log system are prefixed with ``heartbeat_``.
    """
    logging_it = (threading.get_ident(), event)
    if logging_it in _in_flight:
        return
    _in_flight.add(logging_it)
    fields = _as_fields(keys)
    try:
        _log(event, level, fields)
    except Exception:  # noqa: BLE001 - a broken logger must not break a connection
        what = f"the event {event} could not be logged"
        _logger.failure(_format_of(fields), event=what, **fields)
    finally:
        _in_flight.remove(logging_it)


def report(what: str, /, failure: Failure | None = None, **keys: object) -> None:
    """Log an exception of the user's code that we ran, with its traceback.

    Args:
        what: What we were running, in words (``a call of every() raised``).
        failure: The exception; ``None`` in an ``except`` block means the current one.
        keys: As for :func:`emit`.
    """
    fields = _as_fields(keys)
    _logger.failure(_format_of(fields), failure, event=what, **fields)


def _log(event: str, level: Level, fields: dict[str, Any]) -> None:
    # Imported at the first event: structlog takes longer to import than the rest of
    # this package together, most of it for rich, which we never use here.
    import structlog  # noqa: PLC0415

    if not _configured_by_user(structlog.get_config()):
        method = "warn" if level == "warning" else level
        getattr(_twisted_log(), method)(event, **fields)
        return
    log = structlog.get_logger("heartbeat")
    # structlog.twisted.BoundLogger has no levels.
    log_event = getattr(log, level, None) or log.msg
    log_event(event, **fields)


def _configured_by_user(config: Mapping[str, object]) -> bool:
    """Whether structlog's configuration is anything but its builtin one.

    ``structlog.is_configured()`` cannot tell: once ``structlog.testing.capture_logs``
    was used it is true for ever, with the builtin configuration restored. The
    builtin values have private names only; checked on structlog 22.1 to 26.1. Should
    they go away, we rely on ``is_configured`` alone.
    """
    from structlog import _config, is_configured  # noqa: PLC0415

    builtin = {
        "processors": "_BUILTIN_DEFAULT_PROCESSORS",
        "wrapper_class": "_BUILTIN_DEFAULT_WRAPPER_CLASS",
        "logger_factory": "_BUILTIN_DEFAULT_LOGGER_FACTORY",
    }
    return is_configured() and any(
        config[key] != getattr(_config, name, None) for key, name in builtin.items()
    )


@functools.cache
def _twisted_log() -> Any:
    """A structlog logger that ends in twisted.logger, whatever is configured."""
    import structlog  # noqa: PLC0415

    log = structlog.wrap_logger(
        _logger,
        processors=[structlog.contextvars.merge_contextvars, _to_twisted],
        wrapper_class=structlog.BoundLogger,
        context_class=dict,
        cache_logger_on_first_use=False,
    )
    # Bound once: each binding is a cycle that waits for the garbage collector.
    return log.bind()


def _to_twisted(
    _logger: object, _method: str, event_dict: MutableMapping[str, Any]
) -> dict[str, Any]:
    """Turn structlog's event into the arguments of ``twisted.logger.Logger.info``."""
    event = event_dict.pop("event")
    fields = _as_fields(event_dict)
    return {"format": _format_of(fields), "event": event, **fields}


def _as_fields(keys: Mapping[str, Any]) -> dict[str, Any]:
    """*keys* under names that neither Twisted's nor structlog's calls use up."""
    return {
        f"heartbeat_{key}" if key in _RESERVED or key.startswith("log_") else key: value
        for key, value in keys.items()
    }


def _format_of(fields: Mapping[str, Any]) -> str:
    """A ``log_format`` that reads ``event key='value' ...``.

    A field whose name is no identifier (it comes from the user's context) would not
    survive Twisted's formatting; it stays a field and is left out of the text.
    """
    named = [key for key in fields if key.isidentifier()]
    return "{event}" + "".join(f" {key}={{{key}!r}}" for key in named)
