"""Every button about a proposal, over HTTP and without a script: the state, what the citizen reads, the log, and undo."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import sqlalchemy as sa

from civic.proposals import State
from handlers.notices import tell_some
from storage import attachments, blocks, decisions, proposals, records, steps
from tests.proposals_at_hand import BENCH, COMMITTEE, POST, actions, citizen, told
from tests.running import Running, running
from tests.web.desk import Clerk, looking, plain, said, signed_in

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("desk_proposals")]
NEVER = "600"  # seconds in which the running program tells nobody, so that the tests say when


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(tmp_path_factory.mktemp("desk_proposals") / "data", undo_seconds=NEVER) as hiwar:
        looking(hiwar.data, lambda db: records.load(db, (COMMITTEE,), dt.datetime.now(dt.UTC)))
        yield hiwar


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """Where one person does both."""
    async with running(tmp_path_factory.mktemp("desk_alone") / "data", undo_seconds=NEVER, team_of_one="true") as hiwar:
        looking(hiwar.data, lambda db: records.load(db, (COMMITTEE,), dt.datetime.now(dt.UTC)))
        yield hiwar


def filed(hiwar: Running, author: str) -> int:
    """A proposal of somebody new, who reads English in the web chat."""
    now = dt.datetime.now(dt.UTC)

    def file(db: sa.Connection) -> int:
        return proposals.file(db, citizen(db, author), "webchat", BENCH, now.date() + dt.timedelta(days=28), now).number

    return looking(hiwar.data, file)


def reads(hiwar: Running, author: str) -> str:
    """What somebody reads when the time to undo is over."""

    def tell(db: sa.Connection) -> str:
        while tell_some(db, POST, dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)):
            pass
        return plain("\n".join(told(db, author)))

    return looking(hiwar.data, tell)


def state(hiwar: Running, number: int) -> State:
    return looking(hiwar.data, lambda db: proposals.get(db, number).state)


def logged(hiwar: Running, number: int) -> list[tuple[str, str]]:
    """Who did what to a proposal, as the log says."""
    return [(actor, what) for actor, what, subject, _details in looking(hiwar.data, actions) if subject == f"P-{number}"]


async def undoes(clerk: Clerk) -> str:
    """Press "Undo" on the page after a decision; what the next page says."""
    found = re.search(r'<form method="post" action="(/desk/(?:decisions|bulk)/[0-9a-f]+/undo)">', await clerk.follows())
    assert found
    status, _page = await clerk.posts(found[1])
    assert status == 303
    return said(await clerk.follows())


FORMS: dict[str, tuple[dict[str, str], State, str]] = {
    "publish": ({"title": BENCH.title, "text": "Elderly people wait standing for half an hour. ▇▇▇"}, State.PUBLISHED, "is published"),
    "ask": ({"message": "Which town?"}, State.ASKED, "Which town?"),
    "reject": ({"reason": "complaint"}, State.REJECTED, "is not published"),
    "forward": ({"body": "oversight-committee"}, State.WAITING, "was passed on"),
    "answer": (
        {
            "outcome": "accepted",
            "who": "Ministry",
            "words_ar": "نعم",
            "words_fr": "Oui",
            "words_en": "Yes, soon.",
            "instead_zgh": "ar",
            "by_when": "2099-01-31",
        },
        State.ANSWERED,
        "Yes, soon.",
    ),
    "delay": (
        {"promised": (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=90)).isoformat(), "message": "Two ministries."},
        State.WAITING,
        "Two ministries.",
    ),
    "note": ({"message": "Ask the legal service."}, State.WAITING, ""),
}


@pytest.mark.parametrize("act", FORMS)
async def test_a_decision_is_made_told_and_logged(alone: Running, act: str) -> None:
    fields, becomes, words = FORMS[act]
    number = filed(alone, f"amina-{act}")
    async with signed_in(alone, "moderator") as salma:
        status, _page = await salma.posts(f"/desk/proposals/{number}/hold", {"act": act})
        assert (status, salma.headers["Location"]) == (303, f"/desk/proposals/{number}?act={act}#decide")
        _status, page = await salma.gets(f"/desk/proposals/{number}?act={act}")
        version = re.search(r'name="version" value="(\d+)"', page)
        assert version and f'name="act" value="{act}"' in page
        status, _page = await salma.posts(f"/desk/proposals/{number}/decide", {"act": act, "version": version[1], **fields})
        assert status == 303
        assert said(await salma.follows()) != ""

        assert state(alone, number) is becomes
        assert [actor for actor, _what in logged(alone, number)] == [f"staff:{salma.id}"]
        assert words in reads(alone, f"amina-{act}")
        assert reads(alone, f"amina-{act}").count("P-") >= (1 if words else 0)


@pytest.mark.parametrize("act", FORMS)
async def test_a_decision_is_undone_from_the_next_page(alone: Running, act: str) -> None:
    fields, _becomes, _words = FORMS[act]
    number = filed(alone, f"idir-{act}")
    async with signed_in(alone, "moderator") as salma:
        await salma.posts(f"/desk/proposals/{number}/decide", {"act": act, "version": "1", **fields})
        assert await undoes(salma) == f"P-{number}: undone. Nobody was told."

        assert state(alone, number) is State.WAITING
        assert [what.endswith("_undone") for _actor, what in logged(alone, number)] == [False, True]
        assert reads(alone, f"idir-{act}") == ""


async def test_joining_leads_supporters_over(alone: Running) -> None:
    number, other = filed(alone, "amina-merge"), filed(alone, "brahim-merge")
    async with signed_in(alone, "moderator") as salma:
        status, _page = await salma.posts(f"/desk/proposals/{number}/decide", {"act": "merge", "version": "1", "target": f"p-{other}"})
        assert status == 303
    assert state(alone, number) is State.MERGED
    assert f"says the same as P-{other}" in reads(alone, "amina-merge")


async def test_a_rejection_waits_for_a_second_person_who_confirms_it(hiwar: Running) -> None:
    number = filed(hiwar, "amina-second")
    async with signed_in(hiwar, "moderator") as salma, signed_in(hiwar, "moderator", name="Youssef Alami") as youssef:
        await salma.posts(f"/desk/proposals/{number}/decide", {"act": "reject", "version": "1", "reason": "spam"})
        assert "A second person has to confirm it." in said(await salma.follows())
        assert state(hiwar, number) is State.WAITING
        (decision,) = looking(hiwar.data, lambda db: decisions.of(db, number))

        status, page = await salma.posts(f"/desk/decisions/{decision.id}/confirm")
        assert (status, "somebody else has to confirm it" in page) == (409, True)
        _status, page = await youssef.gets("/desk/confirmations")
        assert f"/desk/decisions/{decision.id}/confirm" in page
        assert "Salma Idrissi" in page
        status, _page = await youssef.posts(f"/desk/decisions/{decision.id}/confirm")
        assert (status, said(await youssef.follows()).startswith(f"P-{number}: It is rejected.")) == (303, True)
    assert state(hiwar, number) is State.REJECTED
    assert [actor for actor, _what in logged(hiwar, number)] == [f"staff:{salma.id}", f"staff:{youssef.id}"]
    assert "is not published" in reads(hiwar, "amina-second")


async def test_a_second_person_declines_with_a_reason(hiwar: Running) -> None:
    number = filed(hiwar, "amina-declined")
    async with signed_in(hiwar, "moderator") as salma, signed_in(hiwar, "moderator") as youssef:
        await salma.posts(f"/desk/proposals/{number}/decide", {"act": "reject", "version": "1", "reason": "spam"})
        (decision,) = looking(hiwar.data, lambda db: decisions.of(db, number))
        status, page = await youssef.posts(f"/desk/decisions/{decision.id}/decline", {"reason": ""})
        assert (status, "Say why" in page) == (409, True)
        status, _page = await youssef.posts(f"/desk/decisions/{decision.id}/decline", {"reason": "It is no spam."})
        assert status == 303
        _status, page = await salma.gets(f"/desk/proposals/{number}")
        assert "It is no spam." in page
    assert state(hiwar, number) is State.WAITING
    assert reads(hiwar, "amina-declined") == ""


async def test_a_refused_form_keeps_what_was_typed_and_says_what_is_wrong(hiwar: Running) -> None:
    number = filed(hiwar, "amina-typed")
    async with signed_in(hiwar, "moderator", language="fr") as salma:
        fields = {"act": "answer", "version": "1", "outcome": "accepted", "who": "Ministère", "words_fr": "Oui, bientôt."}
        status, page = await salma.posts(f"/desk/proposals/{number}/decide", fields)
        assert (status, "Oui, bientôt." in page, 'id="words_ar-wrong"' in page) == (400, True, True)
        status, page = await salma.posts(f"/desk/proposals/{number}/decide", {"act": "delay", "version": "1", "promised": "demain"})
        assert (status, 'id="promised-wrong"' in page) == (400, True)
    assert logged(hiwar, number) == []


async def test_who_saw_an_older_version_decides_again(hiwar: Running) -> None:
    number = filed(hiwar, "amina-version")
    async with signed_in(hiwar, "moderator") as salma, signed_in(hiwar, "moderator") as youssef:
        await youssef.posts(f"/desk/proposals/{number}/decide", {"act": "forward", "version": "1", "body": "oversight-committee"})
        status, page = await salma.posts(f"/desk/proposals/{number}/decide", {"act": "ask", "version": "1", "message": "Which town?"})
        assert (status, "Somebody changed this proposal meanwhile" in page, "Which town?" in page) == (409, True, True)


async def test_a_held_proposal_is_left_to_who_holds_it(hiwar: Running) -> None:
    number = filed(hiwar, "amina-held")
    async with signed_in(hiwar, "moderator") as salma, signed_in(hiwar, "moderator") as youssef:
        await salma.posts(f"/desk/proposals/{number}/hold", {"act": "ask"})
        status, page = await youssef.posts(f"/desk/proposals/{number}/hold", {"act": "publish"})
        assert (status, "A colleague is looking at this proposal until" in page) == (409, True)
        _status, page = await youssef.gets(f"/desk/proposals/{number}")
        assert "Salma Idrissi is looking at this" in plain(page)
        await salma.posts(f"/desk/proposals/{number}/let-go")
        status, _page = await youssef.posts(f"/desk/proposals/{number}/hold", {"act": "publish"})
        assert status == 303


async def test_personal_data_are_marked_and_offered_covered(hiwar: Running) -> None:
    number = filed(hiwar, "amina-personal")
    async with signed_in(hiwar, "moderator") as salma:
        _status, page = await salma.gets(f"/desk/proposals/{number}?act=publish")
    assert re.search(r"<mark><span class=\"unseen\">Phone number: </span>0612345678</mark>", page)
    area = re.search(r'<textarea id="text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert area and "0612345678" not in area[1] and "▇▇▇" in area[1]


async def test_files_are_handed_out_to_moderators_and_run_nowhere(hiwar: Running) -> None:
    number = filed(hiwar, "amina-files")

    def attach(db: sa.Connection) -> int:
        from bot.messages import File

        attachments.want(db, number, "webchat", [File("ref", name="خريطة.pdf")], dt.datetime.now(dt.UTC))
        (file,) = attachments.of(db, number)
        attachments.keep(db, file.id, "خريطة.pdf", "application/pdf", b"%PDF-1.7")
        return file.id

    file_id = looking(hiwar.data, attach)
    async with signed_in(hiwar, "moderator") as salma:
        status, content = await salma.gets(f"/desk/proposals/{number}/files/{file_id}")
        assert (status, content) == (200, "%PDF-1.7")
        assert salma.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert (await salma.gets(f"/desk/proposals/{number}/files/99"))[0] == 404
    async with signed_in(hiwar, "editor") as editor:
        assert (await editor.gets(f"/desk/proposals/{number}/files/{file_id}"))[0] == 403


async def test_many_are_rejected_for_one_reason_their_authors_blocked_and_all_of_it_undone(alone: Running) -> None:
    numbers = [filed(alone, f"spammer-{n % 2}") for n in range(4)]
    async with signed_in(alone, "moderator") as salma:
        fields = {"act": "reject", "reason": "spam", "scope": "chosen", "block": "30", "number": [str(number) for number in numbers]}
        status, _page = await salma.posts("/desk/proposals/decide", fields)
        assert status == 303
        assert {state(alone, number) for number in numbers} == {State.REJECTED}
        assert len(looking(alone.data, lambda db: blocks.standing(db, dt.datetime.now(dt.UTC), 99))) == 2
        assert await undoes(salma) == "4 decisions are undone."
    assert {state(alone, number) for number in numbers} == {State.WAITING}
    assert looking(alone.data, lambda db: blocks.standing(db, dt.datetime.now(dt.UTC), 99)) == ()
    assert reads(alone, "spammer-0") == ""


async def test_all_that_the_filters_find_are_confirmed_by_a_second_person(hiwar: Running) -> None:
    def rename(db: sa.Connection) -> None:
        for number in numbers:
            proposals.change(db, proposals.get(db, number), dt.datetime.now(dt.UTC), theme="justice")

    numbers = [filed(hiwar, "flood") for _each in range(3)]
    looking(hiwar.data, rename)
    async with signed_in(hiwar, "moderator") as salma, signed_in(hiwar, "moderator") as youssef:
        fields = {"act": "reject", "reason": "advertising", "scope": "all", "theme": "justice"}
        await salma.posts("/desk/proposals/decide", fields)
        assert said(await salma.follows()) == "3 decisions wait for a second person."
        _status, page = await youssef.gets("/desk/confirmations")
        name = re.search(r"/desk/bulk/([0-9a-f]{12})/confirm", page)
        assert name
        await youssef.posts(f"/desk/bulk/{name[1]}/confirm")
        assert said(await youssef.follows()) == "3 proposals are decided."
    assert {state(hiwar, number) for number in numbers} == {State.REJECTED}
    assert "3 proposals of yours are not published" in reads(hiwar, "flood")


async def test_a_bulk_is_declined_whole(hiwar: Running) -> None:
    numbers = [filed(hiwar, "declined-flood") for _each in range(2)]
    async with signed_in(hiwar, "moderator") as salma, signed_in(hiwar, "moderator") as youssef:
        chosen = {"act": "reject", "reason": "spam", "scope": "chosen", "number": [str(number) for number in numbers]}
        await salma.posts("/desk/proposals/decide", chosen)
        (decision,) = looking(hiwar.data, lambda db: decisions.of(db, numbers[0]))
        await youssef.posts(f"/desk/bulk/{decision.bulk}/decline", {"reason": "No spam."})
        assert said(await youssef.follows()) == "2 decisions are declined."
    assert {state(hiwar, number) for number in numbers} == {State.WAITING}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"act": "reject", "reason": "spam", "scope": "chosen"}, "Choose at least one proposal."),
        ({"act": "reject", "scope": "chosen", "number": "1"}, "Choose one of these."),
        ({"act": "merge", "scope": "chosen", "number": "1"}, "Choose one of these."),
    ],
)
async def test_a_bulk_that_lacks_something_says_what(hiwar: Running, fields: dict[str, str], words: str) -> None:
    filed(hiwar, "nobody-special")
    async with signed_in(hiwar, "moderator") as salma:
        status, page = await salma.posts("/desk/proposals/decide", fields)
        assert (status, words in page) == (400, True)


async def test_an_author_is_blocked_and_let_go(hiwar: Running) -> None:
    number = filed(hiwar, "amina-blocked")
    async with signed_in(hiwar, "moderator") as salma:
        status, _page = await salma.posts(f"/desk/proposals/{number}/block", {"days": "9999", "reason": "Fifty times the same."})
        assert status == 400
        status, _page = await salma.posts(f"/desk/proposals/{number}/block", {"days": "30", "reason": "Fifty times the same."})
        assert "Fifty times the same." in reads(hiwar, "amina-blocked")
        assert "The author is blocked until" in await salma.follows()
        await salma.posts(f"/desk/proposals/{number}/unblock")
        assert said(await salma.follows()) == "The author can file again."
    assert "You can send proposals again." in reads(hiwar, "amina-blocked")


async def test_the_list_is_filtered_searched_and_paged(hiwar: Running) -> None:
    number = filed(hiwar, "amina-list")
    looking(hiwar.data, lambda db: proposals.change(db, proposals.get(db, number), dt.datetime.now(dt.UTC), theme="equality", region="09"))
    async with signed_in(hiwar, "moderator") as salma:
        for query, is_there in (
            ("theme=equality&region=09", True),
            ("theme=equality&region=01", False),
            ("q=bench+standing&theme=equality", True),
            ("q=zeppelin", False),
            ("theme=equality&kind=remark", False),
            ("theme=equality&language=en", True),
            ("theme=equality&signs=1", False),
            ("theme=equality&state=all", True),
            ("theme=equality&state=rejected", False),
            ("theme=%27%3B--&state=nonsense&after=x.y", True),
        ):
            status, page = await salma.gets(f"/desk/proposals?{query}")
            assert status == 200
            assert (f'value="{number}"' in page or "Next page" in page) is is_there, query
        status, _page = await salma.gets(f"/desk/proposals?q=P-{number}")
        assert (status, salma.headers["Location"]) == (303, f"/desk/proposals/{number}")


async def test_only_moderators_come_in_and_what_is_not_there_is_said(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor", "auditor", "administrator") as other:
        for path in ("/desk/proposals", "/desk/proposals/1", "/desk/confirmations"):
            assert (await other.gets(path))[0] == 403
        for path in ("/desk/proposals/1/decide", "/desk/proposals/decide", "/desk/decisions/1/undo", "/desk/proposals/1/block"):
            assert (await other.posts(path))[0] == 403
    async with signed_in(hiwar, "moderator") as salma:
        assert (await salma.gets("/desk/proposals/999999"))[0] == 404
        assert (await salma.posts("/desk/proposals/999999/decide", {"act": "publish"}))[0] == 404
        assert (await salma.posts("/desk/proposals/1/decide", {"act": "publish", "token": "wrong"}))[0] == 403
        await salma.posts("/desk/decisions/999999/undo")
        assert said(await salma.follows()) == "There is no such proposal."


async def test_steps_of_every_kind_have_words(hiwar: Running) -> None:
    from web.desk.decision_words import STEPS

    number = filed(hiwar, "amina-steps")
    now = dt.datetime.now(dt.UTC)
    for kind in STEPS:
        looking(hiwar.data, lambda db, kind=kind: steps.note(db, number, now, kind, "clock", "details"))  # type: ignore[misc]
    async with signed_in(hiwar, "moderator", language="ar") as salma:
        status, page = await salma.gets(f"/desk/proposals/{number}")
    assert (status, page.count("details")) == (200, page.count("details"))
