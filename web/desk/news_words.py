"""How the desk words what is done with news and announcements: states, outcomes, refusals."""

from __future__ import annotations

from bot.phrases import Phrase, _
from civic.errors import Refusal
from handlers.language import LANGUAGE_NAMES

NEWS_STATES: dict[str, tuple[Phrase, str]] = {
    "draft": (_("Draft"), "quiet"),
    "published": (_("Published"), "done"),
    "withdrawn": (_("Withdrawn"), "refused"),
}
STATES: dict[str, tuple[Phrase, str]] = {
    "draft": (_("Draft"), "quiet"),
    "approved": (_("Approved"), "open"),
    "scheduled": (_("Scheduled"), "open"),
    "sending": (_("Being sent"), "needs"),
    "paused": (_("Paused"), "needs"),
    "done": (_("Sent"), "done"),
    "cancelled": (_("Cancelled"), "refused"),
    "recalled": (_("Recalled"), "refused"),
}
CHANNELS: dict[str, Phrase] = {"webchat": _("Web chat"), "telegram": _("Telegram"), "messenger": _("Messenger")}
DELIVERIES: dict[str, Phrase] = {
    "sent": _("Delivered"),
    "kept": _("Waits for the person’s next message"),
    "waiting": _("Waiting"),
    "sending": _("On the way"),
    "stopped": _("Stopped or left"),
    "failed": _("Refused"),
    "unknown": _("Not known whether it arrived"),
    "deleted": _("Taken back"),
}
DONE: dict[str, Phrase] = {
    "approve": _("The announcement is approved. Now send it, at once or at a time."),
    "reopen": _("The announcement is a draft again."),
    "pause": _("The announcement is paused."),
    "resume": _("The announcement goes on."),
    "cancel": _("The announcement is cancelled. Whoever has it keeps it."),
    "recall": _("The announcement is being taken back wherever the channel allows it."),
}
_REFUSALS: dict[str, Phrase] = {
    "title_missing": _("Write a title in at least one language; each text needs its title."),
    "title_too_long": _("A title has at most {limit} characters; this one has {length}."),
    "text_too_long": _("A text has at most {limit} characters; this one has {length}."),
    "text_missing": _("The text is missing in this language: {language}"),
    "half_written": _("Title and text belong together. One of them is missing in this language: {language}"),
    "topics_wrong": _("Choose at least one topic, and at most {limit}."),
    "url_wrong": _("The address must begin with https://"),
    "language_missing": _("There are no words in this language, and none to read instead: {language}"),
    "too_long_for_channel": _("On this channel the message would not be one message: {channel}, {language}. Shorten it."),
    "too_many": _("This reaches {meant} people; at most {limit} are allowed."),
    "second_person": _("Somebody else has to approve what you wrote."),
    "not_now": _("This is not possible any more: the announcement has moved on. Look at it again."),
    "time_wrong": _("This is no date and time."),
    "picture_wrong": _("This file is no picture that can be used: JPEG, PNG, WebP or GIF, not larger than 40 million pixels."),
}
CHANGED: Phrase = _("Somebody else changed this meanwhile. Look at it again, then repeat your change.")


def worded(refusal: Refusal) -> Phrase:
    """The sentence for a refusal; KeyError for a reason that has none."""
    phrase = _REFUSALS[refusal.reason]
    values = {name: LANGUAGE_NAMES.get(str(value), value) if name == "language" else value for name, value in refusal.values.items()}
    return Phrase(phrase.one, values=values)
