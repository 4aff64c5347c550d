"""From the draft to the report: who may approve, what is refused, and what the log says."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa
from msgspec.structs import replace as changed

from bot.buttons import Signer
from bot.layout import Limits
from channels.webchat import WebChat
from civic.announcements import Audience, Bulletin, House
from civic.errors import Refusal
from handlers.desk import announcing
from storage import announcements, subscriptions
from storage.schema import audit as audit_table
from storage.sealing import Seal
from tests.announcements.desk import CHIEF, EDITOR, NOON, ZONE, Desk, Noting, bulletin, due_now, subscriber
from tests.stage import voices


def sheet(**house: object) -> announcing.Sheet:
    return announcing.Sheet(
        voices=voices(),
        signer=Signer(b"k" * 32),
        keeping=frozenset({"webchat"}),
        channels={"telegram": Noting(), "webchat": WebChat()},
        zone=ZONE,
        house=House(**house),  # type: ignore[arg-type]
        rates={"telegram": 29.7},
        windows={},
    )


def noted(db: sa.Connection) -> list[tuple[str, str]]:
    return [(row.actor, row.action) for row in db.execute(sa.select(audit_table.c.actor, audit_table.c.action).order_by(audit_table.c.id))]


async def drafted(desk: Desk, wanted: Bulletin) -> announcements.Announcement:
    return await desk.find(await desk.ledger.write(announcing.draft, wanted, EDITOR, NOON))


async def refused(desk: Desk, function: object, *args: object) -> str:
    with pytest.raises(Refusal) as found:
        await desk.ledger.write(function, *args)  # type: ignore[arg-type]
    return found.value.reason


async def test_a_second_person_approves_and_there_is_time_to_think_again(database_url: str, seal: Seal) -> None:
    async with Desk(database_url, seal) as desk:
        seen = await drafted(desk, bulletin("meetings"))
        assert await refused(desk, announcing.approve, sheet(), seen, EDITOR, NOON) == "second_person"
        await desk.ledger.write(announcing.approve, sheet(), seen, CHIEF, NOON)
        due = await desk.ledger.write(announcing.schedule, sheet(), await desk.find(seen.id), CHIEF, None, NOON)

        assert due == NOON + dt.timedelta(minutes=2)
        await desk.announcer.once()
        assert (await desk.find(seen.id)).state == "scheduled"
        await desk.ledger.write(announcing.act, await desk.find(seen.id), "reopen", EDITOR, NOON)
        assert (await desk.find(seen.id)).state == "draft"
        actions = ["announcement_written", "announcement_approved", "announcement_scheduled", "announcement_reopened"]
        assert [action for _actor, action in await desk.ledger.write(noted)] == actions


async def test_a_team_of_one_approves_its_own_and_the_log_says_so(database_url: str, seal: Seal) -> None:
    async with Desk(database_url, seal) as desk:
        seen = await drafted(desk, bulletin("meetings"))
        await desk.ledger.write(announcing.approve, sheet(team_of_one=True), seen, EDITOR, NOON)

        assert (EDITOR, "announcement_approved_alone") in await desk.ledger.write(noted)


async def test_a_missing_language_needs_an_explicit_fallback(database_url: str, seal: Seal) -> None:
    words = {"ar": "اجتماع", "fr": "Réunion"}
    async with Desk(database_url, seal) as desk:
        seen = await drafted(desk, Bulletin(words, words, Audience(topics=("meetings",))))
        assert await refused(desk, announcing.approve, sheet(), seen, CHIEF, NOON) == "language_missing"
        allowed = changed(seen.bulletin, fallback={"zgh": "fr", "en": "fr"})
        await desk.ledger.write(announcing.rewrite, seen, allowed, EDITOR, NOON)
        await desk.ledger.write(announcing.approve, sheet(), await desk.find(seen.id), CHIEF, NOON)

        shown = announcing.preview(sheet(), replace(seen, bulletin=allowed), "zgh")
        assert "Français" in shown["telegram"][0].text and "Réunion" in shown["webchat"][0].text


async def test_an_announcement_is_one_message_on_every_channel(database_url: str, seal: Seal) -> None:
    """Longer than a channel's message: refused before it is approved, naming the channel."""

    class Narrow(Noting):
        name = "narrow"
        limits = Limits(text=200, caption=0, buttons=3, label=20)

    async with Desk(database_url, seal) as desk:
        long = dict.fromkeys(("ar", "fr", "zgh", "en"), "x " * 120)
        seen = await drafted(desk, Bulletin(dict.fromkeys(long, "T"), long, Audience(topics=("meetings",))))
        narrow = replace(sheet(), channels={"narrow": Narrow()})
        with pytest.raises(Refusal) as found:
            await desk.ledger.write(announcing.approve, narrow, seen, CHIEF, NOON)
        assert (found.value.reason, found.value.values["channel"]) == ("too_long_for_channel", "narrow")


async def test_more_than_the_house_allows_is_not_approved(database_url: str, seal: Seal) -> None:
    async with Desk(database_url, seal) as desk:
        for name in "123":
            await desk.ledger.write(subscriber, name, "meetings")
        seen = await drafted(desk, bulletin("meetings"))
        assert await refused(desk, announcing.approve, sheet(most=2), seen, CHIEF, NOON) == "too_many"


async def test_two_editors_cannot_overwrite_each_other(database_url: str, seal: Seal) -> None:
    async with Desk(database_url, seal) as desk:
        seen = await drafted(desk, bulletin("meetings"))
        await desk.ledger.write(announcing.rewrite, seen, bulletin("trainings"), EDITOR, NOON)
        with pytest.raises(announcements.Changed):
            await desk.ledger.write(announcing.approve, sheet(), seen, CHIEF, NOON)


async def test_reach_says_how_many_can_be_told_now_and_how_long_it_takes(database_url: str, seal: Seal) -> None:
    """Those in their quiet hours, those who want a digest, and on a channel with a window those who have not written, are not told now."""
    from civic.subscriptions import Habits

    async with Desk(database_url, seal) as desk:
        await desk.ledger.write(subscriber, "1", "meetings")
        quiet = await desk.ledger.write(subscriber, "2", "meetings")
        daily = await desk.ledger.write(subscriber, "3", "meetings")
        await desk.ledger.write(subscriber, "4", "meetings", channel="webchat")
        await desk.ledger.write(subscriber, "5", "partners")
        await desk.ledger.write(subscriptions.set_habits, quiet, Habits("once", 10, 14), NOON)
        await desk.ledger.write(subscriptions.set_habits, daily, Habits("daily"), NOON)
        found = await desk.ledger.write(announcing.reach, sheet(), bulletin("meetings"), NOON)
        assert (found.meant, found.now, found.channels) == (4, 2, {"telegram": (3, 1), "webchat": (1, 1)})
        assert found.seconds == pytest.approx(3 / 29.7)
        windowed = replace(sheet(), windows={"telegram": dt.timedelta(hours=24)})
        assert (await desk.ledger.write(announcing.reach, windowed, bulletin("meetings"), NOON)).now == 1


async def test_a_code_shows_one_announcement_and_cannot_be_made_up(database_url: str, seal: Seal) -> None:
    async with Desk(database_url, seal) as desk:
        seen = await drafted(desk, bulletin("meetings"))
        other = await drafted(desk, bulletin("trainings"))
        signer = sheet().signer
        code = announcing.test_code(signer, seen)

        assert await desk.ledger.write(announcing.of_test_code, signer, code) == seen
        for wrong in ("", "1", f"{other.id}-{code.partition('-')[2]}", f"{seen.id}-AAAAAAAA", "x-y"):
            assert await desk.ledger.write(announcing.of_test_code, signer, wrong) is None


async def test_what_people_press_is_counted_and_not_who(database_url: str, seal: Seal) -> None:
    async with Desk(database_url, seal) as desk:
        await desk.ledger.write(subscriber, "1", "meetings")
        number = await desk.ledger.write(due_now, bulletin("meetings"))
        await desk.send()
        for what in ("opened", "opened", "stopped"):
            await desk.ledger.write(announcements.count, number, what)
        found = await desk.find(number)

        assert (found.opened, found.pressed, found.stopped) == (2, 0, 1)


async def test_states_lead_only_where_they_may(database_url: str, seal: Seal) -> None:
    async with Desk(database_url, seal) as desk:
        seen = await drafted(desk, bulletin("meetings"))
        for what in ("pause", "resume", "recall", "reopen"):
            assert await refused(desk, announcing.act, seen, what, EDITOR, NOON) == "not_now"
        await desk.ledger.write(announcing.act, seen, "cancel", EDITOR, NOON)
        gone = await desk.find(seen.id)
        assert await refused(desk, announcing.approve, sheet(), gone, CHIEF, NOON) == "not_now"
