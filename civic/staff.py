"""Who works at the desk: roles and what each may do, passwords that are refused, and how long a login lasts."""

from __future__ import annotations

import datetime as dt
import enum
import itertools
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from civic.errors import Refusal

IDLE = dt.timedelta(minutes=30)  # without a page asked for, a session ends
LONGEST = dt.timedelta(hours=12)  # a session ends, whatever is done in it
INVITED = dt.timedelta(days=3)  # an invitation is good for
CHAT_CODE_LASTS = dt.timedelta(minutes=15)  # a code that links a chat
SHORTEST_PASSWORD = 12  # characters
LONGEST_PASSWORD = 256
LONGEST_NAME = 80
FEWEST_LETTERS = 5  # different characters a password has at least
RECOVERY_CODES = 10


class Role(enum.StrEnum):
    """What somebody is at the desk for; one person may have several."""

    MODERATOR = "moderator"  # citizens' proposals
    EDITOR = "editor"  # content, questions, events, news
    ADMINISTRATOR = "administrator"  # the staff and what they may do
    AUDITOR = "auditor"  # reads everything that was done, does nothing


M, E, A, R = Role.MODERATOR, Role.EDITOR, Role.ADMINISTRATOR, Role.AUDITOR
MAY: dict[str, frozenset[Role]] = {
    "decide": frozenset({M}),  # on proposals
    "block": frozenset({M, A}),  # people who abuse the service
    "answer": frozenset({M, E}),  # questions nobody could answer
    "edit": frozenset({E}),  # entries and records
    "announce": frozenset({E}),  # events and news
    "staff": frozenset({A}),  # invite, change roles, end sessions
    "audit": frozenset({A, R}),  # read the log
    "see": frozenset({M, E, A, R}),  # the numbers
}


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works at the desk."""

    id: int
    name: str
    address: str  # what they sign in with
    roles: frozenset[Role]
    language: str
    is_active: bool
    created_at: dt.datetime
    last_login_at: dt.datetime | None = None

    @property
    def actor(self) -> str:
        """How the audit log calls them."""
        return f"staff:{self.id}"


def may(roles: Collection[str], action: str) -> bool:
    """Whether somebody with these roles may do something; KeyError for an action that has no rule."""
    return not MAY[action].isdisjoint(roles)


def may_confirm(first: int, second: int, *, team_of_one: bool) -> bool:
    """Whether `second` may confirm what `first` decided: somebody else, but in a team of one, where the log says so."""
    return team_of_one or first != second


def is_open(created_at: dt.datetime, seen_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a session still goes on."""
    return now - seen_at < IDLE and now - created_at < LONGEST


def sign_in_name(text: str) -> str:
    """The name somebody signs in with, however it was typed; raises Refusal."""
    name = unicodedata.normalize("NFKC", text).strip().casefold()
    if not 3 <= len(name) <= 120 or any(character.isspace() or not character.isprintable() for character in name):
        raise Refusal("sign_in_name", "address")
    return name


def shown_name(text: str) -> str:
    """The name colleagues see; raises Refusal."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refusal("name", "name")
    return name


def check_password(password: str, name: str, address: str) -> None:
    """Raises Refusal for a password that is short, or that somebody would try first."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refusal("password_short", "password")
    if len(password) > LONGEST_PASSWORD:
        raise Refusal("password_long", "password")
    plain = unicodedata.normalize("NFKC", password).casefold()
    known = {word for word in (*name.casefold().split(), address.casefold(), address.casefold().partition("@")[0]) if len(word) > 3}
    rest = plain
    for word in sorted(known | COMMON, key=len, reverse=True):  # the longest first: an address before the name in it
        rest = rest.replace(word, "")
    if len(set(plain)) < FEWEST_LETTERS or len(rest) < SHORTEST_PASSWORD // 2 or _runs_on(plain):
        raise Refusal("password_simple", "password")


_COMMON = """
    password motdepasse azerty qwerty azertyuiop qwertyuiop administrator administrateur admin moderator moderateur welcome
    bienvenue marhaba salam bonjour secret iloveyou letmein changeme maroc morocco hiwar 123456789 987654321 12345 123 2024 2025 2026 2027
"""
COMMON = frozenset(_COMMON.split())


def _runs_on(text: str) -> bool:
    """Whether most characters only follow the one before, as in "abcdefgh1234"."""
    steps = [ord(later) - ord(earlier) for earlier, later in itertools.pairwise(text)]
    return sum(step in (-1, 0, 1) for step in steps) > len(steps) * 0.7
