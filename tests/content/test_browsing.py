"""Every record can be reached by pressing buttons, in every language, and each page fits into one message."""

from __future__ import annotations

import pytest

from bot.messages import Incoming, Shown
from channels.telegram_requests import LIMITS
from civic.commitments import Rating, Theme
from civic.contacts import Contact
from civic.knowledge import language_of
from storage.sealing import Seal
from tests.stage import Stage, content

FEATURES = {"commitments", "documents", "committees", "contact"}
PARTS_OF_OTHERS = (Rating, Theme)  # told with the commitments that name them


def named_in(shown: Shown) -> dict[str, str]:
    """The arguments of the buttons that lead further into what is browsed, with their data."""
    split = {button.data: button.data.split(".") for button in shown.buttons if button.data}
    return {f"{parts[1]} {parts[2]}": data for data, parts in split.items() if parts[0] == "go" and parts[1] in FEATURES}


@pytest.mark.parametrize("language", ["ar", "fr", "zgh", "en"])
def test_every_record_is_reached_from_the_commands(language: str, sqlite_url: str, seal: Seal) -> None:
    stage = Stage(sqlite_url, seal)
    stage.says(f"/language {language}")
    seen: set[str] = set()
    waiting: dict[str, str] = {}
    for feature in sorted(FEATURES):
        (shown,) = stage.says(f"/{feature}").shown
        waiting |= named_in(shown)
    while waiting:
        name, data = waiting.popitem()
        seen.add(name)
        pressed = Incoming(channel="console", event=stage._event(), address="amina", at=stage.now, pressed=data)
        (shown,) = stage.hears(pressed).shown
        assert len(shown.text) + len(shown.note) + sum(len(button.label) + 5 for button in shown.buttons) < LIMITS.text, name
        assert shown.buttons, name
        assert "\n\n\n" not in shown.text, name
        waiting |= {found: data for found, data in named_in(shown).items() if found not in seen}
    reached = {name.split(" ")[1] for name in seen}
    told = "\n".join(shown.text for shown in stage.history)
    for record in content().collection.records():
        if isinstance(record, Contact):  # those of a matter stand together on its page
            assert record.name[language_of(record.name, language)] in told, record.id
        elif not isinstance(record, PARTS_OF_OTHERS):
            assert record.id in reached, record.id
