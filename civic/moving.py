"""The rules of going from one channel to another: how long a code lasts, how often it may be guessed, how long it can be undone."""

from __future__ import annotations

import datetime as dt

LASTS = dt.timedelta(minutes=15)  # a code, from its making
DIGITS = 8  # of a code; a person types them on a phone
MOST_ATTEMPTS = 5  # wrong codes of one person within LASTS
MOST_EVERYWHERE = 200  # wrong codes of everybody within LASTS: with ten codes alive, one guess in 50,000 would succeed
UNDO = dt.timedelta(days=7)  # a carried conversation can be brought back so long; a joining can be ended at any time


def may_try(own: int, everyone: int) -> bool:
    """Whether one more code may be tried after so many wrong ones."""
    return own < MOST_ATTEMPTS and everyone < MOST_EVERYWHERE


def may_undo(wish: str, moved_at: dt.datetime, at: dt.datetime) -> bool:
    """Whether a move can still be taken back."""
    return wish == "join" or at < moved_at + UNDO
