"""The tables of proposals: what citizens filed, who stands behind it, and every decision about it.

What a citizen wrote is sealed until a moderator publishes it; then the published wording stands beside it in plain text, for it is public.
"""

from __future__ import annotations

import sqlalchemy as sa

from storage.columns import Instant, Sealed, SealedBytes
from storage.schema.base import Key, metadata

proposals = sa.Table(
    "proposals",
    metadata,
    sa.Column("number", Key, primary_key=True),
    sa.Column("author_id", Key, sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("theme", sa.String(32), nullable=False),
    sa.Column("about", sa.String(40), nullable=False, server_default=""),
    sa.Column("region", sa.String(2), nullable=False, server_default=""),
    sa.Column("language", sa.String(3), nullable=False),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("consent", sa.String(16), nullable=False),
    sa.Column("claim", sa.String(64), unique=True),  # hash of the code that follows an anonymous one from anywhere
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("filed_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("promised", sa.Date),
    sa.Column("missed_at", Instant),
    sa.Column("published_at", Instant),
    sa.Column("appealed_at", Instant),
    sa.Column("decided_by", Key),  # a member of staff
    sa.Column("body", sa.String(40), nullable=False, server_default=""),
    sa.Column("merged_into", Key, sa.ForeignKey("proposals.number")),
    sa.Column("supports", sa.Integer, nullable=False, server_default="0"),
    sa.Column("signals", sa.String(128), nullable=False, server_default=""),  # names, a blank between two
    sa.Column("held_by", Key),
    sa.Column("held_until", Instant),
    # What is long stands last: a filter on the columns above then need not read past it.
    sa.Column("title", Sealed("proposals.title"), nullable=False),
    sa.Column("text", Sealed("proposals.text"), nullable=False),
    sa.Column("name", Sealed("proposals.name"), nullable=False),  # "" for an author who is not shown
    sa.Column("spot", Sealed("proposals.spot")),  # JSON of civic.proposals.Spot
    sa.Column("public_title", sa.Text),  # the wording that was published
    sa.Column("public_text", sa.Text),
    sa.Index("ix_proposals_state", "state", "number"),
    sa.Index("ix_proposals_queue", "state", "promised", "number"),
    sa.Index("ix_proposals_theme", "state", "theme", "number"),
    sa.Index("ix_proposals_region", "state", "region", "number"),
    sa.Index("ix_proposals_supports", "state", "supports", "number"),
    sqlite_autoincrement=True,
)

proposal_files = sa.Table(
    "proposal_files",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("number", Key, sa.ForeignKey("proposals.number", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("ref", Sealed("proposal_files.ref"), nullable=False),  # JSON of the File, by which its channel fetches it
    sa.Column("state", sa.String(16), nullable=False),  # wanted, kept, refused
    sa.Column("due_at", Instant, nullable=False),  # when it is tried to be fetched (again)
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("name", Sealed("proposal_files.name"), nullable=False),
    sa.Column("mime", sa.String(128), nullable=False, server_default=""),
    sa.Column("content", SealedBytes("proposal_files.content")),
    sa.Index("ix_proposal_files_wanted", "state", "due_at"),
    sqlite_autoincrement=True,
)

proposal_words = sa.Table(  # which words a proposal has, as keyed hashes: it can be searched, and not read
    "proposal_words",
    metadata,
    sa.Column("word", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", Key, sa.ForeignKey("proposals.number", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True),
    sqlite_with_rowid=False,
)

supports = sa.Table(
    "supports",
    metadata,
    sa.Column("number", Key, sa.ForeignKey("proposals.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True),
    sa.Column("at", Instant, nullable=False),
)

follows = sa.Table(
    "follows",
    metadata,
    sa.Column("number", Key, sa.ForeignKey("proposals.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True),
    sa.Column("is_own", sa.Boolean, nullable=False, server_default=sa.false()),  # by the claim code: told as the author is
    sa.Column("at", Instant, nullable=False),
)

steps = sa.Table(  # what happened to a proposal, in order
    "steps",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("number", Key, sa.ForeignKey("proposals.number", ondelete="CASCADE"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),  # "author", "clock", "staff:3", "api:2"
    sa.Column("details", Sealed("steps.details"), nullable=False),  # words or JSON, by kind
    sa.Index("ix_steps_of_proposal", "number", "id"),
    sqlite_autoincrement=True,
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("number", Key, sa.ForeignKey("proposals.number", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("act", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # proposed, done, declined, undone
    sa.Column("by", sa.String(64), nullable=False),  # "staff:3", "api:2"
    sa.Column("at", Instant, nullable=False),
    sa.Column("second", sa.String(64), nullable=False, server_default=""),
    sa.Column("second_at", Instant),
    sa.Column("details", Sealed("decisions.details"), nullable=False),  # JSON: reason, words per language, target
    sa.Column("before", Sealed("decisions.before"), nullable=False),  # JSON: what undoing brings back
    sa.Column("bulk", sa.String(32), nullable=False, server_default=""),  # decided together with others
    sa.Column("tell_at", Instant),  # when people are told: until then it can be undone and nobody has heard
    sa.Column("told_to", Key, nullable=False, server_default="0"),  # the last follower told
    sa.Column("told_at", Instant),
    sa.Index("ix_decisions_untold", "told_at", "tell_at"),
    sa.Index("ix_decisions_proposed", "state", "id"),
    sqlite_autoincrement=True,
)

answers = sa.Table(  # the official answer: public, so in plain text
    "answers",
    metadata,
    sa.Column("number", Key, sa.ForeignKey("proposals.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("outcome", sa.String(24), nullable=False),
    sa.Column("who", sa.Text, nullable=False),  # the body that answers
    sa.Column("by_when", sa.Date),
    sa.Column("words", sa.Text, nullable=False),  # JSON: words by language, and which one is read instead
    sa.Column("at", Instant, nullable=False),
)

blocks = sa.Table(  # who may not file for a while
    "blocks",
    metadata,
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("until", Instant, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("reason", Sealed("blocks.reason"), nullable=False),
    sa.Column("at", Instant, nullable=False),
)
