"""From the web chat to Messenger in the middle of a draft, through the running program."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.phrases import Phrase
from tests.fakes.graph_api import FakeGraph
from tests.running import running
from tests.service.test_messenger_talks import TEXTS
from tests.service.test_messenger_whole import AMINA, of_graph
from tests.stage import voices
from tests.web.guests import PICTURE, count, guest


@pytest.mark.parametrize("killed", [False, True], ids=["alive", "killed-in-between"])
async def test_amina_begins_in_the_web_chat_and_finishes_on_messenger(tmp_path: Path, killed: bool) -> None:
    """Her picture, sent in the browser, comes along; the idea is filed once, from Messenger."""
    data = tmp_path / "data"
    async with FakeGraph() as graph, running(data, **of_graph(graph)) as hiwar, guest(hiwar.url) as amina:
        for text in ("/language en", "/idea", "2", "Open on Saturdays", "Town halls should be open."):
            await amina.says(text)
        await amina.sends(files=(("hall.png", PICTURE),))
        await amina.says("/move")
        told = await amina.presses("Move there")
        code = next(found[1] for line in told if (found := re.search(r"/move (\d{8})", line["text"])))
        link = next(button["url"] for line in told for button in line["buttons"] if button["label"] == "Messenger")
        if killed:
            await hiwar.kill()
            await hiwar.start()
        hook = f"{hiwar.url}hooks/messenger"
        assert link == f"https://m.me/{graph.page}?ref=move-{code}"
        opened = {"title": "Get started", "payload": "GET_STARTED", "mid": "m_start", "referral": {"ref": f"move-{code}"}}
        assert await graph.post(hook, graph.delivery(graph.event(AMINA, postback=opened))) == 200
        (asked,) = await graph.wait_for(1, AMINA)
        yes = dict(asked.buttons)["Yes"]
        assert await graph.post(hook, graph.delivery(graph.press(AMINA, yes, "Yes"))) == 200
        await graph.wait_for(3, AMINA)
        await amina.says("hello")  # the browser stands at the beginning again
        assert await graph.say(hook, AMINA, "Azilal") == 200
        card = (await graph.wait_for(4, AMINA))[3]
        assert await graph.post(hook, graph.delivery(graph.press(AMINA, dict(card.buttons)["Send"]))) == 200
        end = (await graph.wait_for(5, AMINA))[4]
        lines = [line["text"] for line in await amina.all_lines()]
        refused = graph.refused

    assert "Open on Saturdays" in card.text
    assert "pictures: 1" in card.text
    assert "Azilal" in card.text
    assert end.text.endswith("Number 1")
    assert refused == []
    assert count(data, "questions") == 1
    assert any("was moved from here" in text for text in lines)
    assert not any("Which place" in text for text in lines[-1:])


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_a_proposal_begun_in_the_web_chat_is_sent_from_messenger(tmp_path: Path, language: str) -> None:
    """Theme, title, text and picture come along; the receipt, and what becomes of it, are where she is now."""
    data = tmp_path / "data"
    title, text = TEXTS[language]
    async with FakeGraph() as graph, running(data, **of_graph(graph)) as hiwar, guest(hiwar.url) as amina:
        hook = f"{hiwar.url}hooks/messenger"
        say = english(language)
        for words in (f"/language {language}", "/propose", "3", "1", title, text, "1", "1"):
            await amina.says(words)
        await amina.presses(say("Skip"))
        await amina.sends(files=(("budget.png", PICTURE),))
        await amina.says("/move")
        told = await amina.presses(say("Move there"))
        code = next(found[1] for line in told if (found := re.search(r"/move (\d{8})", line["text"])))
        await graph.say(hook, AMINA, f"/move {code}")
        (asked,) = await graph.wait_for(1, AMINA)
        await graph.post(hook, graph.delivery(graph.press(AMINA, dict(asked.buttons)[say("Yes")])))
        question = (await graph.wait_for(3, AMINA))[2]
        assert say("Should your name stand beside it when it is published?") in question.text
        await graph.say(hook, AMINA, "2")
        card = (await graph.wait_for(4, AMINA))[3]
        await graph.post(hook, graph.delivery(graph.press(AMINA, dict(card.buttons)[say("Send")])))
        receipt = (await graph.wait_for(5, AMINA))[4]
        refused = graph.refused

    assert title in card.text and text in card.text
    assert "P-1" in receipt.text
    assert refused == []
    assert (count(data, "proposals"), count(data, "proposal_files")) == (1, 1)


def english(language: str) -> Callable[[str], str]:
    """What an English label is in a language."""
    voice = voices()[language]
    return lambda msgid: voice.say(Phrase(msgid))


async def test_a_stolen_code_is_taken_back_where_it_was_made(tmp_path: Path) -> None:
    """Somebody else typed Amina's code; the notice in her browser brings everything back, open talk and all."""
    async with FakeGraph() as graph, running(tmp_path / "data", **of_graph(graph)) as hiwar, guest(hiwar.url) as amina:
        hook = f"{hiwar.url}hooks/messenger"
        for text in ("/language en", "/idea", "2", "/move"):
            await amina.says(text)
        told = await amina.presses("Move there")
        code = next(found[1] for line in told if (found := re.search(r"/move (\d{8})", line["text"])))
        await graph.say(hook, AMINA, "/language en")
        await graph.say(hook, AMINA, f"/move {code}")
        sent = await graph.wait_for(2, AMINA)
        await graph.post(hook, graph.delivery(graph.press(AMINA, dict(sent[1].buttons)["Yes"])))
        await graph.wait_for(4, AMINA)
        amina.lines = await amina.all_lines()
        back = await amina.presses("Bring it back")
        await graph.say(hook, AMINA, "A title by a stranger")
        stranger = (await graph.wait_for(5, AMINA, patience=60))[4:]

    assert [line["text"] for line in back if line["side"] == "bot"] == ["Done: it is back here.", "Give it a short title."]
    assert "Tell us your idea" not in stranger[0].text
