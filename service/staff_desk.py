"""What an operator does with the desk's staff by hand, and the proof that the audit log is unbroken."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from typing import TypeVar

import sqlalchemy as sa

from civic.errors import Refusal
from civic.staff import INVITED, Role
from service.desk import link
from service.operations import OPERATOR, done, not_ready, open_ledger, refuse
from service.running import refuse_half_rotated, running
from service.settings import Settings
from storage import audit, staff
from storage.sealing import open_seal
from storage.soundness import open_to_look
from web.desk.credentials import new_secret

T = TypeVar("T")

_REFUSED = {
    "nobody": "there is nobody with this number: `hiwar staff list` shows who is there",
    "last_administrator": "this is the last administrator: invite another one first (`hiwar staff invite --role administrator`)",
}


def list_staff(settings: Settings) -> int:
    """Who works at the desk, never with what."""
    if told := not_ready(settings):
        return refuse(told)
    for member in _look(settings, staff.members):
        seen = f"{member.last_login_at:%Y-%m-%d}" if member.last_login_at else "never"
        state = "" if member.is_active else "  disabled"
        print(f"{member.id:>5}  {member.name}  <{member.address}>  {' '.join(sorted(member.roles))}  last login {seen}{state}")  # noqa: T201
    return done("`hiwar staff invite --role ROLE` prints a link for somebody new.")


def invite(settings: Settings, roles: Sequence[str]) -> int:
    """Print a link for somebody new with these roles."""
    if not roles:
        return refuse(f"say what for: `hiwar staff invite --role ROLE`, with one or more of {', '.join(Role)}")
    return _print_link(settings, frozenset(Role(role) for role in roles), None)


def reset(settings: Settings, number: int | None) -> int:
    """Print a link with which a member sets password and second factor anew."""
    return refuse("say who: `hiwar staff reset NUMBER`") if number is None else _print_link(settings, frozenset(), number)


def disable(settings: Settings, number: int | None) -> int:
    """Shut a member out."""
    if number is None:
        return refuse("say who: `hiwar staff disable NUMBER`")
    if told := not_ready(settings):
        return refuse(told)
    try:
        asyncio.run(_write(settings, lambda db: staff.disable(db, number, dt.datetime.now(dt.UTC), OPERATOR)))
    except Refusal as refusal:
        return refuse(_REFUSED[refusal.reason])
    return done(f"Member {number} is shut out, and signed out everywhere.")


def verify_audit(settings: Settings) -> int:
    """Prove the audit log unbroken, or name the first row that is not as it was noted."""
    if told := not_ready(settings):
        return refuse(told)
    proof = _look(settings, audit.verify)
    if proof.broken is not None:
        return refuse(f"the audit log is broken at row {proof.broken}: {proof.why}; the {proof.rows} rows before it hold")
    return done(f"The audit log is unbroken: {proof.rows} rows. The newest hash is {proof.newest or 'none yet'}.")


def _print_link(settings: Settings, roles: frozenset[Role], member_id: int | None) -> int:
    if told := not_ready(settings):
        return refuse(told)
    token, now = secrets.token_urlsafe(32), dt.datetime.now(dt.UTC)
    try:
        asyncio.run(_write(settings, lambda db: staff.invite(db, token, roles, new_secret(), now, now + INVITED, OPERATOR, member_id)))
    except Refusal as refusal:
        return refuse(_REFUSED[refusal.reason])
    print(link(settings.public_url or f"http://{settings.host}:{settings.port}", token))  # noqa: T201
    return done(f"This link is good once, for {INVITED.days} days. Hand it over as you would a key.")


async def _write(settings: Settings, change: Callable[[sa.Connection], T]) -> T:
    with running(settings.data):
        refuse_half_rotated(settings.key_path)
        async with open_ledger(settings.url, open_seal(settings.key_path)) as ledger:
            return await ledger.write(change)


def _look(settings: Settings, read: Callable[[sa.Connection], T]) -> T:
    engine = open_to_look(settings.url, open_seal(settings.key_path))
    try:
        with engine.connect() as db:
            return read(db)
    finally:
        engine.dispose()
