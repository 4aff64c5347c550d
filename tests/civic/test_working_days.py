"""Promises are given in working days of Morocco."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civic import working_days
from civic.working_days import Promise


@pytest.mark.parametrize(
    ("start", "days", "promised"),
    [
        (dt.date(2026, 11, 20), 1, dt.date(2026, 11, 23)),  # a Friday: the weekend does not count
        (dt.date(2026, 11, 17), 1, dt.date(2026, 11, 19)),  # 18 November is Independence Day
        (dt.date(2026, 10, 30), 5, dt.date(2026, 11, 9)),  # 6 November is the Green March; Unity Day is a Saturday
        (dt.date(2026, 1, 13), 1, dt.date(2026, 1, 15)),  # 14 January is the Amazigh New Year
    ],
)
def test_weekends_and_holidays_do_not_count(start: dt.date, days: int, promised: dt.date) -> None:
    assert working_days.after(start, days) == Promise(promised)


def test_a_promise_across_an_islamic_holiday_is_to_be_confirmed() -> None:
    promise = working_days.after(dt.date(2027, 3, 5), 5)

    assert promise == Promise(dt.date(2027, 3, 16), is_estimated=True)  # Eid al-Fitr is expected on 9 and 10 March 2027


@given(st.dates(dt.date(2025, 1, 1), dt.date(2030, 12, 31)), st.integers(1, 60))
def test_the_days_to_a_promise_are_those_promised(start: dt.date, days: int) -> None:
    promised = working_days.after(start, days).day

    assert working_days.between(start, promised) == days
    assert working_days.between(promised, start) == -days


def test_a_promise_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one working day"):
        working_days.after(dt.date(2026, 11, 22), 0)
