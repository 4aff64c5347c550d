"""Morocco's time: the zone, the quiet hours in which nobody is written to unasked, and when a notice goes out because of them."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from functools import cache
from importlib import resources

TIME_ZONE = "Africa/Casablanca"
QUIET_FROM, QUIET_UNTIL = dt.time(21), dt.time(8)  # local time; the evening belongs to people
_EVENING = dt.time(20, 30)  # the last moment for a notice that cannot wait for the morning


@cache
def zone() -> zoneinfo.ZoneInfo:
    """Morocco's zone from the package tzdata, whatever the system's data say: those of Debian know of no change in September 2026."""
    with resources.files("tzdata.zoneinfo.Africa").joinpath("Casablanca").open("rb") as file:
        return zoneinfo.ZoneInfo.from_file(file, key=TIME_ZONE)


def is_quiet(at: dt.datetime) -> bool:
    """Whether people sleep, or should be left to."""
    local = at.astimezone(zone()).time()
    return local >= QUIET_FROM or local < QUIET_UNTIL


def next_morning(at: dt.datetime) -> dt.datetime:
    """The end of the quiet hours in which a moment lies; the moment itself outside them."""
    if not is_quiet(at):
        return at
    local = at.astimezone(zone())
    day = local.date() + dt.timedelta(days=1) if local.time() >= QUIET_FROM else local.date()
    return dt.datetime.combine(day, QUIET_UNTIL, zone()).astimezone(dt.UTC)


def evening_before(at: dt.datetime) -> dt.datetime:
    """The last good moment before the quiet hours in which a moment lies; the moment itself outside them."""
    if not is_quiet(at):
        return at
    local = at.astimezone(zone())
    day = local.date() if local.time() >= QUIET_FROM else local.date() - dt.timedelta(days=1)
    return dt.datetime.combine(day, _EVENING, zone()).astimezone(dt.UTC)


def reminder_time(starts_at: dt.datetime, lead: dt.timedelta) -> dt.datetime:
    """When to remind of something, `lead` before it; instead of the quiet hours the next morning where early enough, else the evening."""
    starts_at = starts_at.astimezone(dt.UTC)  # or the clock's own change would count as an hour
    wanted = starts_at - lead
    morning = next_morning(wanted)
    return morning if morning <= starts_at - lead / 2 else evening_before(wanted)


def notice_time(at: dt.datetime, starts_at: dt.datetime | None = None) -> dt.datetime:
    """When to tell news: at once, or in the morning; at night too where the morning would be too late for what it concerns."""
    morning = next_morning(at)
    if starts_at is not None and at < starts_at < morning + dt.timedelta(hours=2):
        return at
    return morning
