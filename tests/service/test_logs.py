"""What must not be in a log is not in it, whoever logs it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from service.logs import hide

TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz_012345"
PRIVATE = ("text", "body", "payload", "name", "phone", "contact", "place", "address", "token", "secret", "caption")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (f"POST https://api.telegram.org/bot{TOKEN}/sendMessage failed", "POST https://api.telegram.org/bot<token>/sendMessage failed"),
        (f"token={TOKEN}", "token=<hidden>"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer=<hidden>"),
        ("password: swordfish, user: hiwar", "password=<hidden> user: hiwar"),
        ("secret=s3cr3t", "secret=<hidden>"),
        ("postgresql://hiwar:swordfish@db.example.ma/hiwar", "postgresql://<hidden>@db.example.ma/hiwar"),
        ("nothing to hide: 17 letters, 42:17", "nothing to hide: 17 letters, 42:17"),
        ("https://gouvernement-ouvert.ma/ar", "https://gouvernement-ouvert.ma/ar"),
    ],
)
def test_tokens_and_passwords_are_hidden_wherever_they_stand_in_a_text(written: str, kept: str) -> None:
    hidden = hide(written)
    assert TOKEN not in hidden
    assert "swordfish" not in hidden
    assert hidden == kept


_PROGRAM = """
import logging, sys
import structlog
from service import logs
logs.set_up(sys.argv[1], as_json=sys.argv[2] == "json")
log = structlog.get_logger("test")
{lines}
"""


def logged(lines: str, *, level: str = "INFO", as_json: bool = True) -> list[str]:
    """What a process of its own writes to standard error."""
    command = [sys.executable, "-c", _PROGRAM.format(lines=lines), level, "json" if as_json else "text"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_private_values_of_an_event_are_never_written() -> None:
    values = ", ".join(f'{name}="Idder 0612345678"' for name in PRIVATE)
    (line,) = logged(f'log.info("received", channel="telegram", letter=7, {values})')
    event = json.loads(line)
    assert "Idder" not in line
    assert {event[name] for name in PRIVATE} == {"<private>"}
    assert (event["event"], event["channel"], event["letter"], event["level"]) == ("received", "telegram", 7, "info")
    assert event["timestamp"].endswith("Z")


def test_a_secret_in_an_innocent_value_or_in_the_event_itself_is_hidden() -> None:
    lines = logged(
        f'log.error("call to bot{TOKEN} failed", url="https://api.telegram.org/bot{TOKEN}/getMe", database="postgresql://a:swordfish@h/d")'
    )
    assert len(lines) == 1
    assert TOKEN not in lines[0]
    assert "swordfish" not in lines[0]


def test_lines_of_other_libraries_are_cleaned_too_even_in_a_traceback() -> None:
    told = "\n".join(
        logged(
            f"""
try:
    raise ValueError("https://api.telegram.org/bot{TOKEN}/getMe")
except ValueError:
    logging.getLogger("aiohttp").exception("request to bot%s failed", "{TOKEN}")
logging.getLogger("aiohttp").info("too quiet to be written")
"""
        )
    )
    assert TOKEN not in told
    assert "ValueError: https://api.telegram.org/bot<token>/getMe" in told
    assert "too quiet" not in told


def test_as_text_an_event_is_one_line_of_keys_and_values() -> None:
    (line,) = logged('log.warning("delivery_failed", reason="blocked", attempts=2)', as_json=False)
    assert line.partition(" ")[2] == "level=warning event=delivery_failed reason=blocked attempts=2"


def test_below_the_level_nothing_is_written() -> None:
    assert logged('log.info("started"); log.warning("stopping")', level="ERROR") == []


def test_a_log_that_cannot_be_written_takes_nothing_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error was closed by whoever started Hiwar: the ledger's thread must live all the same."""
    import io

    import structlog

    from service import logs

    closed = io.StringIO()
    closed.close()
    logs.set_up("INFO", as_json=False)
    monkeypatch.setattr(sys, "stderr", closed)

    structlog.get_logger("test").error("nobody_hears_this")
