"""Every golden conversation once more within Messenger's limits: nothing is cut, nothing refused, and every question can be answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.layout import fit
from bot.messages import ButtonKind, Shown
from channels import messenger_requests as requests
from storage.sealing import Seal
from tests.fakes.graph_rules import check_send
from tests.stage import Stage
from tests.test_transcripts import TRANSCRIPTS, play

# Announcements reach people through another loop, which tests/service/test_messenger_talks.py plays on Messenger.
PLAYABLE = [path for path in TRANSCRIPTS if "letters due" not in path.read_text("utf-8")]


@pytest.mark.parametrize("path", PLAYABLE, ids=lambda path: path.stem)
def test_a_conversation_is_possible_on_messenger(path: Path, sqlite_url: str, seal: Seal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the citizens of a transcript do, done on Messenger."""
    said: list[Shown] = []
    hears = Stage.hears

    def listening(stage: Stage, *args: object, **kwargs: object) -> object:
        answered = hears(stage, *args, **kwargs)  # type: ignore[arg-type]  # whatever the stage hears
        said.extend(answered.shown)
        return answered

    monkeypatch.setattr(Stage, "hears", listening)  # to see what is said before it is written down
    script = path.read_text("utf-8")
    if "12345678" not in script:  # the code that moves a conversation: such a talk needs its two channels
        script = "\n".join(line for line in script.splitlines() if not line.startswith("channel: "))
    played = play(f"channel: messenger\n{script}\n", sqlite_url, seal)

    assert said
    assert played.startswith("channel: messenger")
    for shown in said:
        _check(shown)


def _check(shown: Shown) -> None:
    parts = fit(shown, requests.LIMITS)
    bodies = [requests.attachment(part.files[0].kind) if part.files else requests.message(part) for part in parts]
    for body in bodies:
        check_send({"recipient": {"id": "1"}, "messaging_type": "RESPONSE", "message": body})
    text = " ".join(f"{part.text} {part.note}" for part in parts)
    words = text.split()
    assert [word for word in f"{shown.text} {shown.note}".split() if word not in words] == []
    carried = {button.data for part in parts for button in part.buttons}
    labels = [button.label for part in parts for button in part.buttons]
    for number, button in enumerate((one for one in shown.buttons if one.kind is ButtonKind.REPLY), start=1):
        assert button.data in carried or (shown.numbered and f"{number}. {button.label}" in text)
        assert button.label in labels or f"{number}. {button.label}" in text
    for button in shown.buttons:
        if button.kind is ButtonKind.LINK:
            assert button.label in labels or button.url in text
