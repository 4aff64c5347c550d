"""What a citizen may always ask of the service itself: what is kept."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Outgoing
from bot.phrases import Paragraphs, Text, _
from handlers.play import DRAFT_DAYS


@feature("privacy", menu=_("Privacy"), command="privacy", summary=_("What is kept about you"))
def privacy(talk: Talk) -> Outgoing:
    """What is kept, for how long, and how to have it deleted, in short."""
    parts: list[Text] = [
        _(
            "What I keep: your address in this chat, your language, this conversation and the questions you ask. "
            "All of it is encrypted, and the key is kept apart."
        ),
        _(
            "Why: to go on where you stopped and to pass on questions. "
            "It is not sold or shared, and nobody is asked for an identity card number."
        ),
    ]
    parts.append(
        _(
            "For how long: a conversation is deleted after {days} days without a message, a draft after {draft_days}.",
            days=90,
            draft_days=DRAFT_DAYS,
        )
    )
    parts.append(
        _(
            "When you register for an event: your name, needs and answers, for {days} days after it. "
            "If you agree, your name is kept for the next time.",
            days=90,
        )
    )
    if talk.channel == "webchat":
        parts.append(_("This chat stays on the operator's own server. “Forget this conversation” deletes everything at once."))
    else:
        parts.append(_("This messaging service carries your messages through servers abroad. The web chat does not."))
    parts.append(_("Law 09-08 gives you the right to see, correct and delete what is kept, and to complain to the CNDP."))
    buttons = [talk.button(_("How to have my data deleted"), "ask", "privacy-delete"), talk.link("cndp.ma", "https://www.cndp.ma")]
    return talk.end(Paragraphs(tuple(parts)), buttons=buttons)
