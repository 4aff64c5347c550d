"""The web chat across `kill -9`: nothing said is lost, nothing is done twice, and the conversation goes on where it was."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from tests.running import Running, running
from tests.web.guests import PICTURE, Guest, Line, count, guest, listening, new_event, shown, texts

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("chat_survives"), pytest.mark.slow]

# Amina, a teacher in Azilal, sends an idea: tests/transcripts/idea.en.txt, on a page.
IDEA: tuple[dict[str, str], ...] = (
    {"text": "/idea"},
    {"press": "Public services"},
    {"text": "Open on Saturdays"},
    {"text": "Town halls should open on Saturday morning."},
    {"file": "hall.png"},
    {"press": "Skip"},
    {"press": "Send"},
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(tmp_path_factory.mktemp("survives") / "data") as hiwar:
        yield hiwar


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def unbroken(hiwar: Running) -> list[Line]:
    """The lines of the dialogue when nothing happens to Hiwar."""
    async with guest(hiwar.url) as amina:
        for move in IDEA:
            await amina.sends(**_posted(amina, move))
        return await amina.all_lines()


def _posted(someone: Guest, move: dict[str, str]) -> dict[str, object]:
    """What the page posts for a move."""
    if "press" in move:
        return {"pressed": someone.button(move["press"])["data"]}
    return {"files": ((move["file"], PICTURE),)} if "file" in move else dict(move)


async def _sent_at_last(hiwar: Running, someone: Guest, fields: dict[str, object]) -> None:
    """Post to a Hiwar that is not there, then again with the same event when it is back, as the page does."""
    with pytest.raises(aiohttp.ClientError):
        await someone.sends(**fields)
    await hiwar.start()
    await someone.sends(**fields)


async def _sent_while_dying(hiwar: Running, someone: Guest, fields: dict[str, object], turns: int) -> None:
    """Post while Hiwar is being killed: it may have been stored or not, and the page cannot know."""
    post = asyncio.create_task(someone.sends(**fields))
    for _ in range(turns):  # of our own loop: the post is somewhere between here and the answer
        await asyncio.sleep(0)
    await hiwar.kill()
    with contextlib.suppress(aiohttp.ClientError):
        await post
    await hiwar.start()
    await someone.sends(**fields)


async def test_a_kill_between_any_two_messages_changes_nothing(hiwar: Running, unbroken: list[Line]) -> None:
    ideas, files = count(hiwar.data, "questions"), count(hiwar.data, "files")
    async with guest(hiwar.url) as amina:
        for move in IDEA:
            fields = {**_posted(amina, move), "event": new_event()}
            await hiwar.kill()
            await _sent_at_last(hiwar, amina, fields)
            amina.lines = await amina.all_lines()
        assert texts(amina.lines) == texts(unbroken)
        assert [line["buttons"] and [button["label"] for button in line["buttons"]] for line in amina.lines] == [
            line["buttons"] and [button["label"] for button in line["buttons"]] for line in unbroken
        ]
        assert count(hiwar.data, "questions") == ideas + 1
        assert count(hiwar.data, "files") == files + 1

        # A page that was open all the while has seen the greeting only: its stream catches up, and so does a reload.
        async with listening(amina, **{"Last-Event-ID": str(unbroken[0]["id"])}) as stream, asyncio.timeout(20):
            assert [await anext(stream) for _ in amina.lines] == amina.lines
        assert shown(await amina.opens()) == [line["text"] for line in amina.lines if line["text"]]


async def test_a_message_caught_by_a_kill_is_counted_once(hiwar: Running, unbroken: list[Line]) -> None:
    ideas = count(hiwar.data, "questions")
    async with guest(hiwar.url) as idder:
        for number, move in enumerate(IDEA):
            fields = {**_posted(idder, move), "event": new_event()}
            if turns := {0: 10, 4: 50, 6: 200}.get(number):  # the first, the picture and the one that files
                await _sent_while_dying(hiwar, idder, fields, turns)
            else:
                await idder.sends(**fields)
            idder.lines = await idder.all_lines()
        assert texts(idder.lines) == texts(unbroken)
        assert count(hiwar.data, "questions") == ideas + 1


async def test_the_page_and_the_key_of_its_form_outlive_a_restart(hiwar: Running) -> None:
    async with guest(hiwar.url) as amina:
        token = amina.token
        async with listening_after_hello(amina) as stream:
            assert hiwar.process is not None
            assert await hiwar.stop() == 0
            assert [line async for line in stream] == [], "the stream ends with the program, it does not hang"
        await hiwar.start()
        await amina.says("/help", token=token)
        assert [line["side"] for line in await amina.all_lines()] == ["bot", "you", "bot", "you", "bot"]


@contextlib.asynccontextmanager
async def listening_after_hello(someone: Guest) -> AsyncIterator[AsyncIterator[Line]]:
    said = await someone.says("hello")
    async with listening(someone, said[-1]["id"]) as stream:
        yield stream
