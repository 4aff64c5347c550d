"""Calendar files: written in UTC for any program, and read from anywhere without ever failing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civic import calendar_files
from civic.calendar_files import Entry
from civic.errors import Refusal
from tests.conftest import shared

AT = dt.datetime(2026, 12, 3, 9, 0, tzinfo=dt.UTC)
REASONS = {"too_large", "no_calendar", "empty", "too_many", "no_title", "repeats", "dates", "unreadable"}


def one(**more: object) -> Entry:
    values: dict[str, object] = {
        "uid": "session-1@hiwar",
        "title": "دورة تكوينية: كيف، ولماذا؟",
        "starts_at": AT,
        "ends_at": AT,
        "changed_at": AT,
    }
    return Entry(**(values | {"ends_at": AT + dt.timedelta(hours=3)} | more))  # type: ignore[arg-type]


def test_what_is_written_is_in_utc_and_other_programs_read_it() -> None:
    content = calendar_files.write([one(text="سطر\nسطر; ثان", place="Rabat, Hassan", sequence=2, is_cancelled=True)], "Hiwar")
    assert b"DTSTART:20261203T090000Z" in content
    assert b"VTIMEZONE" not in content
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    event = icalendar.Calendar.from_ical(content).walk("VEVENT")[0]
    assert (event["SUMMARY"], event["SEQUENCE"], event["STATUS"]) == ("دورة تكوينية: كيف، ولماذا؟", 2, "CANCELLED")


def test_what_is_written_is_read_again() -> None:
    entry = one(text="text", place="Rabat", url="https://hiwar.example/chat?e=1")
    read = calendar_files.read(calendar_files.write([entry]))
    assert read.refused == ()
    assert (read.entries[0].title, read.entries[0].starts_at, read.entries[0].ends_at) == (entry.title, entry.starts_at, entry.ends_at)


def test_times_without_a_zone_are_moroccan_and_whole_days_begin_there() -> None:
    content = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:a\nDTSTART:%s\n%s\nEND:VEVENT\nEND:VCALENDAR\n"
    summer = calendar_files.read(content % (b"20260601T100000", b"DTEND:20260601T120000")).entries[0]
    assert summer.starts_at == dt.datetime(2026, 6, 1, 9, 0, tzinfo=dt.UTC)
    winter = calendar_files.read(content % (b"20261201T100000", b"DURATION:PT2H")).entries[0]
    assert (winter.starts_at, winter.ends_at) == (dt.datetime(2026, 12, 1, 10, tzinfo=dt.UTC), dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC))
    day = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:a\nDTSTART;VALUE=DATE:20261201\nEND:VEVENT\nEND:VCALENDAR\n"
    assert calendar_files.read(day).entries[0].starts_at == dt.datetime(2026, 12, 1, tzinfo=dt.UTC)


def fixtures() -> list[Path]:
    folder = Path(__file__).parents[2].parent / "shared" / "fixtures" / "icalendar" / "collective_icalendar"
    return sorted(folder.glob("*.ics"))


@pytest.mark.parametrize("path", fixtures(), ids=lambda path: path.stem)
def test_calendars_of_others_are_read_or_refused_with_a_reason(path: Path) -> None:
    """Broken, huge, of unknown zones, of several calendars: entries, or a reason for each that is none."""
    try:
        read = calendar_files.read(path.read_bytes())
    except Refusal as refusal:
        assert refusal.reason in REASONS
        return
    assert read.entries or read.refused
    assert {reason for _title, reason in read.refused} <= REASONS
    for entry in read.entries:
        assert entry.title
        assert entry.starts_at.tzinfo is not None and entry.starts_at < entry.ends_at


def test_most_calendars_of_others_are_of_use() -> None:
    shared("fixtures/icalendar")
    useful = 0
    for path in fixtures():
        try:
            useful += bool(calendar_files.read(path.read_bytes()).entries)
        except Refusal:
            continue
    assert useful >= 10


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fail(content: bytes) -> None:
    for wrapped in (content, b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:a\r\nDTSTART:" + content + b"\r\nEND:VEVENT\r\nEND:VCALENDAR"):
        try:
            calendar_files.read(wrapped)
        except Refusal as refusal:
            assert refusal.reason in REASONS
