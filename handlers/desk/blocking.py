"""Keep somebody who abuses the service from filing proposals for a while, and let them file again; they are told of both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import partial

import sqlalchemy as sa

from bot.messages import Outgoing
from bot.phrases import Paragraphs, Phrase, _
from civic.decisions import Decider, check_block
from civic.errors import Refusal
from handlers.telling import Post, Recipient, tell
from handlers.turn import HOUSE_LANGUAGE
from storage import audit, blocks, people, proposals
from storage.blocks import Block

SLICE = 10  # blocks lifted in one piece of the ledger's work


def block(db: sa.Connection, post: Post, person_id: int, until: dt.datetime, reason: str, by: Decider, at: dt.datetime) -> Block:
    """Keep somebody from filing until a moment, and tell them so. Raises Refusal (unknown, own, block_end, length)."""
    if people.find(db, person_id) is None:
        raise Refusal("unknown")
    if person_id in by.own:
        raise Refusal("own")
    check_block(until, reason, at)
    made = Block(person_id, until, by.actor, reason.strip(), at)
    blocks.put(db, made)
    audit.note(db, at, by.actor, "person_blocked", f"person {person_id}", f"until {until.isoformat(timespec='minutes')}: {made.reason}")
    tell(db, post, person_id, partial(_blocked, made), at)
    return made


def unblock(db: sa.Connection, post: Post, person_id: int, by: Decider, at: dt.datetime) -> None:
    """Let somebody file again, and tell them so. Raises Refusal (undone) when nothing keeps them from it."""
    standing = blocks.find(db, person_id, at)
    if standing is None:
        raise Refusal("undone")
    blocks.lift(db, person_id)
    audit.note(db, at, by.actor, "person_unblocked", f"person {person_id}", f"was blocked by {standing.by}")
    tell(db, post, person_id, _free, at)


def _blocked(made: Block, reader: Recipient) -> Outgoing:
    return Outgoing(
        Paragraphs(
            (
                _("You cannot send proposals until {moment}.", moment=made.until),
                _("The reason: {reason}", reason=made.reason),
                _("Everything else goes on as before: questions, answers, and the proposals you have sent."),
            )
        ),
        (reader.button(_("Contact the ministry"), "contact"),),
    )


def _free(reader: Recipient) -> Outgoing:
    return Outgoing(_("You can send proposals again."), (reader.button(_("Menu"), "menu"),))


def block_authors(
    db: sa.Connection, post: Post, numbers: Collection[int], until: dt.datetime, reason: Phrase, by: Decider, bulk: str, at: dt.datetime
) -> int:
    """Block the authors of proposals that were decided together; how many. They read why when they next want to file."""
    blocked = 0
    for author in sorted({proposal.author for proposal in proposals.all_of(db, numbers) if proposal.author is not None} - set(by.own)):
        person = people.find(db, author)
        if person is None or blocks.find(db, author, at) is not None:
            continue
        said = post.voices[person.language or HOUSE_LANGUAGE].say(reason)
        check_block(until, said, at)
        blocks.put(db, Block(author, until, f"{by.actor} {bulk}", said, at))
        audit.note(db, at, by.actor, "person_blocked", f"person {author}", f"until {until.isoformat(timespec='minutes')} · bulk: {bulk}")
        blocked += 1
    return blocked


def unblock_some(db: sa.Connection, bulk: str, by: Decider, at: dt.datetime) -> int:
    """Lift a slice of the blocks of a bulk that is undone; how many, 0 when none is left."""
    lifted = blocks.lift_some(db, f"{by.actor} {bulk}", SLICE)
    for person_id in lifted:
        audit.note(db, at, by.actor, "person_unblocked", f"person {person_id}", f"bulk: {bulk}")
    return len(lifted)
