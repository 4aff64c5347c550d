"""Finds proposals by their words without being able to read them: each word is kept as a keyed hash of its normal form.

The hash is keyed with the ring, so whoever has the database alone learns no word; it is made anew when the key is rotated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import sqlalchemy as sa

from storage.columns import seal_of
from storage.schema import proposal_words, proposals
from understanding.text import fold

LONGEST_LIST = 400  # different words of one proposal; the longest text has not many more
_MOST_WANTED = 30  # words of a search
_SHORTEST = 2  # letters; a shorter word finds everything
_ARTICLES = ("وال", "بال", "فال", "كال", "لل", "ال")  # Arabic writes "the", "and the", "in the" at the word
_SHORTEST_STEM = 3  # letters that must be left without an article


def hashes(db: sa.Connection, text: str) -> frozenset[int]:
    """The words of a text as they are kept."""
    key = seal_of(db.dialect).key_for("words")
    return frozenset(_hashed(key, word) for word in _words(text))


def learn(db: sa.Connection, number: int, *texts: str) -> None:
    """Let a proposal be found by the words of these texts, and no longer by others."""
    db.execute(proposal_words.delete().where(proposal_words.c.number == number))
    known = hashes(db, " ".join(texts))
    if known:
        db.execute(proposal_words.insert(), [{"word": word, "number": number} for word in sorted(known)])


def matching(db: sa.Connection, text: str) -> sa.Select[tuple[int]] | None:
    """A selection of the numbers whose proposals have every word of `text`, of its first thirty; None when it has no word to look for.

    Each further word is looked up where the first one is, so that a list of a common word stops when its page is full.
    """
    wanted = sorted(hashes(db, text))[:_MOST_WANTED]
    if not wanted:
        return None
    found = sa.select(proposal_words.c.number).where(proposal_words.c.word == wanted[0])
    for word in wanted[1:]:
        other = proposal_words.alias()
        found = found.where(sa.exists().where(other.c.word == word, other.c.number == proposal_words.c.number))
    return found


def renew(db: sa.Connection) -> int:
    """Keep every word under the newest key, after the ring has changed; how many proposals."""
    db.execute(proposal_words.delete())
    count = 0
    columns = (proposals.c[name] for name in ("number", "title", "text", "public_title", "public_text"))
    for row in db.execute(sa.select(*columns).order_by(proposals.c.number)).all():
        learn(db, row.number, row.public_title or row.title, row.public_text or row.text)
        count += 1
    return count


def _words(text: str) -> Iterable[str]:
    found = dict.fromkeys(word for word in fold(text).split() if len(word) >= _SHORTEST)
    for word in list(found)[:LONGEST_LIST]:
        article = next((known for known in _ARTICLES if word.startswith(known) and len(word) - len(known) >= _SHORTEST_STEM), "")
        yield word.removeprefix(article)


def _hashed(key: bytes, word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8, key=key).digest(), "big", signed=True)
