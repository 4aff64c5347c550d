"""The 24-hour window through the whole program: what is told outside it waits, what the editor sees, a moderator's own words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bot.messages import Button, ButtonKind, Outgoing
from handlers.telling import Post, Recipient, tell
from scheduler.retention import KEPT, tidy
from service.wiring import Program
from storage import outbox, people, presence
from storage.presence import Reach
from tests.fakes.graph_api import FakeGraph, Trouble
from tests.service.test_messenger_whole import AMINA, IDIR, hook, program

MORNING = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(hours=24)


@dataclass
class Clock:
    at: dt.datetime = MORNING

    def __call__(self) -> dt.datetime:
        return self.at


def post(opened: Program) -> Post:
    return Post(voices=opened.voices, signer=opened.house.signer, keeping=frozenset({"webchat"}))


async def told(opened: Program, address: str, word: Callable[[Recipient], Outgoing] | str, lane: outbox.Lane = outbox.Lane.NOTICE) -> str:
    """Tell somebody something unasked; the state of its letter once delivery has looked at it."""
    said = (lambda reader: Outgoing(word)) if isinstance(word, str) else word

    def put(db: sa.Connection) -> int:
        person = people.find_by_address(db, "messenger", address)
        assert person is not None
        tell(db, post(opened), person.id, said, opened.now())
        newest = int(db.execute(sa.text("select max(id) from outbox")).scalar_one())
        db.execute(sa.text("update outbox set lane = :lane where id = :id"), {"lane": int(lane), "id": newest})
        return newest

    number = await opened.ledger.write(put)
    letters = await opened.ledger.write(outbox.claim, ("messenger",), opened.house.node, 10, opened.now())
    opened.delivery.deliver(letters)
    await opened.delivery.finish()
    return await opened.ledger.write(lambda db: db.execute(sa.text("select state from outbox where id = :id"), {"id": number}).scalar_one())


async def test_what_is_told_outside_the_window_waits_and_is_shown_at_the_next_contact(tmp_path: Path, database_url: str) -> None:
    clock = Clock()
    async with FakeGraph(now=clock) as graph, program(tmp_path, graph, database_url) as opened:
        door = hook(opened)
        await door.handle(graph.delivery(graph.text(AMINA, "/language en")))
        await graph.wait_for(1, AMINA)
        assert await told(opened, AMINA, "Inside.") == "sent"
        clock.at += DAY + dt.timedelta(minutes=1)
        assert await told(opened, AMINA, "First.") == "kept"
        assert await told(opened, AMINA, "Second.", outbox.Lane.BULK) == "kept"
        assert len(graph.sent(AMINA)) == 2
        await door.handle(graph.delivery(graph.text(AMINA, "/stop")))
        sent = await graph.wait_for(4, AMINA)
        await opened.delivery.finish()

    assert sent[2].text == "While you were away:\n\nSecond.\n\nFirst."
    assert sent[3].text.startswith("Done:")
    assert graph.refused == []


async def test_at_the_edge_of_the_window_nothing_is_risked_and_metas_no_loses_nothing(tmp_path: Path) -> None:
    """A minute before its end a letter waits; one that Meta refuses all the same (its clock is not ours) waits too."""
    clock = Clock()
    async with FakeGraph(now=clock) as graph, program(tmp_path, graph) as opened:
        await hook(opened).handle(graph.delivery(graph.text(AMINA, "/language en")))
        await graph.wait_for(1, AMINA)
        clock.at = MORNING + DAY - dt.timedelta(minutes=1)
        assert await told(opened, AMINA, "At the edge.") == "kept"
        clock.at = MORNING + dt.timedelta(hours=2)
        graph.troubles.append(Trouble(code=10, subcode=2018278))
        assert await told(opened, AMINA, "Refused.") == "kept"


async def test_letters_with_choices_keep_them_and_the_others_are_merged(tmp_path: Path) -> None:
    clock = Clock()
    async with FakeGraph(now=clock) as graph, program(tmp_path, graph) as opened:
        door = hook(opened)
        await door.handle(graph.delivery(graph.text(AMINA, "/language en")))
        await graph.wait_for(1, AMINA)
        clock.at += 2 * DAY
        link = Button("ogp.ma", kind=ButtonKind.LINK, url="https://www.ogp.ma/x")
        await told(opened, AMINA, lambda reader: Outgoing("With a link.", (link,)))
        await told(opened, AMINA, lambda reader: Outgoing("With a choice.", (reader.button("Language", "language"),)))
        for number in range(12):
            await told(opened, AMINA, f"News {number}.")
        await door.handle(graph.delivery(graph.text(AMINA, "/stop")))
        sent = await graph.wait_for(3, AMINA)
        await opened.delivery.finish()

    whole = sent[1].text
    assert whole.index("News 11.") < whole.index("News 10.") < whole.index("News 2.")
    assert "News 1." not in whole
    assert "4 older messages are not shown." in whole


async def test_a_choice_among_few_letters_stands_in_its_own_message(tmp_path: Path) -> None:
    clock = Clock()
    async with FakeGraph(now=clock) as graph, program(tmp_path, graph) as opened:
        door = hook(opened)
        await door.handle(graph.delivery(graph.text(AMINA, "/language en")))
        await graph.wait_for(1, AMINA)
        clock.at += 2 * DAY
        link = Button("ogp.ma", kind=ButtonKind.LINK, url="https://www.ogp.ma/x")
        await told(opened, AMINA, lambda reader: Outgoing("With a link.", (link,)))
        await told(opened, AMINA, lambda reader: Outgoing("With a choice.", (reader.button("Language", "language"),)))
        await door.handle(graph.delivery(graph.text(AMINA, "/stop")))
        sent = await graph.wait_for(4, AMINA)
        await opened.delivery.finish()

    assert (sent[1].text, sent[1].buttons) == ("While you were away:\n\nWith a link.", [("ogp.ma", "https://www.ogp.ma/x")])
    assert sent[2].text == "With a choice."
    assert sent[2].buttons[0][0] == "Language"


async def test_a_moderators_own_words_have_seven_days_where_meta_granted_it(tmp_path: Path) -> None:
    clock = Clock()
    async with FakeGraph(now=clock, human_agent=True) as graph, program(tmp_path, graph) as opened:
        assert opened.messenger is not None
        await hook(opened).handle(graph.delivery(graph.text(AMINA, "/language en")))
        await graph.wait_for(1, AMINA)
        clock.at += 6 * DAY
        assert await told(opened, AMINA, "A notice.") == "kept"
        granted = await told(opened, AMINA, lambda reader: Outgoing("I looked at your case.", human=True))
        clock.at += 2 * DAY
        late = await told(opened, AMINA, lambda reader: Outgoing("Once more.", human=True))

    assert granted == "sent"
    assert late == "kept"


async def test_the_editor_sees_how_many_can_be_reached_now(tmp_path: Path, database_url: str) -> None:
    clock = Clock()
    async with FakeGraph(now=clock) as graph, program(tmp_path, graph, database_url) as opened:
        door = hook(opened)
        windows = {name: channel.capabilities.window for name, channel in opened.house.channels.items()}
        await door.handle(graph.delivery(graph.text(IDIR, "/language fr"), graph.text("7003", "/stop")))
        clock.at += dt.timedelta(hours=23)
        await door.handle(graph.delivery(graph.text(AMINA, "/language en")))
        both = await opened.ledger.write(presence.reachable, windows, clock.at)
        clock.at += dt.timedelta(hours=2)
        one = await opened.ledger.write(presence.reachable, windows, clock.at)
        await opened.delivery.finish()

    assert both == {"webchat": Reach(0, 0), "messenger": Reach(2, 2)}
    assert one["messenger"] == Reach(1, 2)


async def test_an_event_that_comes_late_does_not_open_the_window_again(tmp_path: Path) -> None:
    """Meta repeats for hours what we could not store; the window counts from when the person wrote."""
    clock = Clock()
    async with FakeGraph(now=clock) as graph, program(tmp_path, graph) as opened:
        late = graph.delivery(graph.text(AMINA, "/language en"))
        clock.at += dt.timedelta(hours=30)
        await hook(opened).handle(late)
        await opened.delivery.finish()
        kept = await told(opened, AMINA, "Too late.")
        person = await opened.ledger.write(people.find_by_address, "messenger", AMINA)
        assert person is not None
        heard = await opened.ledger.write(presence.heard_at, person.id)

    assert heard == MORNING
    assert kept == "kept"


async def test_what_nobody_came_back_for_is_deleted_after_its_time(tmp_path: Path) -> None:
    clock = Clock()
    async with FakeGraph(now=clock) as graph, program(tmp_path, graph) as opened:
        await hook(opened).handle(graph.delivery(graph.text(AMINA, "/language en")))
        await graph.wait_for(1, AMINA)
        clock.at += 2 * DAY
        await told(opened, AMINA, "Nobody reads this.")
        early = await opened.ledger.write(tidy, clock.at + dt.timedelta(days=10))
        late = await opened.ledger.write(tidy, clock.at + KEPT["kept"] + dt.timedelta(days=1))

    assert (early["kept"], late["kept"]) == (0, 1)
