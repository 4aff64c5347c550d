"""Structured logs: an event in the past tense and key=value pairs; never a token, a text, a name, a phone or a place."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

# What must never be written even if someone logs it by mistake: bot tokens (123456789:AA...), bearer tokens, addresses with passwords.
_SECRETS = (
    (re.compile(r"(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}"), "<token>"),
    (re.compile(r"(?i)\b(bearer|token|secret|password)[=: ]+\S+"), r"\1=<hidden>"),
    (re.compile(r"://[^/\s:@]+:[^/\s@]+@"), "://<hidden>@"),
)
_PRIVATE = frozenset({"text", "body", "payload", "name", "phone", "contact", "place", "address", "token", "secret", "caption"})


def hide(text: str) -> str:
    """The text without secrets."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {key: "<private>" if key in _PRIVATE else hide(value) if isinstance(value, str) else value for key, value in event.items()}


class _Bare(logging.Formatter):
    """Other libraries' lines, without secrets and without the variables of a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return hide(super().format(record))


class _StandardError(io.StringIO):
    """Standard error as it is at the moment of writing; a log that cannot be written must not take the program along."""

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            return sys.stderr.write(text)
        return 0

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


def set_up(level: str, *, as_json: bool) -> None:
    """Write logs to standard error, for the whole process."""
    handler = logging.StreamHandler(_StandardError())
    handler.setFormatter(_Bare("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redact,
            structlog.processors.JSONRenderer(ensure_ascii=False)
            if as_json
            else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(_StandardError()),
        cache_logger_on_first_use=True,
    )
