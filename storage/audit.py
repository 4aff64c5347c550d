"""The log of who did what, only ever added to."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from storage.schema import audit


def note(db: sa.Connection, at: dt.datetime, actor: str, action: str, subject: str, details: str = "") -> None:
    """Note an action in the past tense ("key_rotated") by an actor ("operator", "editor:3") on a subject."""
    db.execute(audit.insert().values(at=at, actor=actor, action=action, subject=subject, details=details))
