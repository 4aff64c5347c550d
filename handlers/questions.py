"""Questions and answers: a short, sourced answer, a guess to choose from, or an honest "I do not know" that is followed up."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Button, Outgoing
from bot.phrases import Paragraphs, Text, _
from civic.knowledge import Entry
from handlers.language import LANGUAGE_NAMES
from handlers.sources import site, sourced
from storage import knowledge, questions
from understanding.reading import Decision

MOST_OFFERED = 3  # "did you mean": past three, people read none
MOST_NEXT = 2
CONTACT_TOPIC, MATTERS = "contact", "matters"  # the subject of how to reach somebody; the argument that shows who is there for what


@feature("ask", menu=_("Ask a question"), command="ask", summary=_("Ask a question"), is_linkable=True)
def ask(talk: Talk) -> Outgoing:
    """Answer a question from the knowledge base, or the entry a button or a link names."""
    if talk.argument and (entry := knowledge.find(talk.db, talk.argument)):
        return answer(talk, entry)
    if not talk.text or talk.text.startswith("/") or talk.text.isdecimal():
        return talk.end(
            _("Write your question in a few words, in the language you like. For example: how do I ask an administration for a document?"),
            buttons=[talk.button(_("Browse by subject"), "topics")],
        )
    understood = talk.understood
    talk.asked = talk.text
    found = knowledge.find_all(talk.db, [match.entry for match in understood.matches[:MOST_OFFERED]])
    if not found or understood.decision is Decision.UNKNOWN:
        return _pass_on(talk)
    if understood.decision is Decision.ANSWER:
        return answer(talk, found[0], understood.feature)
    return talk.end(
        _("Do you mean one of these?"),
        buttons=[
            *(talk.button(entry.title_for(talk.language), "ask", entry.id) for entry in found),
            talk.button(_("None of these"), "unknown"),
        ],
    )


@feature("unknown")
def unknown(talk: Talk) -> Outgoing:
    """None of the guesses was meant: pass the question on."""
    if not talk.asked:
        return talk.end(_("Please write your question once more."))
    return _pass_on(talk)


@feature("useful")
def useful(talk: Talk) -> Outgoing:
    """Note whether an answer was useful; one that was not goes to the editor."""
    verdict, _dash, entry_id = talk.argument.partition("-")
    if knowledge.find(talk.db, entry_id) is None:
        return talk.end(_("This answer is not there any more."), buttons=[talk.button(_("Menu"), "menu")])
    questions.judge(talk.db, talk.person.id, entry_id, verdict == "y", talk.now)
    if verdict == "y":
        return talk.end(_("Thank you, that is good to know."), buttons=[talk.button(_("Menu"), "menu")])
    asked = talk.asked if talk.entry == entry_id else ""
    number = questions.ask(talk.db, talk.person.id, asked, talk.language, talk.now, entry=entry_id)
    return talk.end(
        _("Thank you for saying so. An editor will look at this answer; your remark has the number {number}.", number=f"Q-{number}"),
        buttons=[talk.button(_("Ask in other words"), "ask"), talk.button(_("Contact the ministry"), "contact")],
    )


def answer(talk: Talk, entry: Entry, wish: str = "") -> Outgoing:
    """An entry's answer with its source and date, where to act, and what people ask next; `wish` is a feature the question sounded like."""
    language = entry.language_for(talk.language)
    parts: list[Text] = [entry.answer[language]]
    if language != talk.language:
        parts.insert(0, _("This answer exists only in {language} for now.", language=LANGUAGE_NAMES[language]))
    talk.entry = entry.id
    following = knowledge.find_all(talk.db, entry.next[:MOST_NEXT])
    buttons = [*_acts(talk, entry, wish), *(talk.link(site(url), url) for url in entry.links)]
    buttons += [talk.button(other.title_for(talk.language), "ask", other.id) for other in following]
    # Translators: two buttons under every answer, asking whether it helped; keep them short.
    buttons += [talk.button(_("This was useful"), "useful", f"y-{entry.id}"), talk.button(_("Not useful"), "useful", f"n-{entry.id}")]
    return talk.end(Paragraphs(tuple(parts)), buttons=buttons, note=source_line(entry))


def _acts(talk: Talk, entry: Entry, wish: str) -> list[Button]:
    """What can be done at once: the feature the question sounded like, and what the entry's subject calls for."""
    acts = []
    wished = talk.contents.wished(wish)
    if wished is not None and (label := wished.menu or wished.summary):
        acts.append(talk.button(label, wished.name))
    if entry.topic == CONTACT_TOPIC:
        acts.append(talk.button(_("Where does my matter belong?"), "contact", MATTERS))
    return acts


def source_line(entry: Entry) -> Text:
    """Where an answer comes from and when it was last checked."""
    return sourced(entry.sources, entry.as_of)


def _pass_on(talk: Talk) -> Outgoing:
    number = questions.ask(talk.db, talk.person.id, talk.asked, talk.language, talk.now)
    return talk.end(
        Paragraphs(
            (
                _(
                    "I do not know the answer to this. I have passed your question on to an editor, with the number {number}.",
                    number=f"Q-{number}",
                ),
                _("You can also ask in other words, or look through the subjects."),
            )
        ),
        buttons=[talk.button(_("Browse by subject"), "topics"), talk.button(_("Contact the ministry"), "contact")],
    )
