"""What authors are told of their own case without having asked: a promise that was missed, a file that could not be kept."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from bot.messages import Outgoing
from bot.phrases import Paragraphs, Phrase, _
from civic.proposals import LARGEST_FILE, Proposal
from handlers.telling import Post, Recipient, tell
from storage import backing, proposals
from storage.attachments import Attachment

_FILE_REFUSED: dict[str, Phrase] = {  # by the reason of bot/uploads.py and scheduler/attachments.py
    "large": _("It is too large: the limit is {limit} MB.", limit=LARGEST_FILE // 1024**2),
    "kind": _("This kind of file is not taken; pictures, PDF and office documents are."),
    "picture": _("The picture is damaged, or too large to be opened safely."),
    "empty": _("It is empty."),
    "gone": _("It could not be fetched any more."),
}


def promise_missed(db: sa.Connection, post: Post, proposal: Proposal, at: dt.datetime) -> None:
    """Tell the author, and who holds the claim code, that a promise was missed."""

    def word(reader: Recipient) -> Outgoing:
        return Outgoing(
            Paragraphs(
                (
                    _(
                        "An answer about {number} was promised by {date}: {title}",
                        number=proposal.reference,
                        date=proposal.promised,
                        title=proposal.title,
                    ),
                    _(
                        "That day has passed without an answer, and I am sorry. "
                        "Your proposal stays open and the moderators see that it is late. "
                        "You need not do anything: I will tell you as soon as something happens."
                    ),
                )
            ),
            (
                reader.button(_("See where it stands"), "proposals", str(proposal.number)),
                reader.button(_("Contact the ministry"), "contact"),
            ),
        )

    for person_id in own_persons(db, proposal):
        tell(db, post, person_id, word, at, language=proposal.language)


def file_refused(db: sa.Connection, post: Post, attachment: Attachment, reason: str, at: dt.datetime) -> None:
    """Tell the author that a file of theirs could not be kept, why, and what to do."""
    proposal = proposals.get(db, attachment.number)

    def word(reader: Recipient) -> Outgoing:
        return Outgoing(
            Paragraphs(
                (
                    _("A file of {number} could not be kept: {name}", number=proposal.reference, name=attachment.name or "—"),
                    _FILE_REFUSED[reason],
                    _("Your proposal itself is safe. While it is not published you can add another file under “Correct it”."),
                )
            ),
            (reader.button(_("See where it stands"), "proposals", str(proposal.number)),),
        )

    tell(db, post, attachment.author, word, at, language=proposal.language)


def own_persons(db: sa.Connection, proposal: Proposal) -> tuple[int, ...]:
    """Whose case it is: the author and who holds the claim code, each once."""
    author = (proposal.author,) if proposal.author is not None else ()
    return tuple(dict.fromkeys((*author, *backing.holders(db, proposal.number))))
