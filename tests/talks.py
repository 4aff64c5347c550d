"""A dialogue with every kind of question, for the tests of the engine: what it files are rows of the questions table."""

from __future__ import annotations

import datetime as dt

from bot.dialogue import Talk
from bot.features import Contents, feature
from bot.messages import Outgoing
from bot.phrases import Phrase
from handlers.contents import CONTENTS
from storage import questions

THEMES = {"access": Phrase("Access to information"), "services": Phrase("Public services"), "youth": Phrase("Youth")}


@feature("idea", menu=Phrase("An idea"), command="idea", is_linkable=True)
def idea(talk: Talk) -> Outgoing:
    """Take an idea: theme, title, text, picture, place, review."""
    theme = talk.choice("theme", "What is it about?", THEMES, label=Phrase("Theme"))
    title = talk.words("title", "Give it a short title.", longest=40, shortest=3, label=Phrase("Title"))
    body = talk.words("body", "Tell us your idea.", longest=6000, label=Phrase("Text"))
    photos = talk.pictures("photos", "Add pictures?", most=3, optional=True, label=Phrase("Pictures"))
    place = talk.place("place", "Which place is it about?", optional=True, label=Phrase("Place"))
    at = "nowhere" if place is None else place.title or f"{place.latitude}, {place.longitude}"
    card = f"{THEMES[theme].one}\n{title}\n{body}\npictures: {len(photos)}\nplace: {at}"
    talk.review(card, send="Send", change=("theme", "title", "body", "photos", "place"))
    number = questions.ask(talk.db, talk.person.id, f"{theme}|{title}|{body}|{len(photos)}|{at}", talk.language, talk.now)
    return talk.end(Phrase("Thank you, that is good to know."), note=f"Number {number}")


@feature("form", command="form")
def form(talk: Talk) -> Outgoing:
    """The other kinds of question: number, date, yes or no, document, contact; nothing to review."""
    age = talk.number("seats", "How many seats?", least=1, most=20)
    day = talk.date("day", "Which day?", earliest=dt.date(2026, 1, 1), latest=dt.date(2028, 12, 31))
    online = talk.yes("online", "Will it be online?")
    if online:
        talk.words("link", "What is its address?", longest=100)
    paper = talk.document("paper", "Send the paper.", optional=True)
    contact = talk.contact("phone", "How can we reach you?", optional=True)
    phone = contact.phone if contact else "none"
    number = questions.ask(talk.db, talk.person.id, f"{age}|{day}|{online}|{paper.name if paper else 'none'}|{phone}", "en", talk.now)
    return talk.end("Done.", note=f"Number {number}")


TEST_CONTENTS = Contents((*CONTENTS.features, idea, form))
