"""The desk's own pages: account, staff and the audit log; what each refuses, says afterwards and notes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator

import pyotp
import pytest
import pytest_asyncio
import sqlalchemy as sa
import yarl

from civic.errors import Refusal
from civic.staff import Role
from storage import audit, staff
from tests.running import Running, running
from tests.web.desk import COOKIE, Clerk, employ, form_token, looking, plain, said, sign_in, signed_in
from tests.web.test_desk_entrance import PASSWORD
from web.desk.credentials import Passwords

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("desk_staff")]

_LINK = re.compile(r"<code>(http://[^<]+)</code>")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(tmp_path_factory.mktemp("desk_staff") / "data") as hiwar:
        yield hiwar


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def noted(someone: Clerk) -> list[str]:
    """What the log says that somebody did, the newest first."""
    return [note.action for note in looking(someone.hiwar.data, lambda db: audit.page(db, limit=20, actor=f"staff:{someone.id}"))]


@pytest.mark.parametrize("path", ["/desk/staff", "/desk/staff/1", "/desk/audit"])
async def test_only_the_roles_that_may_see_a_page(hiwar: Running, path: str) -> None:
    async with signed_in(hiwar, "editor", "moderator", language="fr") as salma:
        status, page = await salma.gets(path)
        assert status == 403
        assert "Vos rôles ne le permettent pas" in page
        assert f'href="{path}"' not in page
    async with signed_in(hiwar, "administrator") as bahija:
        assert (await bahija.gets(path))[0] == 200


@pytest.mark.parametrize("what", ["roles", "disable", "enable", "reset", "sessions"])
async def test_only_an_administrator_changes_others(hiwar: Running, what: str) -> None:
    other = employ(hiwar.data, "editor")
    async with signed_in(hiwar, "auditor", "moderator") as salma:
        assert (await salma.posts(f"/desk/staff/{other}/{what}", {"role": "auditor"}))[0] == 403
    async with signed_in(hiwar, "administrator") as bahija:
        assert (await bahija.posts(f"/desk/staff/{other}/{what}", {"role": "auditor", "token": "x"}))[0] == 403


async def test_a_colleague_is_invited_and_the_link_can_be_withdrawn(hiwar: Running) -> None:
    async with signed_in(hiwar, "administrator") as bahija:
        status, page = await bahija.posts("/desk/staff/invitations", {})
        assert (status, "Choose at least one role." in page) == (400, True)
        status, page = await bahija.posts("/desk/staff/invitations", {"role": ["editor", "moderator"]})
        assert status == 200
        path = _LINK.findall(page)[0].removeprefix(hiwar.url.rstrip("/"))
        assert (await bahija.gets(path))[0] == 200
        assert noted(bahija)[0] == "member_invited"
        number = looking(hiwar.data, lambda db: max(row.id for row in staff.open_invitations(db, now())))
        assert (await bahija.posts(f"/desk/staff/invitations/{number}/withdraw"))[0] == 303
        assert said(await bahija.follows()) == "The invitation is withdrawn."
        assert (await bahija.gets(path))[0] == 410


async def test_roles_are_changed_and_take_effect_at_once(hiwar: Running) -> None:
    async with signed_in(hiwar, "administrator") as bahija, signed_in(hiwar, "editor", name="Amine") as amine:
        assert (await amine.gets("/desk/audit"))[0] == 403
        assert (await bahija.posts(f"/desk/staff/{amine.id}/roles", {"role": ["editor", "auditor"]}))[0] == 303
        assert said(await bahija.follows()) == "The roles of Amine are changed."
        assert (await amine.gets("/desk/audit"))[0] == 200
        assert noted(bahija)[0] == "roles_changed"


async def test_shutting_out_ends_every_session_and_can_be_undone(hiwar: Running) -> None:
    async with signed_in(hiwar, "administrator") as bahija, signed_in(hiwar, "editor", name="Amine") as amine:
        assert (await bahija.posts(f"/desk/staff/{amine.id}/disable"))[0] == 303
        page = await bahija.follows()
        assert said(page) == "Amine cannot sign in any more."
        assert (await amine.gets("/desk"))[0] == 303
        undo = re.findall(r'action="(/desk/staff/\d+/enable)"', page)[0]
        assert (await bahija.posts(undo))[0] == 303
        member = looking(hiwar.data, lambda db: staff.find(db, amine.id))
        assert member is not None
        assert member.is_active
        assert noted(bahija)[:2] == ["member_enabled", "member_disabled"]


async def test_nobody_changes_themselves_and_the_last_administrator_stays(hiwar: Running) -> None:
    async with signed_in(hiwar, "administrator") as bahija:
        for what in ("roles", "disable", "reset"):
            status, page = await bahija.posts(f"/desk/staff/{bahija.id}/{what}", {"role": "editor"})
            assert status == 400
            assert "Nobody changes their own roles" in plain(page)
        for other in looking(hiwar.data, staff.members):
            if other.id != bahija.id and other.is_active and Role.ADMINISTRATOR in other.roles:
                assert (await bahija.posts(f"/desk/staff/{other.id}/disable"))[0] == 303


def test_the_storage_keeps_the_last_administrator(hiwar: Running) -> None:
    def only_one(db: sa.Connection) -> None:
        at = now()
        bosses = [member for member in staff.members(db) if member.is_active and Role.ADMINISTRATOR in member.roles]
        for member in bosses[1:]:
            staff.set_roles(db, member.id, {Role.EDITOR}, at, "operator")
        for change in (
            lambda: staff.disable(db, bosses[0].id, at, "x"),
            lambda: staff.set_roles(db, bosses[0].id, {Role.EDITOR}, at, "x"),
        ):
            with pytest.raises(Refusal, match="last_administrator"):
                change()

    looking(hiwar.data, only_one)


async def test_a_reset_link_sets_password_and_second_factor_anew(hiwar: Running) -> None:
    async with signed_in(hiwar, "administrator") as bahija, signed_in(hiwar, "editor", name="Amine") as amine:
        status, page = await bahija.posts(f"/desk/staff/{amine.id}/reset")
        assert status == 200
        path = _LINK.findall(page)[0].removeprefix(hiwar.url.rstrip("/"))
        assert (await amine.gets("/desk"))[0] == 200  # until the link is used
        status, page = await amine.gets(path, **{"Accept-Language": "en"})
        secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
        token = re.findall(r'name="token" value="([0-9a-f]{64})"', page)[0]
        fields = {"token": token, "password": PASSWORD, "again": PASSWORD, "language": "en", "code": pyotp.TOTP(secret).now()}
        status, page = await amine.posts(path, fields)
        assert status == 200, page
        known = looking(hiwar.data, lambda db: staff.secrets_by_id(db, amine.id))
        assert known is not None
        assert known.second_factor == secret
        assert await Passwords().is_right(PASSWORD, known.password)
        assert known.member.name == "Amine"


async def test_ones_own_password_second_factor_and_codes(hiwar: Running) -> None:
    member_id = employ(hiwar.data, "editor", password=await Passwords().hash(PASSWORD), name="Amine")
    async with signed_in(hiwar, "editor") as amine:
        amine.id, amine.cookie = member_id, sign_in(hiwar.data, member_id)
        other = sign_in(hiwar.data, member_id)
        amine.http.cookie_jar.update_cookies({COOKIE: amine.cookie}, yarl.URL(hiwar.url))
        amine.token = form_token(hiwar.data, amine.cookie)
        new = {"password": "quatre dattes sous un palmier", "again": "quatre dattes sous un palmier"}
        status, page = await amine.posts("/desk/account/password", {**new, "present": "wrong"})
        assert (status, "This is not your present password." in page) == (400, True)
        assert (await amine.posts("/desk/account/password", {**new, "present": PASSWORD}))[0] == 303
        assert "Your password is changed" in said(await amine.follows())
        assert looking(hiwar.data, lambda db: staff.session(db, other, now())) is None
        status, page = await amine.gets("/desk/account/second-factor")
        secret = re.findall(r'name="secret" value="([A-Z2-7]{32})"', page)[0]
        fields = {"secret": secret, "present": new["password"], "code": "000000"}
        assert (await amine.posts("/desk/account/second-factor", fields))[0] == 400
        status, page = await amine.posts("/desk/account/second-factor", {**fields, "code": pyotp.TOTP(secret).now()})
        assert (status, len(re.findall(r"<li><code>", page))) == (200, 10)
        status, page = await amine.posts("/desk/account/codes", {"present": new["password"]})
        assert (status, len(re.findall(r"<li><code>", page))) == (200, 10)
        assert (await amine.posts("/desk/account/codes", {"present": "x"}))[0] == 429
        assert noted(amine)[:3] == ["recovery_codes_renewed", "second_factor_changed", "sessions_ended"]


async def test_one_browser_or_all_others_are_signed_out(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor") as amine:
        others = [sign_in(hiwar.data, amine.id) for _ in range(3)]
        at = now()
        first = looking(hiwar.data, lambda db: staff.session(db, others[0], at))
        assert first is not None
        assert (await amine.posts("/desk/account/sessions", {"session": str(first.id)}))[0] == 303
        assert said(await amine.follows()) == "That browser is signed out."
        assert looking(hiwar.data, lambda db: [bool(staff.session(db, token, at)) for token in others]) == [False, True, True]
        assert (await amine.posts("/desk/account/sessions", {"session": "others"}))[0] == 303
        assert looking(hiwar.data, lambda db: [bool(staff.session(db, token, at)) for token in others]) == [False, False, False]
        async with signed_in(hiwar, "editor") as other:
            number = looking(hiwar.data, lambda db: staff.session(db, amine.cookie, at).id)
            await other.posts("/desk/account/sessions", {"session": str(number)})
        assert (await amine.gets("/desk"))[0] == 200


async def test_the_log_is_narrowed_and_read_page_by_page(hiwar: Running) -> None:
    async with signed_in(hiwar, "auditor", name="Driss") as driss:
        at = now()

        def much(db: sa.Connection) -> None:
            for number in range(120):
                audit.note(db, at, f"staff:{driss.id}", "entry_changed", f"entry ati-{number}", "<b>title</b>")

        looking(hiwar.data, much)
        status, page = await driss.gets(f"/desk/audit?actor=staff:{driss.id}&action=entry_changed")
        assert status == 200
        assert len(re.findall(r'<tr><td class="number">', page)) == 50
        assert "&lt;b&gt;title" in page
        assert "<bdi>Driss</bdi>" in page
        seen = re.findall(r"<bdi>(entry ati-\d+)</bdi>", page)
        while after := re.findall(r'rel="next" href="([^"]+)"', page):
            status, page = await driss.gets("/desk/audit" + after[0].replace("&amp;", "&"))
            seen += re.findall(r"<bdi>(entry ati-\d+)</bdi>", page)
        assert seen == [f"entry ati-{number}" for number in reversed(range(120))]
        assert "Nothing was done that fits." in (await driss.gets("/desk/audit?subject=nowhere"))[1]
        assert (await driss.gets("/desk/audit?after=x"))[0] == 200
