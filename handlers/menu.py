"""The menu and help: what there is to talk about, and how."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Button, Outgoing
from bot.phrases import Paragraphs, Text, _
from storage import conversations


@feature("menu", command="menu", summary=_("Show the menu"), words=("menu",))
def menu(talk: Talk) -> Outgoing:
    """Everything Hiwar can do, drafts first."""
    return talk.end(_("What would you like to do? You can also write your question."), buttons=menu_buttons(talk))


@feature("help", command="help", summary=_("How to use Hiwar"), words=("help",))
def explain(talk: Talk) -> Outgoing:
    """How to use Hiwar, in a few lines."""
    return talk.end(
        Paragraphs(
            (
                _("Ask me about open government in your own words: rights, procedures, action plans, commitments, contacts."),
                _("At any time you can write: “menu”, “back”, “cancel” or “language”. A number chooses the button with that number."),
                _(
                    "I am an automatic assistant and I can be wrong: each answer names its source and date. "
                    "What I do not know is passed on to an editor."
                ),
            )
        ),
        buttons=[*menu_buttons(talk), talk.button(_("Go on in another app"), "moving")],
    )


def menu_buttons(talk: Talk) -> list[Button]:
    """A button for each draft and each feature of the menu."""
    drafts = conversations.drafts_of(talk.db, talk.person.id)
    buttons = []
    for draft in drafts:
        feature_of_draft = talk.contents.by_name.get(draft.feature)
        called = feature_of_draft and (feature_of_draft.menu or feature_of_draft.summary)
        if called:
            label: Text = _("Continue: {what}", what=called)
            buttons.append(talk.button(label, draft.feature))
    return buttons + [talk.button(entry.menu, entry.name) for entry in talk.contents.features if entry.menu is not None]
