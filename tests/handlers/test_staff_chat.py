"""A member of staff writes the desk's code in the chat: it links once, and goes along to another channel."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from civic.staff import CHAT_CODE_LASTS, Role
from handlers.contents import CONTENTS
from storage import belongings, people, staff, staff_chats
from storage.sealing import Seal
from tests.stage import MORNING, Stage

CODE = "0a1b2c3d4e"


def employed(db: sa.Connection, code: str, at: dt.datetime = MORNING) -> int:
    """Salma, with a code that counts for a while."""
    member_id = staff.join(
        db, name="Salma", address=f"{code}@example.ma", password="", second_factor="", roles={Role.MODERATOR}, language="en", at=at
    )
    staff_chats.issue(db, member_id, code, at + CHAT_CODE_LASTS)
    return member_id


def said(stage: Stage, text: str) -> str:
    stage.says(text)
    return " ".join(shown.text for shown in stage.last)


def test_the_code_of_the_desk_links_the_chat_once(database_url: str, seal: Seal) -> None:
    stage = Stage(database_url, seal, contents=CONTENTS, with_knowledge=False)
    stage.says("/language en")
    member_id = stage.writes(employed, CODE)
    for wrong in ("/staff", "/staff 9999999999"):
        assert "not right" in said(stage, wrong)
    assert stage.writes(staff_chats.persons_of, member_id) == ()

    assert "this chat is yours" in said(stage, f"/staff {CODE.upper()}")
    (chat,) = stage.writes(staff_chats.chats_of, member_id)
    assert chat.channel == "console"
    assert "not right" in said(stage, f"/staff {CODE}")


def test_a_code_too_old_and_one_of_somebody_shut_out_link_nothing(database_url: str, seal: Seal) -> None:
    stage = Stage(database_url, seal, contents=CONTENTS, with_knowledge=False)
    stage.says("/language en")
    old = stage.writes(employed, CODE, MORNING - CHAT_CODE_LASTS)
    assert "not right" in said(stage, f"/staff {CODE}")
    gone = stage.writes(employed, "1111111111")
    stage.writes(staff.disable, gone, MORNING, "a test")
    assert "not right" in said(stage, "/staff 1111111111")
    assert stage.writes(staff_chats.persons_of, old) == stage.writes(staff_chats.persons_of, gone) == ()


def test_the_link_goes_along_to_another_channel(database_url: str, seal: Seal) -> None:
    stage = Stage(database_url, seal, contents=CONTENTS, with_knowledge=False)
    stage.says("/language en")
    member_id = stage.writes(employed, CODE)
    stage.says(f"/staff {CODE}")
    (here,) = stage.writes(staff_chats.persons_of, member_id)
    there = stage.writes(people.meet, "telegram", "7", MORNING).id
    stage.writes(belongings.carry, here, there)
    assert stage.writes(staff_chats.persons_of, member_id) == (there,)
