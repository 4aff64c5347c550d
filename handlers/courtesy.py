"""Small talk, and messages Hiwar cannot use: always a kind answer and a way on."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Outgoing
from bot.phrases import Phrase, _
from handlers.menu import menu_buttons

_REPLIES: dict[str, Phrase] = {
    "greeting": _("Hello! What would you like to know about open government?"),
    "how-are-you": _("I am well, thank you. What would you like to know about open government?"),
    "thanks": _("You are welcome. Is there anything else?"),
    "praise": _("Thank you, that is kind. Is there anything else?"),
    "bye": _("Goodbye, and thank you for the conversation."),
    "insult": _("I am sorry that this did not help. Tell me in other words what you need, or write to the ministry."),
    "who-are-you": _(
        "I am Hiwar, an automatic assistant of the Open Government programme, not a person. "
        "I answer questions and pass on what I do not know."
    ),
}

_UNREAD: dict[str, Phrase] = {
    "voice": _("I cannot listen to voice messages yet. Please write it in words."),
    "video": _("I cannot watch videos. Please write it in words."),
    "file": _("Thank you, but I do not need a file now. Please write your question in words."),
}


@feature("smalltalk", words=("thanks",))
def smalltalk(talk: Talk) -> Outgoing:
    """Answer a greeting, thanks, or an insult, politely."""
    reply = _REPLIES.get(talk.argument or "thanks", _REPLIES["greeting"])
    if talk.argument == "bye":
        return talk.end(reply)
    if talk.argument == "insult":
        return talk.end(reply, buttons=[talk.button(_("Ask in other words"), "ask"), talk.button(_("Contact the ministry"), "contact")])
    return talk.end(reply, buttons=menu_buttons(talk))


@feature("unasked")
def unasked(talk: Talk) -> Outgoing:
    """A file, a voice, a place that nothing asked for."""
    reply = _UNREAD.get(talk.argument, _("I cannot use this kind of message. Please write your question in words."))
    return talk.end(reply, buttons=[talk.button(_("Menu"), "menu")])
