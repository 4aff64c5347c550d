"""Browse who governs the programme: the committees and spaces, what they do and how to join or reach them."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Outgoing
from bot.phrases import Paragraphs, Phrase, Text, _
from civic.bodies import Body
from handlers.sources import headed, links, named, said, shown_in, sourced, when
from storage import records


@feature("committees", command="committees", summary=_("Committees and spaces"), is_linkable=True)
def committees(talk: Talk) -> Outgoing:
    """The committees and spaces, or the one that the argument names."""
    if body := records.find(talk.db, Body, talk.argument):
        return _body(talk, body)
    bodies = records.of_kind(talk.db, Body)
    if not bodies:
        return talk.end(_("There is nothing to show here yet."), buttons=[talk.button(_("Menu"), "menu")])
    return talk.end(
        _("Who prepares, carries out and follows the programme? Choose a committee or a space."),
        buttons=[
            *(talk.button(said(talk, body.name), "committees", body.id) for body in bodies),
            talk.button(_("Questions and answers"), "topics", "governance"),
        ],
    )


def _body(talk: Talk, body: Body) -> Outgoing:
    names: list[Text] = [named(talk, body.name)]
    if also := body.also.get(talk.language):
        names.append(_("Also called: {names}", names=", ".join(also)))
    parts: list[Text] = [*shown_in(talk, body.role), Paragraphs(tuple(names), "\n")]
    for heading, text in (
        (_("What it does"), body.role),
        (_("Who is in it"), body.composition),
        (_("How to join or reach it"), body.join),
    ):
        parts.append(headed(heading, said(talk, text)))
    if body.meetings:
        parts.append(headed(_("Meetings"), Paragraphs(tuple(_met(talk, meeting.date, meeting.note) for meeting in body.meetings), "\n")))
    if body.history:
        parts.append(headed(_("Earlier"), said(talk, body.history)))
    parts.append(said(talk, body.uncertain))
    return talk.end(
        Paragraphs(tuple(parts)),
        buttons=[*links(talk, body.links), talk.button(_("All committees and spaces"), "committees")],
        note=sourced(body.sources, body.as_of, body.links[0] if body.links else ""),
    )


def _met(talk: Talk, date: str, note: dict[str, str]) -> Phrase:
    # Translators: one meeting in a list, for example "3 February 2026: first meeting of 2026".
    return _("• {date}: {what}", date=when(date), what=said(talk, note))
