"""The rules that make a conversation a function of its answers, one by one (docs/ARCHITECTURE.md)."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.dialogue import Talk
from bot.features import Contents, Feature, feature
from bot.messages import Incoming, Outgoing
from bot.phrases import Phrase, _
from handlers.contents import CONTENTS
from storage import questions
from storage.sealing import Seal
from tests.stage import Stage, picture, voices


def stage(url: str, seal: Seal, *features: Feature) -> Stage:
    made = Stage(url, seal, contents=Contents((*CONTENTS.features, *features)), with_knowledge=False)
    made.says("/language en")
    return made


def asked(made: Stage) -> str:
    """The first line of what the bot said last."""
    return made.last[-1].text.split("\n")[0]


def form(*names: str, early: bool = False) -> Feature:
    """A dialogue that asks for words under these names and files them; `early` writes before its first question."""

    @feature("report", command="report")
    def report(talk: Talk) -> Outgoing:
        if early:
            questions.ask(talk.db, talk.person.id, "too early", "en", talk.now)
        said = [talk.words(name, f"{name}?", longest=6000) for name in names]
        questions.ask(talk.db, talk.person.id, "|".join(said), "en", talk.now)
        return talk.end("Done.")

    return report


def test_a_question_inserted_before_the_pending_one_keeps_the_reply_in_hand(database_url: str, seal: Seal) -> None:
    """Idir answers "town" while a deploy puts "title" before it: he is asked the title, and his town is not lost."""
    made = stage(database_url, seal, form("name", "town"))
    made.says("/report")
    made.says("Idir")
    assert asked(made) == "town?"

    made.contents = Contents((*CONTENTS.features, form("name", "title", "town")))
    made.says("Azilal")
    assert asked(made) == "title?"
    made.says("Farmer")

    assert made.filed() == ["Idir|Farmer|Azilal"]


def test_a_question_taken_out_is_not_missed(database_url: str, seal: Seal) -> None:
    made = stage(database_url, seal, form("name", "title", "town"))
    made.says("/report")
    made.says("Idir")
    made.says("Farmer")
    made.contents = Contents((*CONTENTS.features, form("name", "town")))
    made.says("Azilal")

    assert made.filed() == ["Idir|Azilal"]


def test_what_is_written_before_the_last_question_is_undone(database_url: str, seal: Seal) -> None:
    """A careless dialogue writes at its top, and is run three times: one row of it stands, that of the run that ended."""
    made = stage(database_url, seal, form("name", "town", early=True))
    made.says("/report")
    made.says("Idir")
    assert made.filed() == []
    made.says("Azilal")

    assert made.filed() == ["too early", "Idir|Azilal"]


def test_a_choice_no_longer_offered_is_asked_again(database_url: str, seal: Seal) -> None:
    offered = {"a": Phrase("First"), "b": Phrase("Second")}

    @feature("pick", command="pick")
    def pick(talk: Talk) -> Outgoing:
        theme = talk.choice("theme", "Which?", offered)
        why = talk.words("why", "Why?", longest=100)
        return talk.end(f"{theme}: {why}")

    made = stage(database_url, seal, pick)
    made.says("/pick")
    made.presses("First")
    assert asked(made) == "Why?"
    del offered["a"]
    made.says("Because")
    assert asked(made) == "Which?"
    made.presses("Second")

    assert asked(made) == "b: Because"


def test_two_questions_of_one_name_are_a_mistake_that_is_told(database_url: str, seal: Seal) -> None:
    made = stage(database_url, seal, form("name", "name"))
    made.says("/report")

    with pytest.raises(ValueError, match="asked twice"):
        made.says("Idir")


def test_an_answer_that_cannot_be_used_after_all_is_asked_again_with_the_reason(database_url: str, seal: Seal) -> None:
    """A training filled up while its registration was written."""
    full = {"rabat"}

    @feature("register", command="register")
    def register(talk: Talk) -> Outgoing:
        town = talk.choice("town", "Where?", {"rabat": Phrase("Rabat"), "fes": Phrase("Fes")})
        talk.review(f"In {town}", send=Phrase("Send"), change=("town",))
        if town in full:
            talk.again("town", Phrase("This one is full."))
        return talk.end(f"You are in: {town}")

    made = stage(database_url, seal, register)
    made.says("/register")
    made.presses("Rabat")
    made.presses("Send")
    assert made.last[-1].text.startswith("This one is full.\n\nWhere?")
    made.presses("Fes")
    assert asked(made) == "In fes"
    made.presses("Send")

    assert asked(made) == "You are in: fes"


def test_a_question_after_the_review_does_not_show_it_twice(database_url: str, seal: Seal) -> None:
    @feature("late", command="late")
    def late(talk: Talk) -> Outgoing:
        talk.words("name", "Name?", longest=50)
        talk.review("All right?", send=Phrase("Send"), change=("name",))
        word = talk.words("word", "A last word?", longest=50)
        return talk.end(f"Done, {word}")

    made = stage(database_url, seal, late)
    made.says("/late")
    made.says("Idir")
    made.presses("Send")
    assert asked(made) == "A last word?"
    made.says("thanks a lot indeed my friends")

    assert asked(made) == "Done, thanks a lot indeed my friends"


def test_a_text_the_client_split_is_joined_again(database_url: str, seal: Seal) -> None:
    """A long text comes in two messages: the first is answered at once, the second belongs to it."""
    made = stage(database_url, seal, form("story", "town"))
    made.says("/report")
    made.says("a" * 4096, cut=True)
    assert asked(made) == "town?"
    made.now -= dt.timedelta(seconds=9)
    made.says("and the rest")
    assert asked(made) == "town?"
    made.says("Azilal")

    assert made.filed() == [f"{'a' * 4096} and the rest|Azilal"]


def test_a_text_too_long_in_its_two_pieces_is_refused_whole_and_kept(database_url: str, seal: Seal) -> None:
    """Neither piece is taken for an answer of its own, and nothing of what was written is lost without a word."""
    made = stage(database_url, seal, form("story", "town"))
    made.says("/report")
    made.says("a" * 4096, cut=True)
    made.now -= dt.timedelta(seconds=9)
    made.says("b" * 3000)
    assert made.last[-1].text.startswith("This is 7,097 characters long; the limit is 6,000.")
    made.says("Short.")
    made.says("Azilal")

    assert made.filed() == ["Short.|Azilal"]


def test_a_long_message_much_later_is_an_answer_of_its_own(database_url: str, seal: Seal) -> None:
    made = stage(database_url, seal, form("story", "town"))
    made.says("/report")
    made.says("a" * 4096, cut=True)
    made.says("Azilal")

    assert made.filed() == [f"{'a' * 4096}|Azilal"]


def test_nobody_elses_button_does_anything(database_url: str, seal: Seal) -> None:
    """Amina forwards her screen's button data to Idir; it was not made for him."""
    made = stage(database_url, seal)
    made.says("/menu")
    data = made.last[-1].buttons[0].data
    made.hears(Incoming(channel="console", event="f1", address="idir", at=made.now, pressed=data))

    assert asked(made) == voices()["ar"].say(_("This button was not made for you, or it is too old to be used."))


def test_the_language_changes_in_the_middle_and_values_stand(database_url: str, seal: Seal) -> None:
    @feature("pick", command="pick")
    def pick(talk: Talk) -> Outgoing:
        sure = talk.yes("sure", "Sure?")
        why = talk.words("why", "Why?", longest=100)
        return talk.end(f"{sure}: {why}")

    made = stage(database_url, seal, pick)
    made.says("/pick")
    made.says("wakha")
    made.says("/language ar")
    made.says("لأنني أريد")

    assert asked(made) == "True: لأنني أريد"


def test_an_album_answers_once_however_many_pictures_follow(database_url: str, seal: Seal) -> None:
    @feature("show", command="show")
    def show(talk: Talk) -> Outgoing:
        photos = talk.pictures("photos", "Pictures?", most=3)
        why = talk.words("why", "Why?", longest=100)
        return talk.end(f"{len(photos)} {why}")

    made = stage(database_url, seal, show)
    made.says("/show")
    said = [len(made.says(files=(picture(f"{number}.jpg"),), album="x").shown) for number in range(5)]
    made.says("Because")

    assert said == [1, 0, 0, 1, 0]
    assert asked(made) == "3 Because"


def test_a_draft_whose_questions_are_all_computed_is_offered_again(database_url: str, seal: Seal) -> None:
    @feature("loop", command="loop")
    def loop(talk: Talk) -> Outgoing:
        said = [talk.words(f"line{number}", f"Line {number}?", longest=100) for number in range(2)]
        return talk.end("|".join(said))

    made = stage(database_url, seal, loop)
    made.says("/loop")
    made.says("one thing")
    made.says("/cancel")
    made.says("keep")
    made.says("/loop")
    made.presses("Continue where I stopped")
    assert asked(made) == "Line 1?"
    made.says("another thing")

    assert asked(made) == "one thing|another thing"
