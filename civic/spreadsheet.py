"""Cells of a table that a spreadsheet shows and does not calculate."""

from __future__ import annotations

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the full-width ones count for some programs


def cell(value: object) -> str:
    """A value as text; what a program would take for a formula begins with an apostrophe, as it would if it were typed so."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS) else text
