"""What other systems are told of: hooks, and the letters to them, each claimed by one node for a while and kept as a log."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from civic.programs import check_hook
from storage import audit
from storage.schema import hook_letters, hooks

LEASE = dt.timedelta(seconds=60)  # longer than one call may take


@dataclass(frozen=True, slots=True)
class Hook:
    """Where another system wants to be told, of what, and the secret by which it knows that it was us."""

    id: int
    url: str
    secret: str
    events: tuple[str, ...]
    created_by: str
    created_at: dt.datetime
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class HookLetter:
    """One thing a hook is told."""

    id: int
    hook_id: int
    event: str
    body: str
    state: str
    due_at: dt.datetime
    attempts: int
    outcome: str
    created_at: dt.datetime
    settled_at: dt.datetime | None


def add(db: sa.Connection, url: str, events: tuple[str, ...], actor: str, at: dt.datetime) -> Hook:
    """A new hook with a secret of its own. Raises Refusal (hook_address, hook_events)."""
    check_hook(url, events)
    values = {"url": url, "secret": secrets.token_hex(32), "events": " ".join(events), "created_by": actor, "created_at": at}
    number = db.execute(hooks.insert().values(values).returning(hooks.c.id)).scalar_one()
    audit.note(db, at, actor, "hook_added", f"hook {number}", " ".join(events))
    found = find(db, number)
    if found is None:
        raise AssertionError("a hook just added is there")
    return found


def find(db: sa.Connection, hook_id: int) -> Hook | None:
    row = db.execute(sa.select(hooks).where(hooks.c.id == hook_id)).first()
    return None if row is None else _hook(row)


def standing(db: sa.Connection) -> tuple[Hook, ...]:
    """The hooks that are told."""
    return tuple(_hook(row) for row in db.execute(sa.select(hooks).where(hooks.c.ended_at.is_(None)).order_by(hooks.c.id)))


def end(db: sa.Connection, hook_id: int, actor: str, at: dt.datetime) -> bool:
    """Tell a hook nothing more; False when it was not told anything."""
    if db.execute(hooks.update().where(hooks.c.id == hook_id, hooks.c.ended_at.is_(None)).values(ended_at=at)).rowcount != 1:
        return False
    waiting = hook_letters.c.hook_id == hook_id, hook_letters.c.state == "waiting"
    db.execute(hook_letters.update().where(*waiting).values(state="failed", outcome="ended", settled_at=at))
    audit.note(db, at, actor, "hook_ended", f"hook {hook_id}")
    return True


def announce(db: sa.Connection, event: str, number: int, state: str, at: dt.datetime) -> int:
    """Have every hook that wants it told of a proposal, by number and state alone; how many."""
    rows = db.execute(sa.select(hooks.c.id, hooks.c.events).where(hooks.c.ended_at.is_(None))).all()
    wanted = [row.id for row in rows if event in row.events.split()]
    if not wanted:
        return 0
    body = json.dumps(
        {"event": event, "proposal": number, "state": state, "at": at.isoformat(timespec="seconds"), "path": f"/api/v1/proposals/{number}"}
    )
    letters = [{"hook_id": hook, "event": event, "body": body, "state": "waiting", "due_at": at, "created_at": at} for hook in wanted]
    db.execute(hook_letters.insert(), letters)
    return len(letters)


def claim(db: sa.Connection, node: str, most: int, at: dt.datetime) -> tuple[tuple[HookLetter, Hook], ...]:
    """Take letters that are due with their hooks, oldest first; no other node gets them before the lease ends."""
    due = hook_letters.c.state == "waiting", hook_letters.c.due_at <= at
    first = sa.select(hook_letters.c.id).where(*due).order_by(hook_letters.c.due_at, hook_letters.c.id).limit(most)
    ids = list(db.execute(first.with_for_update(skip_locked=True)).scalars())
    if not ids:
        return ()
    db.execute(hook_letters.update().where(hook_letters.c.id.in_(ids)).values(claimed_by=node, due_at=at + LEASE))
    letters = [_letter(row) for row in db.execute(sa.select(hook_letters).where(hook_letters.c.id.in_(ids)).order_by(hook_letters.c.id))]
    return tuple((letter, hook) for letter in letters if (hook := find(db, letter.hook_id)) is not None)


def settle(db: sa.Connection, letter_id: int, state: str, outcome: str, due_at: dt.datetime, at: dt.datetime) -> None:
    """Write down what became of one try: sent, failed, or waiting for another one."""
    done = state != "waiting"
    values = {"state": state, "outcome": outcome[:64], "due_at": due_at, "claimed_by": "", "attempts": hook_letters.c.attempts + 1}
    db.execute(hook_letters.update().where(hook_letters.c.id == letter_id).values(**values, settled_at=at if done else None))


def replay(db: sa.Connection, letter_id: int, actor: str, at: dt.datetime) -> bool:
    """Tell a settled letter once more, with its own id; False when it waits or its hook has ended."""
    standing_hooks = sa.select(hooks.c.id).where(hooks.c.ended_at.is_(None))
    settled = hook_letters.c.id == letter_id, hook_letters.c.state != "waiting", hook_letters.c.hook_id.in_(standing_hooks)
    again = hook_letters.update().where(*settled).values(state="waiting", due_at=at, attempts=0, outcome="", settled_at=None)
    if db.execute(again).rowcount != 1:
        return False
    audit.note(db, at, actor, "hook_replayed", f"hook letter {letter_id}")
    return True


def log(db: sa.Connection, most: int, before: int | None = None) -> tuple[HookLetter, ...]:
    """A page of the letters, the newest first; `before` is the last one of the page before."""
    page = sa.select(hook_letters).order_by(hook_letters.c.id.desc()).limit(most)
    if before is not None:
        page = page.where(hook_letters.c.id < before)
    return tuple(_letter(row) for row in db.execute(page))


def is_due(db: sa.Connection, at: dt.datetime) -> bool:
    """Whether a hook has to be told something."""
    due = hook_letters.c.state == "waiting", hook_letters.c.due_at <= at
    return db.execute(sa.select(hook_letters.c.id).where(*due).limit(1)).first() is not None


def forget_before(db: sa.Connection, moment: dt.datetime) -> int:
    """Drop settled letters from before a moment."""
    return db.execute(hook_letters.delete().where(hook_letters.c.created_at < moment, hook_letters.c.state != "waiting")).rowcount


def _hook(row: sa.Row[tuple[object, ...]]) -> Hook:
    return Hook(row.id, row.url, row.secret, tuple(row.events.split()), row.created_by, row.created_at, row.ended_at)


def _letter(row: sa.Row[tuple[object, ...]]) -> HookLetter:
    return HookLetter(
        row.id, row.hook_id, row.event, row.body, row.state, row.due_at, row.attempts, row.outcome, row.created_at, row.settled_at
    )
