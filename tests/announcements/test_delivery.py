"""An announcement reaches everyone it is meant for, once, whatever becomes of single messages."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from bot.messages import Shown
from channels.contract import Failed, Fault
from channels.webchat import WebChat
from handlers.desk import announcing
from storage import announcements, leases, lines, people, subscriptions
from storage.sealing import Seal
from tests.announcements.desk import CHIEF, EDITOR, NOON, Desk, Noting, bulletin, crowd, due_now, subscriber


async def test_everyone_who_subscribed_gets_it_once(database_url: str, seal: Seal) -> None:
    """Who is subscribed to several of its topics gets one message; who is subscribed to none gets nothing."""
    async with Desk(database_url, seal) as desk:
        await desk.ledger.write(subscriber, "1", "meetings", "trainings")
        await desk.ledger.write(subscriber, "2", "trainings")
        await desk.ledger.write(subscriber, "3", "partners")
        number = await desk.ledger.write(due_now, bulletin("meetings", "trainings"))
        await desk.send()
        await desk.send()

        assert desk.channel.readers == {"1": 1, "2": 1}
        assert (await desk.find(number)).state == "done"
        assert (await desk.progress(number)).states == {"sent": 2}


async def test_audience_narrows_by_region_language_and_channel(database_url: str, seal: Seal) -> None:
    async with Desk(database_url, seal) as desk:
        await desk.ledger.write(subscriber, "1", "meetings", "region-oriental")
        await desk.ledger.write(subscriber, "2", "meetings")
        await desk.ledger.write(subscriber, "3", "meetings", "region-oriental", language="ar")
        await desk.ledger.write(subscriber, "4", "meetings", "region-oriental", channel="webchat")
        await desk.ledger.write(due_now, bulletin("meetings", regions=("region-oriental",), languages=("fr",), channels=("telegram",)))
        await desk.send()

        assert desk.channel.readers == {"1": 1}


async def test_each_reads_it_in_their_language_and_presses_buttons_of_their_own(database_url: str, seal: Seal) -> None:
    async with Desk(database_url, seal) as desk:
        await desk.ledger.write(subscriber, "1", "meetings", language="ar")
        await desk.ledger.write(subscriber, "2", "meetings", language="zgh")
        await desk.ledger.write(due_now, bulletin("meetings"))
        await desk.send()
        shown = dict(desk.channel.sent)

        assert "اجتماع" in shown["1"].text and "ⴰⵎⵓⵏ" in shown["2"].text
        assert shown["1"].buttons[0].data != shown["2"].buttons[0].data


async def test_refusals_at_random_stop_nobody_else_and_are_told_by_reason(database_url: str, seal: Seal) -> None:
    """403 and 400 in between: the rest is delivered, who blocked the bot is stopped, and the report counts by reason."""
    chance = random.Random(7)
    blocked = Failed(reason="blocked", retry=False, fault=Fault.PERSON, operator="", stops=True)
    refused = Failed(reason="content_refused", retry=False, fault=Fault.CONTENT, operator="")
    fate = {str(1000 + number): chance.choices((None, blocked, refused), (8, 1, 1))[0] for number in range(1, 201)}
    async with Desk(database_url, seal, Noting(lambda address, part: fate[address])) as desk:
        await desk.ledger.write(crowd, 200)
        number = await desk.ledger.write(due_now, bulletin("meetings"))
        await desk.send()
        progress = await desk.progress(number)
        fates = list(fate.values())

        assert set(desk.channel.readers) == {address for address, what in fate.items() if what is None}
        assert progress.reasons == {"blocked": fates.count(blocked), "content_refused": fates.count(refused)}
        assert (await desk.find(number)).state == "done"
        gone = await desk.ledger.write(people.find_by_address, "telegram", next(a for a, what in fate.items() if what is blocked))
        assert gone is not None and gone.is_left and gone.is_stopped


async def test_what_may_have_arrived_is_unknown_and_not_sent_again(database_url: str, seal: Seal) -> None:
    slow = Failed(reason="timed_out", retry=True, fault=Fault.VENDOR, operator="", unknown=True)
    async with Desk(database_url, seal, Noting(lambda address, part: slow)) as desk:
        reader = await desk.ledger.write(subscriber, "1", "meetings")
        number = await desk.ledger.write(due_now, bulletin("meetings"))
        await desk.send()
        desk.now += dt.timedelta(hours=1)
        await desk.send()

        assert (await desk.progress(number)).reasons == {"timed_out": 1}
        assert await desk.ledger.write(announcements.unknown, number) == (reader,)


async def test_what_surely_did_not_arrive_is_tried_again_later(database_url: str, seal: Seal) -> None:
    tries: list[str] = []

    def answer(address: str, part: Shown) -> Failed | None:
        tries.append(address)
        if len(tries) == 1:
            return Failed(reason="vendor_down", retry=True, fault=Fault.VENDOR, operator="")
        return None

    async with Desk(database_url, seal, Noting(answer)) as desk:
        await desk.ledger.write(subscriber, "1", "meetings")
        number = await desk.ledger.write(due_now, bulletin("meetings"))
        await desk.send()
        assert (await desk.progress(number)).remaining == 1
        desk.bulk._pace._chats.clear()  # type: ignore[union-attr]  # the pace has a clock of its own, on which no time has passed
        desk.now += dt.timedelta(seconds=5)
        await desk.send()

        assert desk.channel.readers == {"1": 1}


async def test_stopping_between_the_plan_and_the_sending_counts(database_url: str, seal: Seal) -> None:
    """Whoever unsubscribed or stopped everything in the meantime gets nothing more."""
    async with Desk(database_url, seal) as desk:
        first = await desk.ledger.write(subscriber, "1", "meetings")
        second = await desk.ledger.write(subscriber, "2", "meetings")
        await desk.ledger.write(subscriber, "3", "meetings")
        number = await desk.ledger.write(due_now, bulletin("meetings"))
        await desk.announcer.once()
        await desk.ledger.write(subscriptions.unsubscribe, first, "meetings")
        await desk.ledger.write(people.stop, second, desk.now)
        await desk.send()

        assert desk.channel.readers == {"3": 1}
        assert (await desk.progress(number)).reasons == {"unsubscribed": 2}


async def test_stop_then_start_gets_the_next_one_once(database_url: str, seal: Seal) -> None:
    async with Desk(database_url, seal) as desk:
        reader = await desk.ledger.write(subscriber, "1", "meetings", "trainings")
        await desk.ledger.write(people.stop, reader, desk.now)
        await desk.ledger.write(due_now, bulletin("meetings"))
        await desk.send()
        assert desk.channel.readers == {}
        await desk.ledger.write(subscriptions.resume, reader)
        await desk.ledger.write(due_now, bulletin("meetings", "trainings"))
        await desk.send()

        assert desk.channel.readers == {"1": 1}


async def test_quiet_hours_hold_it_until_they_are_over(database_url: str, seal: Seal) -> None:
    """At 22:00 nobody with the usual quiet hours is told; at 8:00 everyone is."""
    async with Desk(database_url, seal) as desk:
        await desk.ledger.write(subscriber, "1", "meetings")
        desk.now = NOON.replace(hour=22)
        await desk.ledger.write(due_now, bulletin("meetings"), desk.now)
        await desk.send()
        assert desk.channel.readers == {}
        desk.now = (NOON + dt.timedelta(days=1)).replace(hour=8)
        await desk.send()

        assert desk.channel.readers == {"1": 1}


@pytest.mark.parametrize(("frequency", "day"), [("daily", 24), ("weekly", 30)])
async def test_a_digest_brings_everything_of_its_time_in_one_message(database_url: str, seal: Seal, frequency: str, day: int) -> None:
    """Two announcements on Monday noon are one message, on Tuesday at nine or on the next Monday, and never two."""
    from civic.subscriptions import Habits

    async with Desk(database_url, seal) as desk:
        reader = await desk.ledger.write(subscriber, "1", "meetings", "trainings")
        await desk.ledger.write(subscriptions.set_habits, reader, Habits(frequency), desk.now)
        numbers = [await desk.ledger.write(due_now, bulletin(topic)) for topic in ("meetings", "trainings")]
        await desk.send()
        assert desk.channel.readers == {}
        assert (await desk.progress(numbers[0])).digests == 1
        desk.now = dt.datetime(2026, 11, day, 9, tzinfo=dt.UTC)
        await desk.send()
        await desk.send()

        assert desk.channel.readers == {"1": 1}
        assert desk.channel.sent[0][1].text.count("Réunion") == 2
        assert [(await desk.find(number)).state for number in numbers] == ["done", "done"]


async def test_the_web_chat_gets_lines_in_the_same_transaction(database_url: str, seal: Seal) -> None:
    async with Desk(database_url, seal, WebChat()) as desk:
        reader = await desk.ledger.write(subscriber, "guest", "meetings", channel="webchat")
        number = await desk.ledger.write(due_now, bulletin("meetings"))
        await desk.send()
        await desk.send()
        said = await desk.ledger.write(lines.after, reader, 0)

        assert [line.said.shown.text for line in said] == ["Réunion\n\nRéunion"]
        seen = await desk.find(number)
        await desk.ledger.write(announcing.act, seen, "recall", EDITOR, desk.now)
        await desk.bulk.once()
        assert await desk.ledger.write(lines.after, reader, 0) == ()


async def test_pause_resume_cancel_and_the_switch(database_url: str, seal: Seal) -> None:
    async with Desk(database_url, seal) as desk:
        await desk.ledger.write(crowd, 5)
        number = await desk.ledger.write(due_now, bulletin("meetings"))
        await desk.announcer.once()
        await desk.ledger.write(announcing.act, await desk.find(number), "pause", EDITOR, desk.now)
        await desk.send()
        assert not desk.channel.sent
        await desk.ledger.write(announcing.act, await desk.find(number), "resume", EDITOR, desk.now)
        await desk.ledger.write(announcing.throw_switch, CHIEF, desk.now, stop=True)
        await desk.send()
        assert not desk.channel.sent
        await desk.ledger.write(announcing.throw_switch, CHIEF, desk.now, stop=False)
        await desk.send()
        assert len(desk.channel.sent) == 5
        second = await desk.ledger.write(due_now, bulletin("meetings"))
        await desk.announcer.once()
        await desk.ledger.write(announcing.act, await desk.find(second), "cancel", EDITOR, desk.now)
        await desk.send()
        assert len(desk.channel.sent) == 5


async def test_correcting_and_recalling_change_what_was_sent(database_url: str, seal: Seal) -> None:
    """Each message is edited once for each correction and deleted once by a recall."""
    from civic.announcements import House
    from tests.announcements.desk import ZONE
    from tests.stage import voices

    async with Desk(database_url, seal) as desk:
        await desk.ledger.write(crowd, 3)
        number = await desk.ledger.write(due_now, bulletin("meetings"))
        await desk.send()
        sheet = announcing.Sheet(
            voices=voices(), signer=desk.signer, keeping=frozenset(), channels={"telegram": desk.channel}, zone=ZONE, house=House(),
            rates={}, windows={},
        )  # fmt: skip
        words = dict.fromkeys(("ar", "fr", "zgh", "en"), "Reportée")
        from msgspec.structs import replace

        seen = await desk.find(number)
        await desk.ledger.write(announcing.correct, sheet, seen, replace(seen.bulletin, text=words), EDITOR, desk.now)
        desk.bulk._pace._chats.clear()  # type: ignore[union-attr]
        await desk.bulk.once()
        await desk.bulk.once()
        assert sorted(address for address, _ref, _part in desk.channel.edited) == ["1001", "1002", "1003"]
        assert all("Reportée" in part.text for _address, _ref, part in desk.channel.edited)
        await desk.ledger.write(announcing.act, await desk.find(number), "recall", EDITOR, desk.now)
        desk.bulk._pace._chats.clear()  # type: ignore[union-attr]
        await desk.bulk.once()
        await desk.bulk.once()
        assert sorted(address for address, _ref in desk.channel.deleted) == ["1001", "1002", "1003"]
        assert (await desk.progress(number)).states == {"deleted": 3}


async def test_never_more_than_the_hard_cap(database_url: str, seal: Seal) -> None:
    async with Desk(database_url, seal, most=3) as desk:
        await desk.ledger.write(crowd, 10)
        number = await desk.ledger.write(due_now, bulletin("meetings"))
        await desk.send()

        assert len(desk.channel.sent) == 3
        assert (await desk.find(number)).total == 3


async def test_only_one_node_sends_on_a_channel(database_url: str, seal: Seal) -> None:
    """Two nodes at once: one paces the channel; when it gives up, the other goes on, and nobody gets it twice."""
    channel = Noting()
    async with Desk(database_url, seal, channel) as one, Desk(database_url, seal, channel, node="n2") as two:
        await one.ledger.write(crowd, 20)
        await one.ledger.write(due_now, bulletin("meetings"))
        await one.announcer.once()
        assert await one.ledger.write(leases.hold, "pace:telegram", "n1", one.now, dt.timedelta(seconds=20))
        await two.bulk.once()
        assert not channel.sent
        two.now += dt.timedelta(seconds=21)
        await two.bulk.once()
        await one.bulk.once()

        assert len(channel.sent) == 20 and set(channel.readers.values()) == {1}


@pytest.mark.parametrize("at_most_once", [False, True])
async def test_what_a_dead_node_had_claimed(database_url: str, seal: Seal, at_most_once: bool) -> None:
    """It is sent again; an announcement that is sent at most once lists it as unknown instead."""
    from storage import deliveries

    async with Desk(database_url, seal) as desk:
        await desk.ledger.write(crowd, 10)
        number = await desk.ledger.write(due_now, bulletin("meetings", at_most_once=at_most_once))
        await desk.announcer.once()
        claimed = await desk.ledger.write(deliveries.claim, "telegram", 4, desk.now)
        assert len(claimed.mail) == 4
        await desk.send()
        progress = await desk.progress(number)

        assert progress.states == ({"sent": 6, "unknown": 4} if at_most_once else {"sent": 10})
        assert len(await desk.ledger.write(announcements.unknown, number)) == (4 if at_most_once else 0)
