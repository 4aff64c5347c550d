"""Tokens of programs: made once, kept as a hash, and what each may do."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from civic.programs import TOKEN_SIGN, check_token
from storage import audit
from storage.schema import api_tokens, hook_calls

SEEN_EVERY = dt.timedelta(minutes=10)  # how exactly it is known when a token was used last


@dataclass(frozen=True, slots=True)
class Token:
    """A program that may ask; `owner` is the member of staff whose decisions it takes."""

    id: int
    name: str
    scopes: tuple[str, ...]
    owner: int | None
    created_by: str
    created_at: dt.datetime
    used_at: dt.datetime | None
    revoked_at: dt.datetime | None

    @property
    def actor(self) -> str:
        """How the audit log calls it."""
        return f"api:{self.id}" if self.owner is None else f"api:{self.id} of staff:{self.owner}"


def make(db: sa.Connection, name: str, scopes: tuple[str, ...], actor: str, at: dt.datetime, *, owner: int | None = None) -> str:
    """A new token, which is told this once. Raises Refusal (program_name, scopes)."""
    check_token(name, scopes)
    token = f"{TOKEN_SIGN}{secrets.token_urlsafe(32)}"
    values = {
        "name": name.strip(),
        "digest": _digest(token),
        "secret": secrets.token_hex(32),
        "scopes": " ".join(scopes),
        "owner": owner,
        "created_by": actor,
        "created_at": at,
    }
    number = db.execute(api_tokens.insert().values(values).returning(api_tokens.c.id)).scalar_one()
    audit.note(db, at, actor, "token_made", f"api:{number}", f"{name.strip()}: {' '.join(scopes)}")
    return token


def find(db: sa.Connection, token: str) -> Token | None:
    """The program that shows a token which still counts."""
    row = db.execute(sa.select(api_tokens).where(api_tokens.c.digest == _digest(token), api_tokens.c.revoked_at.is_(None))).first()
    return None if row is None else _token(row)


def get(db: sa.Connection, token_id: int) -> Token | None:
    """A program whose token still counts, by its number."""
    row = db.execute(sa.select(api_tokens).where(api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None))).first()
    return None if row is None else _token(row)


def secret_of(db: sa.Connection, token_id: int) -> str | None:
    """The secret with which the tool behind a token signs its calls; None for a token that does not count."""
    standing = api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None)
    return db.execute(sa.select(api_tokens.c.secret).where(*standing)).scalar()


def everyone(db: sa.Connection) -> tuple[Token, ...]:
    return tuple(_token(row) for row in db.execute(sa.select(api_tokens).order_by(api_tokens.c.id)))


def use(db: sa.Connection, token_id: int, at: dt.datetime) -> None:
    """Note that a token was used."""
    db.execute(api_tokens.update().where(api_tokens.c.id == token_id).values(used_at=at))


def revoke(db: sa.Connection, token_id: int, actor: str, at: dt.datetime) -> bool:
    """Let a token count no more; False when it did not."""
    standing = api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None)
    if db.execute(api_tokens.update().where(*standing).values(revoked_at=at)).rowcount != 1:
        return False
    audit.note(db, at, actor, "token_revoked", f"api:{token_id}")
    return True


def first_call(db: sa.Connection, token_id: int, call: str, at: dt.datetime) -> bool:
    """Note a signed call; False when it came before."""
    known = hook_calls.c.token_id == token_id, hook_calls.c.id == call
    if db.execute(sa.select(hook_calls.c.id).where(*known)).first() is not None:
        return False
    db.execute(hook_calls.insert().values(token_id=token_id, id=call, at=at))
    return True


def forget_calls_before(db: sa.Connection, moment: dt.datetime) -> int:
    return db.execute(hook_calls.delete().where(hook_calls.c.at < moment)).rowcount


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _token(row: sa.Row[tuple[object, ...]]) -> Token:
    return Token(row.id, row.name, tuple(row.scopes.split()), row.owner, row.created_by, row.created_at, row.used_at, row.revoked_at)
