"""An announcement as its readers will see it, for whoever has the code that the desk shows."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Outgoing
from bot.phrases import Paragraphs, _
from handlers.desk.announcing import of_test_code, word


@feature("preview", command="preview", is_linkable=True, link="pre")
def preview(talk: Talk) -> Outgoing:
    """Show an announcement to its editor in their own chat, in their language, whatever its state."""
    announcement = of_test_code(talk.db, talk.signer, talk.argument)
    if announcement is None:
        return talk.end(_("This code is not one of ours. Copy the whole command from the desk."))
    outgoing = word(announcement, talk.language)
    buttons = []
    for button in outgoing.buttons:
        feature_name, _space, argument = button.data.partition(" ")
        buttons.append(talk.button(button.label, feature_name, argument))
    return talk.end(Paragraphs((_("This is a test: nobody else got it."), outgoing.text)), buttons=buttons)
