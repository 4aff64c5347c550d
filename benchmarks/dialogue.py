"""The dialogue every program under test talks: five questions, a row filed at the end, then again."""

from __future__ import annotations

from typing import NamedTuple

THEMES = {"open-data": "Open data", "budget": "Budget", "transport": "Transport", "schools": "Schools", "water": "Water"}
ASK_THEME = "What is your idea about? Choose a theme."
ASK_TITLE = "Give it a short title."
ASK_BODY = "Please describe your idea."
ASK_PICTURE = "Add a picture?"
THANKS = "Thank you. Your idea was filed under the number {number}."
LONGEST_TITLE, LONGEST_BODY = 120, 4000

BODY = (
    "Publish the timetable and the position of every city bus as open data, so that anyone can build a page that tells when "
    "the next one comes. Stops without a sign would get one with a code to scan; the school lines come first."
)


class Step(NamedTuple):
    """What a citizen writes, and words that are in the reply to it and in no other."""

    text: str
    marker: bytes


STEPS = (
    Step("/idea", b"Choose a theme"),
    Step("2", b"short title"),
    Step("", b"describe"),  # the title, which names chat and round
    Step(BODY, b"Add a picture"),
    Step("skip", b"send them"),
    Step("1", b"filed under"),
)
TITLE, SEND = 2, 5  # places in STEPS


def title(chat: int, turn: int) -> str:
    """The title of a chat's idea in its n-th round; no two are alike."""
    return f"Buses {chat}-{turn // len(STEPS)}"


def text(chat: int, turn: int) -> str:
    """What a chat writes in its n-th turn."""
    place = turn % len(STEPS)
    return title(chat, turn) if place == TITLE else STEPS[place].text


def card(theme: str, title: str, body: str) -> str:
    return f"{theme}\n{title}\n\n{body}"
