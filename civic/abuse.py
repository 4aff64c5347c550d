"""Signs that a proposal may be abuse, for moderators to see, and how many one person may file."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection

from civic.errors import Refusal
from civic.proposals import Proposal

MOST_A_DAY = 10  # proposals of one person in 24 hours; past it nobody reads them in time
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
_MANY_LINKS = 3
_MANY_AN_HOUR = 4
_LOUD = 0.7  # of the letters that have a case
_LOUD_FROM = 40  # letters; a short title in capitals is a habit
_LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|net|org|info|shop|xyz|link)\b", re.IGNORECASE)


def check_rate(recent: Collection[Proposal], at: dt.datetime) -> None:
    """Whether a person may file one more. Raises Refusal too_many, with the moment from which they may."""
    today = sorted(proposal.filed_at for proposal in recent if proposal.filed_at > at - DAY)
    if len(today) >= MOST_A_DAY:
        raise Refusal("too_many", again=today[-MOST_A_DAY] + DAY, most=MOST_A_DAY)


def signs(title: str, text: str, recent: Collection[Proposal], at: dt.datetime) -> tuple[str, ...]:
    """What speaks of abuse in a proposal about to be filed: links, repetition, many in an hour, shouting."""
    whole = f"{title}\n{text}"
    letters = [letter for letter in whole if letter.isupper() or letter.islower()]
    found = {
        "links": len(_LINK.findall(whole)) >= _MANY_LINKS,
        "repeated": _plain(text) in {_plain(proposal.text) for proposal in recent},
        "many": sum(proposal.filed_at > at - HOUR for proposal in recent) >= _MANY_AN_HOUR - 1,
        "loud": len(letters) >= _LOUD_FROM and sum(letter.isupper() for letter in letters) / len(letters) >= _LOUD,
    }
    return tuple(name for name, is_seen in found.items() if is_seen)


def _plain(text: str) -> str:
    """A text by its letters and digits alone."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())
