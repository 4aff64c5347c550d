"""What an operator does with the tokens of programs by hand."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

from civic.errors import Refusal
from civic.programs import SCOPES
from service.operations import OPERATOR, done, not_ready, refuse
from service.settings import Settings
from service.staff_desk import look, write
from storage import tokens

_REFUSED = {
    "program_name": "say what to call the program, in 2 to 80 characters: `hiwar token create NAME --scope SCOPE`",
    "scopes": f"say what it may do: `--scope SCOPE`, one or more of {', '.join(SCOPES)}",
}


def list_tokens(settings: Settings) -> int:
    """Every token with what it may do, never the token itself."""
    if told := not_ready(settings):
        return refuse(told)
    for token in look(settings, tokens.everyone):
        used = f"last used {token.used_at:%Y-%m-%d}" if token.used_at else "never used"
        state = "  revoked" if token.revoked_at else ""
        print(f"{token.id:>5}  {token.name}  {' '.join(token.scopes)}  by {token.created_by}  {used}{state}")  # noqa: T201
    return done("`hiwar token create NAME --scope SCOPE` prints a new one.")


def create(settings: Settings, name: str, scopes: Sequence[str]) -> int:
    """Print a new token, this once, and the secret with which its tool signs calls of the moderation hook."""
    if told := not_ready(settings):
        return refuse(told)
    try:
        token = asyncio.run(write(settings, lambda db: tokens.make(db, name, tuple(scopes), OPERATOR, dt.datetime.now(dt.UTC))))
    except Refusal as refusal:
        return refuse(_REFUSED[refusal.reason])
    made = look(settings, lambda db: tokens.find(db, token))
    if made is None:
        raise AssertionError("a token just made is there")
    secret = look(settings, lambda db: tokens.secret_of(db, made.id))
    print(f"token: {token}\nmoderation hook: /hooks/moderation/{made.id}\nits secret: {secret}")  # noqa: T201
    return done("Keep them now: they are shown only once.")


def revoke(settings: Settings, number: str) -> int:
    """Let a token count no more."""
    if not number.isdecimal():
        return refuse("say which: `hiwar token revoke NUMBER`; `hiwar token list` shows the numbers")
    if told := not_ready(settings):
        return refuse(told)
    if not asyncio.run(write(settings, lambda db: tokens.revoke(db, int(number), OPERATOR, dt.datetime.now(dt.UTC)))):
        return refuse(f"no token {number} counts: `hiwar token list` shows which do")
    return done(f"Token {number} counts no more.")
