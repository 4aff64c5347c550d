"""When a person may be written to on a channel that lets a bot speak only for a while after the person did."""

from __future__ import annotations

import datetime as dt

SLACK = dt.timedelta(minutes=2)  # a letter may wait so long for its turn and the vendor's answer; past the window it would be refused
NEWS_LASTS = dt.timedelta(days=14)  # an announcement that waited longer for somebody is old; the list of news still has it


def is_open(window: dt.timedelta | None, heard_at: dt.datetime | None, at: dt.datetime) -> bool:
    """Whether a channel with this window lets us write now to somebody who last wrote at `heard_at` (None: never); no window never ends."""
    return window is None or (heard_at is not None and at < heard_at + window - SLACK)


def heard_since(window: dt.timedelta, at: dt.datetime) -> dt.datetime:
    """Who wrote after this moment may be written to."""
    return at - window + SLACK


def is_worth(expires_at: dt.datetime | None, at: dt.datetime) -> bool:
    """Whether a message that waited is still worth showing."""
    return expires_at is None or at < expires_at
