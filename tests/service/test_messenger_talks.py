"""The main talks from their first word to their last on Messenger, in Arabic and French, and what comes of them later."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.phrases import Phrase
from civic.announcements import Bulletin
from civic.proposals import Act
from handlers.desk import announcing
from service.wiring import Program
from storage import announcements, leases, outbox, people, proposals
from storage.sealing import Seal, write_keys
from tests.announcements.desk import EDITOR, bulletin, due_now
from tests.events.made import training
from tests.fakes.graph_api import Accepted, FakeGraph
from tests.moderators import decide
from tests.service.test_messenger_whole import AMINA, hook, program
from tests.service.test_messenger_window import DAY, Clock

LANGUAGES = pytest.mark.parametrize("language", ["ar", "fr"])
TEXTS = {
    "ar": ("نشر ميزانيات الجماعات", "ميزانيات الجماعات لا تنشر. نقترح أن تنشر كل جماعة ميزانيتها كل سنة على موقع واحد."),
    "fr": ("Publier les budgets des communes", "Les budgets ne sont pas publiés. Chaque commune devrait publier le sien chaque année."),
}


@pytest.fixture(autouse=True)
def same_key(tmp_path: Path, seal: Seal) -> None:
    """The program opens the database that was made for the test."""
    (tmp_path / "data").mkdir(mode=0o700)
    write_keys(tmp_path / "data" / "hiwar.key", seal.masters)


@dataclass
class Citizen:
    """Amina on Messenger, who writes, and presses what she sees by its English name."""

    graph: FakeGraph
    opened: Program
    language: str

    async def does(self, *what: str) -> Accepted:
        """Each in turn: words, or "[Label]"; the last answer."""
        for one in what:
            label = re.fullmatch(r"\[(.+)\]", one)
            event = self._press(self.say(label[1])) if label else self.graph.text(AMINA, one)
            await hook(self.opened).handle(self.graph.delivery(event))
            await self.opened.delivery.finish()
        return self.graph.sent(AMINA)[-1]

    def say(self, msgid: str) -> str:
        return self.opened.voices[self.language].say(Phrase(msgid))

    def _press(self, label: str) -> dict[str, object]:
        """A quick reply, or the number of a label that is too long for one."""
        newest = self.graph.sent(AMINA)[-1]
        buttons = dict(newest.buttons)
        if label not in buttons:
            found = re.search(rf"^(\d+)\. {re.escape(label)}$", newest.text, re.MULTILINE)
            assert found, (label, newest)
            label = found[1]
        return self.graph.press(AMINA, buttons[label], label)

    async def proposes(self) -> Accepted:
        """A whole proposal, without a name."""
        title, text = TEXTS[self.language]
        await self.does(f"/language {self.language}", "/propose", "3", "1", title, text, "1", "[Yes]", "[Skip]", "[Skip]")
        return await self.does("[No, stay anonymous]", "[Send]")

    async def hears(self) -> None:
        """What is in the outbox is looked at, whether it goes out or is kept."""
        letters = await self.opened.ledger.write(outbox.claim, ("messenger",), self.opened.house.node, 10, self.opened.now())
        self.opened.delivery.deliver(letters)
        await self.opened.delivery.finish()

    async def announced(self, wanted: Bulletin) -> int:
        """An announcement that goes out now; its number."""
        number = await self.opened.ledger.write(due_now, wanted, self.opened.now())
        await self.send()
        return number

    async def send(self) -> None:
        await self.opened.announcer.once()
        for one in self.opened.bulk:
            await one.once()
        await self.opened.announcer.once()

    async def states(self, number: int) -> dict[str, int]:
        return dict((await self.opened.ledger.write(announcements.progress, number, self.opened.now())).states)


@LANGUAGES
async def test_a_proposal_gets_its_receipt(tmp_path: Path, database_url: str, language: str) -> None:
    async with FakeGraph() as graph, program(tmp_path, graph, database_url) as opened:
        receipt = await Citizen(graph, opened, language).proposes()
        filed = await opened.ledger.write(proposals.get, 1)

    assert "P-1" in receipt.text
    assert (filed.title, filed.text) == TEXTS[language]
    assert graph.refused == []


@LANGUAGES
async def test_a_registration_brings_its_file_and_names_other_ways(tmp_path: Path, database_url: str, language: str) -> None:
    """The calendar file is uploaded; the reminder may not arrive here, so she is told of other ways."""
    clock = Clock()
    async with FakeGraph(now=clock) as graph, program(tmp_path, graph, database_url) as opened:
        amina = Citizen(graph, opened, language)
        event = await opened.ledger.write(lambda db: training(db, at=clock.at))
        await amina.does(f"/language {language}", f"/register {event.id}", "Amina", "[Skip]", "[No]")
        confirmed = await amina.does("[Register]")
        files = [one for one in graph.sent(AMINA) if one.attachment == "file"]
        ways = await amina.does("[Other ways to reach me]")

    assert "R-1" in confirmed.text
    assert amina.say(
        "Here I may write to you only for 24 hours after your last message. What comes later waits until you write again."
    ) in (confirmed.text)
    assert len(files) == 1
    assert amina.say("Take my conversation along") in (ways.text + str(ways.buttons))
    assert graph.refused == []


@LANGUAGES
async def test_a_subscriber_is_told_at_once_inside_the_window_and_later_outside(tmp_path: Path, database_url: str, language: str) -> None:
    clock = Clock()
    async with FakeGraph(now=clock) as graph, program(tmp_path, graph, database_url) as opened:
        amina = Citizen(graph, opened, language)
        await amina.does(f"/language {language}", "/subscribe meetings")
        before = len(graph.sent(AMINA))
        first = await amina.announced(bulletin("meetings"))
        assert len(graph.sent(AMINA)) == before + 1
        assert graph.sent(AMINA)[-1].text.startswith(bulletin().title[language])
        assert await amina.states(first) == {"sent": 1}

        clock.at += DAY + DAY / 12
        reached = await opened.ledger.write(announcing.reach, opened.sheet, bulletin("meetings"), clock.at)
        second, third = await amina.announced(bulletin("meetings")), await amina.announced(bulletin("meetings"))
        waiting = [await amina.states(number) for number in (second, third)]
        over = await opened.ledger.write(announcements.find, second)
        untold = len(graph.sent(AMINA))
        await amina.does("/menu")
        told = graph.sent(AMINA)[untold]

    assert (reached.meant, reached.now) == (1, 0)
    assert untold == before + 1
    assert waiting == [{"kept": 1}, {"kept": 1}]
    assert over is not None and over.state == "done"
    assert told.text.startswith(amina.say("While you were away:"))
    assert graph.refused == []


async def test_what_waits_is_corrected_taken_back_or_grows_old(tmp_path: Path, database_url: str) -> None:
    """A person who comes back reads the corrected words, nothing of what was taken back, and nothing older than two weeks."""
    from msgspec.structs import replace

    clock = Clock()
    async with FakeGraph(now=clock) as graph, program(tmp_path, graph, database_url) as opened:
        amina = Citizen(graph, opened, "en")
        await amina.does("/language en", "/subscribe meetings")
        clock.at += 2 * DAY
        old = await amina.announced(replace(bulletin("meetings"), title=dict.fromkeys(("ar", "fr", "zgh", "en"), "Old")))
        clock.at += 15 * DAY
        wrong, gone = await amina.announced(bulletin("meetings")), await amina.announced(bulletin("meetings"))
        seen = await opened.ledger.write(announcements.find, wrong)
        assert seen is not None
        corrected = replace(seen.bulletin, text=dict.fromkeys(("ar", "fr", "zgh", "en"), "In room 2."))
        await opened.ledger.write(announcing.correct, opened.sheet, seen, corrected, EDITOR, clock.at)
        recalled = await opened.ledger.write(announcements.find, gone)
        assert recalled is not None
        await opened.ledger.write(announcing.act, recalled, "recall", EDITOR, clock.at)
        await amina.send()
        before = len(graph.sent(AMINA))
        await amina.does("/menu")
        told = graph.sent(AMINA)[before]
        states = [await amina.states(number) for number in (old, wrong, gone)]

    assert told.text == "While you were away:\n\nMeeting\n\nIn room 2."
    assert states == [{"failed": 1}, {"sent": 1}, {"deleted": 1}]


async def test_who_unsubscribes_meanwhile_is_not_shown_what_waited_and_a_thrown_switch_holds_it(tmp_path: Path, database_url: str) -> None:
    clock = Clock()
    async with FakeGraph(now=clock) as graph, program(tmp_path, graph, database_url) as opened:
        amina = Citizen(graph, opened, "en")
        await amina.does("/language en", "/subscribe meetings", "/subscribe trainings")
        clock.at += 2 * DAY
        meeting, training = await amina.announced(bulletin("meetings")), await amina.announced(bulletin("trainings"))
        await opened.ledger.write(leases.throw, announcements.BULK, EDITOR, clock.at)
        before = len(graph.sent(AMINA))
        await amina.does("/subscribe off-trainings")
        held = graph.sent(AMINA)[before:]
        await opened.ledger.write(leases.put_back, announcements.BULK)
        before = len(graph.sent(AMINA))
        await amina.does("/menu")
        told = graph.sent(AMINA)[before]
        states = [await amina.states(number) for number in (meeting, training)]

    assert not any("While you were away" in message.text for message in held)
    assert told.text == "While you were away:\n\nMeeting\n\nMeeting"
    assert states == [{"sent": 1}, {"stopped": 1}]


async def test_the_desk_shows_messenger_with_its_limits(tmp_path: Path) -> None:
    """What is fitted for the editor is what is sent: one message, its long labels as a numbered list."""
    async with FakeGraph() as graph, program(tmp_path, graph) as opened:
        number = await opened.ledger.write(lambda db: announcing.draft(db, bulletin("meetings"), EDITOR, opened.now()))
        seen = await opened.ledger.write(announcements.find, number)
        assert seen is not None
        previews = {language: announcing.preview(opened.sheet, seen, language)["messenger"] for language in ("ar", "fr")}

    for (part,) in previews.values():
        assert all(len(button.label) <= 20 for button in part.buttons)
        assert len(part.text) <= 2000
    assert previews["fr"][0].text.startswith("Réunion")


@pytest.mark.parametrize("granted", [True, False])
async def test_a_moderators_question_has_seven_days_where_meta_granted_it(tmp_path: Path, granted: bool) -> None:
    """The question is a person's own words; the rejection is the program's, and waits in either case."""
    clock = Clock()
    async with FakeGraph(now=clock, human_agent=granted) as graph, program(tmp_path, graph) as opened:
        amina = Citizen(graph, opened, "fr")
        await amina.proposes()
        clock.at += 3 * DAY
        before = len(graph.sent(AMINA))
        await opened.ledger.write(lambda db: decide(db, opened.post, 1, Act.ASK, clock.at, "De quelles communes parlez-vous ?"))
        await amina.hears()
        asked = graph.sent(AMINA)[before:]
        await opened.ledger.write(lambda db: decide(db, opened.post, 1, Act.REJECT, clock.at, "unclear"))
        await amina.hears()
        after = graph.sent(AMINA)[before:]
        states = await opened.ledger.write(_notices)

    assert [one.tag for one in after] == (["HUMAN_AGENT"] if granted else [])
    assert after == asked
    assert states == (["sent", "kept"] if granted else ["kept", "kept"])
    assert graph.refused == []


def _notices(db: sa.Connection) -> list[str]:
    """The states of what she was told unasked; each notice is told once."""
    person = people.find_by_address(db, "messenger", AMINA)
    assert person is not None
    found = db.execute(sa.text("select state from outbox where lane = 1 and person_id = :who order by id"), {"who": person.id})
    return [row.state for row in found]
