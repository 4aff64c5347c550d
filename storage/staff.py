"""Who works at the desk, how they were invited, and the browsers they are signed in with."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from civic.errors import Refusal
from civic.staff import IDLE, LONGEST, Member, Role, is_open
from storage import audit
from storage.schema import invitations, recovery_codes, staff, staff_sessions

FIRST_START = "first start"  # who invites the first administrator


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a login is compared with."""

    member: Member
    password: str  # its argon2 hash
    second_factor: str
    last_step: int


@dataclass(frozen=True, slots=True)
class Session:
    """A browser somebody is signed in with."""

    id: int
    member: Member
    browser: str
    created_at: dt.datetime
    seen_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that lets somebody in once; `member_id` is set where a member of before sets everything anew."""

    id: int
    member_id: int | None
    roles: frozenset[Role]
    second_factor: str
    invited_by: str
    created_at: dt.datetime
    expires_at: dt.datetime


def digest(token: str) -> str:
    """What is kept of a token that opens something: tokens are random, so a plain hash does."""
    return hashlib.sha256(token.encode()).hexdigest()


# Members


def is_anyone_there(db: sa.Connection) -> bool:
    return db.execute(sa.select(staff.c.id).limit(1)).first() is not None


def find(db: sa.Connection, member_id: int) -> Member | None:
    row = db.execute(sa.select(staff).where(staff.c.id == member_id)).first()
    return None if row is None else _member(row)


def members(db: sa.Connection) -> tuple[Member, ...]:
    """Everybody, those who came first first."""
    return tuple(_member(row) for row in db.execute(sa.select(staff).order_by(staff.c.id)))


def names(db: sa.Connection, ids: Iterable[int]) -> dict[int, str]:
    """The names of some members."""
    return {row.id: row.name for row in db.execute(sa.select(staff.c.id, staff.c.name).where(staff.c.id.in_(set(ids))))}


def secrets_of(db: sa.Connection, address: str) -> Secrets | None:
    """What a login with this name is compared with; None for nobody, or somebody who may not sign in any more."""
    row = db.execute(sa.select(staff).where(staff.c.address == address, staff.c.active)).first()
    return None if row is None else Secrets(_member(row), row.password, row.second_factor, row.last_step)


def secrets_by_id(db: sa.Connection, member_id: int) -> Secrets | None:
    row = db.execute(sa.select(staff).where(staff.c.id == member_id, staff.c.active)).first()
    return None if row is None else Secrets(_member(row), row.password, row.second_factor, row.last_step)


def join(
    db: sa.Connection,
    *,
    name: str,
    address: str,
    password: str,
    second_factor: str,
    roles: Collection[Role],
    language: str,
    at: dt.datetime,
    step: int = 0,
    codes: Collection[str] = (),
) -> int:
    """A new member; the number. Raises Refusal when somebody signs in with this name already."""
    if db.execute(sa.select(staff.c.id).where(staff.c.address == address)).first() is not None:
        raise Refusal("taken", "address")
    values = {
        "name": name,
        "address": address,
        "password": password,
        "second_factor": second_factor,
        "last_step": step,
        "roles": _written(roles),
        "language": language,
        "created_at": at,
    }
    member_id: int = db.execute(staff.insert().values(values).returning(staff.c.id)).scalar_one()
    keep_codes(db, member_id, codes)
    return member_id


def set_language(db: sa.Connection, member_id: int, language: str) -> None:
    db.execute(staff.update().where(staff.c.id == member_id).values(language=language))


def set_password(db: sa.Connection, member_id: int, password: str, at: dt.datetime, actor: str) -> None:
    db.execute(staff.update().where(staff.c.id == member_id).values(password=password))
    audit.note(db, at, actor, "password_changed", f"staff:{member_id}")


def set_second_factor(
    db: sa.Connection, member_id: int, secret: str, step: int, codes: Collection[str], at: dt.datetime, actor: str
) -> None:
    """A new secret, with recovery codes of its own."""
    db.execute(staff.update().where(staff.c.id == member_id).values(second_factor=secret, last_step=step))
    keep_codes(db, member_id, codes)
    audit.note(db, at, actor, "second_factor_changed", f"staff:{member_id}")


def set_roles(db: sa.Connection, member_id: int, roles: Collection[Role], at: dt.datetime, actor: str) -> None:
    """Raises Refusal when nobody would be left who can change it back."""
    found = _needed(db, member_id)
    if Role.ADMINISTRATOR not in roles:
        _keep_an_administrator(db, found)
    db.execute(staff.update().where(staff.c.id == member_id).values(roles=_written(roles)))
    audit.note(db, at, actor, "roles_changed", f"staff:{member_id}", f"{_written(found.roles)} -> {_written(roles)}")


def disable(db: sa.Connection, member_id: int, at: dt.datetime, actor: str) -> None:
    """No more logins, and out of every session; raises Refusal when nobody would be left who can change it back."""
    _keep_an_administrator(db, _needed(db, member_id))
    db.execute(staff.update().where(staff.c.id == member_id).values(active=False))
    _end(db, staff_sessions.c.member_id == member_id, at)
    audit.note(db, at, actor, "member_disabled", f"staff:{member_id}")


def enable(db: sa.Connection, member_id: int, at: dt.datetime, actor: str) -> None:
    _needed(db, member_id)
    db.execute(staff.update().where(staff.c.id == member_id).values(active=True))
    audit.note(db, at, actor, "member_enabled", f"staff:{member_id}")


def _keep_an_administrator(db: sa.Connection, leaving: Member) -> None:
    others = [member for member in members(db) if member.is_active and Role.ADMINISTRATOR in member.roles and member.id != leaving.id]
    if Role.ADMINISTRATOR in leaving.roles and leaving.is_active and not others:
        raise Refusal("last_administrator")


def _needed(db: sa.Connection, member_id: int) -> Member:
    found = find(db, member_id)
    if found is None:
        raise Refusal("nobody")
    return found


# The second factor


def use_step(db: sa.Connection, member_id: int, step: int) -> bool:
    """Count a one-time code as used; False when it, or a later one, was used before."""
    newer = staff.update().where(staff.c.id == member_id, staff.c.last_step < step).values(last_step=step)
    return db.execute(newer).rowcount == 1


def use_code(db: sa.Connection, member_id: int, code: str) -> bool:
    """Use a recovery code up; False when there is none such."""
    used = recovery_codes.delete().where(recovery_codes.c.member_id == member_id, recovery_codes.c.digest == digest(code))
    return db.execute(used).rowcount == 1


def keep_codes(db: sa.Connection, member_id: int, codes: Collection[str]) -> None:
    """New recovery codes in place of all before."""
    db.execute(recovery_codes.delete().where(recovery_codes.c.member_id == member_id))
    if codes:
        db.execute(recovery_codes.insert(), [{"member_id": member_id, "digest": digest(code)} for code in codes])


def codes_left(db: sa.Connection, member_id: int) -> int:
    counted = sa.select(sa.func.count()).select_from(recovery_codes).where(recovery_codes.c.member_id == member_id)
    return db.execute(counted).scalar_one()


# Invitations


def invite(
    db: sa.Connection,
    token: str,
    roles: Collection[Role],
    second_factor: str,
    at: dt.datetime,
    expires_at: dt.datetime,
    by: str,
    member_id: int | None = None,
) -> int:
    """Keep an invitation, of whose token only the hash is known from now on; a member has one at a time."""
    if member_id is not None:
        _needed(db, member_id)
        db.execute(invitations.update().where(invitations.c.member_id == member_id, invitations.c.used_at.is_(None)).values(used_at=at))
    values = {
        "digest": digest(token),
        "member_id": member_id,
        "roles": _written(roles),
        "second_factor": second_factor,
        "invited_by": by,
        "created_at": at,
        "expires_at": expires_at,
    }
    number: int = db.execute(invitations.insert().values(values).returning(invitations.c.id)).scalar_one()
    subject = f"invitation:{number}" if member_id is None else f"staff:{member_id}"
    audit.note(db, at, by, "member_invited" if member_id is None else "member_reset", subject, _written(roles))
    return number


def invite_first(
    db: sa.Connection, token: str, roles: Collection[Role], second_factor: str, at: dt.datetime, expires_at: dt.datetime
) -> None:
    """The link for whoever comes first, in place of those of earlier starts."""
    earlier = invitations.update().where(invitations.c.member_id.is_(None), invitations.c.invited_by == FIRST_START)
    db.execute(earlier.where(invitations.c.used_at.is_(None)).values(used_at=at))
    invite(db, token, roles, second_factor, at, expires_at, FIRST_START)


def invitation(db: sa.Connection, token: str, now: dt.datetime) -> Invitation | None:
    """The invitation of a link, while it is good."""
    found = sa.select(invitations).where(
        invitations.c.digest == digest(token), invitations.c.used_at.is_(None), invitations.c.expires_at > now
    )
    row = db.execute(found).first()
    return None if row is None else _invitation(row)


def open_invitations(db: sa.Connection, now: dt.datetime) -> tuple[Invitation, ...]:
    """Those that are still good, the newest first."""
    wanted = sa.select(invitations).where(invitations.c.used_at.is_(None), invitations.c.expires_at > now)
    return tuple(_invitation(row) for row in db.execute(wanted.order_by(invitations.c.id.desc())))


def withdraw(db: sa.Connection, number: int, at: dt.datetime, actor: str) -> None:
    """An invitation is good no more."""
    if db.execute(invitations.update().where(invitations.c.id == number, invitations.c.used_at.is_(None)).values(used_at=at)).rowcount:
        audit.note(db, at, actor, "invitation_withdrawn", f"invitation:{number}")


def accept(
    db: sa.Connection,
    token: str,
    *,
    name: str,
    address: str,
    password: str,
    language: str,
    step: int,
    codes: Collection[str],
    at: dt.datetime,
) -> int:
    """Let somebody in by an invitation, once; the number of the member. Raises Refusal when it is good no more or the name is taken."""
    found = invitation(db, token, at)
    if found is None:
        raise Refusal("invitation")
    if found.member_id is None:
        member_id = join(
            db,
            name=name,
            address=address,
            password=password,
            second_factor=found.second_factor,
            roles=found.roles,
            language=language,
            at=at,
            step=step,
            codes=codes,
        )
    else:
        member_id = found.member_id
        values = {"password": password, "second_factor": found.second_factor, "last_step": step, "language": language}
        db.execute(staff.update().where(staff.c.id == member_id).values(values))
        keep_codes(db, member_id, codes)
        _end(db, staff_sessions.c.member_id == member_id, at)
    db.execute(invitations.update().where(invitations.c.id == found.id).values(used_at=at))
    audit.note(db, at, f"staff:{member_id}", "invitation_accepted", f"invitation:{found.id}")
    return member_id


# Sessions


def begin(db: sa.Connection, token: str, member_id: int, browser: str, at: dt.datetime) -> int:
    """Sign somebody in with a browser."""
    db.execute(staff.update().where(staff.c.id == member_id).values(last_login_at=at))
    values = {"digest": digest(token), "member_id": member_id, "browser": browser, "created_at": at, "seen_at": at}
    number: int = db.execute(staff_sessions.insert().values(values).returning(staff_sessions.c.id)).scalar_one()
    audit.note(db, at, f"staff:{member_id}", "signed_in", f"session:{number}")
    return number


def session(db: sa.Connection, token: str, now: dt.datetime) -> Session | None:
    """The session of a cookie, while it goes on and its member may sign in."""
    joined = staff_sessions.join(staff, staff.c.id == staff_sessions.c.member_id)
    wanted = sa.select(staff, *_OF_SESSION).select_from(joined)
    row = db.execute(wanted.where(staff_sessions.c.digest == digest(token), staff_sessions.c.ended_at.is_(None), staff.c.active)).first()
    return _session(row) if row is not None and is_open(row.begun_at, row.seen_at, now) else None


def sessions(db: sa.Connection, member_id: int, now: dt.datetime) -> tuple[Session, ...]:
    """The browsers somebody is signed in with, the newest first."""
    wanted = sa.select(staff, *_OF_SESSION).select_from(staff_sessions.join(staff, staff.c.id == staff_sessions.c.member_id))
    wanted = wanted.where(
        staff_sessions.c.member_id == member_id,
        staff_sessions.c.ended_at.is_(None),
        staff_sessions.c.seen_at > now - IDLE,
        staff_sessions.c.created_at > now - LONGEST,
    )
    return tuple(_session(row) for row in db.execute(wanted.order_by(staff_sessions.c.id.desc())))


def see(db: sa.Connection, session_id: int, at: dt.datetime) -> None:
    """Somebody asked for a page in this session."""
    db.execute(staff_sessions.update().where(staff_sessions.c.id == session_id).values(seen_at=at))


def end(db: sa.Connection, session_id: int, member_id: int, at: dt.datetime, actor: str) -> None:
    """End one session of a member."""
    if _end(db, sa.and_(staff_sessions.c.id == session_id, staff_sessions.c.member_id == member_id), at):
        audit.note(db, at, actor, "session_ended", f"session:{session_id}")


def end_all(db: sa.Connection, member_id: int, at: dt.datetime, actor: str, but: int = 0) -> int:
    """End every session of a member, but one if that is given; how many."""
    count = _end(db, sa.and_(staff_sessions.c.member_id == member_id, staff_sessions.c.id != but), at)
    if count:
        audit.note(db, at, actor, "sessions_ended", f"staff:{member_id}", str(count))
    return count


def forget_before(db: sa.Connection, at: dt.datetime) -> int:
    """Delete sessions that began before a moment; how many. The log keeps that there were some."""
    return db.execute(staff_sessions.delete().where(staff_sessions.c.created_at < at)).rowcount


def _end(db: sa.Connection, which: sa.ColumnElement[bool], at: dt.datetime) -> int:
    return db.execute(staff_sessions.update().where(which, staff_sessions.c.ended_at.is_(None)).values(ended_at=at)).rowcount


_OF_SESSION = (
    staff_sessions.c.id.label("session_id"),
    staff_sessions.c.browser,
    staff_sessions.c.created_at.label("begun_at"),
    staff_sessions.c.seen_at,
)


# Rows


def _written(roles: Collection[Role]) -> str:
    return " ".join(sorted(roles))


def _roles(text: str) -> frozenset[Role]:
    return frozenset(Role(role) for role in text.split())


def _member(row: sa.Row[tuple[object, ...]]) -> Member:
    return Member(row.id, row.name, row.address, _roles(row.roles), row.language, row.active, row.created_at, row.last_login_at)


def _session(row: sa.Row[tuple[object, ...]]) -> Session:
    return Session(row.session_id, _member(row), row.browser, row.begun_at, row.seen_at)


def _invitation(row: sa.Row[tuple[object, ...]]) -> Invitation:
    return Invitation(row.id, row.member_id, _roles(row.roles), row.second_factor, row.invited_by, row.created_at, row.expires_at)
