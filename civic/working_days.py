"""Working days in Morocco, by which answers are promised: Monday to Friday without public holidays.

The days of the Islamic holidays are announced when the moon is seen; the package `holidays` estimates them, so a promise that rests on an
estimate says so.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache

_SATURDAY = 5  # dt.date.weekday
_ESTIMATED = "estimated"  # what the package adds to the name of such a day in English


@dataclass(frozen=True, slots=True)
class Promise:
    """The day by which an answer is promised; `is_estimated` while a holiday on the way to it is still to be confirmed."""

    day: dt.date
    is_estimated: bool = False


def after(start: dt.date, days: int) -> Promise:
    """The day that lies `days` working days after `start`, which itself does not count."""
    if days < 1:
        raise ValueError("a promise is at least one working day away")
    day, is_estimated = start, False
    while days:
        day += dt.timedelta(days=1)
        name = _holidays(day.year).get(day, "")
        is_estimated = is_estimated or _ESTIMATED in name
        if day.weekday() < _SATURDAY and not name:
            days -= 1
    return Promise(day, is_estimated)


def between(start: dt.date, end: dt.date) -> int:
    """How many working days remain from `start` to `end`; negative when `end` is past."""
    if end < start:
        return -between(end, start)
    days = (start + dt.timedelta(days=number) for number in range(1, (end - start).days + 1))
    return sum(day.weekday() < _SATURDAY and day not in _holidays(day.year) for day in days)


@cache
def _holidays(year: int) -> dict[dt.date, str]:
    import holidays  # not above: it takes a fifth of a second to load, and only promises need it

    return dict(holidays.country_holidays("MA", years=year, language="en_US"))
