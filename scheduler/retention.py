"""Deletes what is no longer needed; each kind of data has its own time."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from storage import conversations, deletions, errands, hooks, inbox, lines, moving, outbox, registrants, registrations, staff, tokens

KEPT = {
    "inbox": dt.timedelta(days=3),  # Telegram repeats an update for 24 hours, Meta for 36
    "outbox": dt.timedelta(days=3),
    "kept": dt.timedelta(days=30),  # letters that wait for the person's next message
    "lines": dt.timedelta(days=90),
    "files": dt.timedelta(days=90),
    "conversations": dt.timedelta(days=90),  # since the last message
    "registrations": dt.timedelta(days=90),  # names, needs, answers and remarks, after the session; counts and certificates stay
    "errands": dt.timedelta(days=30),
    "hook_letters": dt.timedelta(days=30),
    "hook_calls": dt.timedelta(days=1),  # a signed call that is older than five minutes is refused anyway
    "moves": dt.timedelta(days=30),  # what is needed to undo one; two channels stay joined until they are parted
    "deletions": dt.timedelta(days=365),  # the person may look what became of it
    "staff_sessions": dt.timedelta(days=30),
    "drafts": dt.timedelta(days=30),  # as the person is told when the draft is kept
}


def tidy(db: sa.Connection, at: dt.datetime) -> dict[str, int]:
    """Delete what is past its time; how many rows of each kind."""
    return {
        "inbox": inbox.forget_before(db, at - KEPT["inbox"]),
        "outbox": outbox.forget_before(db, at - KEPT["outbox"]),
        "kept": outbox.drop_kept_before(db, at - KEPT["kept"]),
        "lines": lines.forget_before(db, at - KEPT["lines"]),
        "files": lines.forget_files_before(db, at - KEPT["files"]),
        "conversations": conversations.forget_before(db, at - KEPT["conversations"]),
        "hook_letters": hooks.forget_before(db, at - KEPT["hook_letters"]),
        "hook_calls": tokens.forget_calls_before(db, at - KEPT["hook_calls"]),
        "moves": moving.forget_before(db, at - KEPT["moves"]),
        "deletions": deletions.forget_before(db, at - KEPT["deletions"]),
        "drafts": conversations.drop_drafts_before(db, at - KEPT["drafts"]),
        "staff_sessions": staff.forget_before(db, at - KEPT["staff_sessions"]),
        "errands": errands.forget_before(db, at - KEPT["errands"]),
        "registrations": registrations.purge_before(db, at - KEPT["registrations"], at),
        "brought_questions": registrants.forget_brought(db),
    }
