"""Coming to the desk and leaving it: invitation, login in two steps, sessions that end, and everything that is refused."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pyotp
import pytest
import pytest_asyncio
import sqlalchemy as sa

from civic.staff import Role
from storage import audit, staff
from storage.schema import invitations, staff_sessions
from tests.running import Running, running
from tests.web.desk import COOKIE, Clerk, employ, form_token, looking, plain, said, sign_in, signed_in
from web.desk.cookies import new_token
from web.desk.credentials import Passwords, new_secret

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("desk_entrance")]

PASSWORD = "trois figues et un tabouret"
_TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')
_TICKET = re.compile(r'name="ticket" value="([^"]+)"')


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(tmp_path_factory.mktemp("entrance") / "data") as hiwar:
        yield hiwar


@pytest_asyncio.fixture(loop_scope="module")
async def stranger(hiwar: Running) -> AsyncIterator[Clerk]:
    """A browser that nobody is signed in with; it sends what it was sent, as browsers do."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Clerk(hiwar, http, 0, "", "")


async def opens(someone: Clerk, path: str) -> str:
    """Open a page before the login, and keep its form's token."""
    status, page = await someone.gets(path)
    assert status == 200, page
    someone.token = _TOKEN.findall(page)[0]
    return page


async def employed(data: Path, *roles: str) -> tuple[str, str]:
    """A member who can sign in: sign-in name and the authenticator's secret."""
    secret = new_secret()
    member_id = employ(data, *roles, password=await Passwords().hash(PASSWORD), secret=secret)
    found = looking(data, lambda db: staff.find(db, member_id))
    assert found is not None
    return found.address, secret


def invited(data: Path, *roles: Role, days: float = 1.0, member_id: int | None = None) -> tuple[str, str]:
    """An invitation: the path of its link, and the authenticator's secret."""
    token, secret, now = new_token(), new_secret(), dt.datetime.now(dt.UTC)
    looking(data, lambda db: staff.invite(db, token, roles, secret, now, now + dt.timedelta(days=days), "operator", member_id))
    return f"/desk/invitation/{token}", secret


def log(data: Path) -> list[tuple[str, str, str]]:
    return [(note.actor, note.action, note.subject) for note in looking(data, lambda db: audit.page(db, limit=50))]


# Invitations


async def test_an_invitation_leads_in_and_shows_the_recovery_codes_once(hiwar: Running, stranger: Clerk) -> None:
    path, secret = invited(hiwar.data, Role.EDITOR)
    page = await opens(stranger, f"{path}?lang=fr")
    assert 'lang="fr" dir="ltr"' in page
    assert "<svg" in page
    assert secret[:4] in page
    fields = {"name": "Salma Idrissi", "address": "Salma@Example.ma", "password": PASSWORD, "again": PASSWORD, "language": "fr"}
    status, page = await stranger.posts(path, {**fields, "code": pyotp.TOTP(secret).now()})
    assert status == 200, page
    assert len(re.findall(r"<li><code>", page)) == 10
    status, page = await stranger.gets("/desk")
    assert status == 200
    assert "Salma Idrissi" in page
    (member,) = [each for each in looking(hiwar.data, staff.members) if each.address == "salma@example.ma"]
    assert member.roles == {Role.EDITOR}
    assert (member.actor, "invitation_accepted") in {(actor, action) for actor, action, _subject in log(hiwar.data)}
    status, page = await stranger.gets(path)
    assert status == 410


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "Write the name that your colleagues know"),
        ({"address": "a b"}, "A sign-in name has 3 to 120 characters"),
        ({"password": "short", "again": "short"}, "at least 12 characters"),
        ({"password": "abcdefghijklmnop", "again": "abcdefghijklmnop"}, "easy to guess"),
        ({"password": "Salma Idrissi 1", "again": "Salma Idrissi 1"}, "easy to guess"),
        ({"again": "something else entirely"}, "The two passwords are not the same"),
        ({"code": "000"}, "This code is not right"),
    ],
)
async def test_what_is_wrong_in_an_invitation_is_said_and_the_rest_kept(
    hiwar: Running, stranger: Clerk, change: dict[str, str], words: str
) -> None:
    path, secret = invited(hiwar.data, Role.MODERATOR)
    await opens(stranger, f"{path}?lang=en")
    fields = {"name": "Salma Idrissi", "address": "salma-2@example.ma", "password": PASSWORD, "again": PASSWORD, "language": "ar"}
    status, page = await stranger.posts(f"{path}?lang=en", {**fields, "code": pyotp.TOTP(secret).now(), **change})
    assert status == 400
    assert words in plain(page)
    assert html.escape({**fields, **change}["name"]) in page
    assert '<option value="ar" selected>' in page
    assert PASSWORD not in page


async def test_an_invitation_that_is_too_old_is_refused(hiwar: Running, stranger: Clerk) -> None:
    path, _secret = invited(hiwar.data, Role.EDITOR, days=-0.01)
    status, page = await stranger.gets(f"{path}?lang=en")
    assert status == 410
    assert "Ask an administrator of the desk for a new one" in page


async def test_a_name_that_somebody_signs_in_with_is_refused(hiwar: Running, stranger: Clerk) -> None:
    address, _secret = await employed(hiwar.data, "editor")
    path, secret = invited(hiwar.data, Role.EDITOR)
    await opens(stranger, f"{path}?lang=en")
    fields = {"name": "Other", "address": address.upper(), "password": PASSWORD, "again": PASSWORD, "code": pyotp.TOTP(secret).now()}
    status, page = await stranger.posts(f"{path}?lang=en", fields)
    assert status == 400
    assert "Somebody signs in with this name already" in page


# The login


async def first_step(someone: Clerk, address: str, password: str, path: str = "/desk/login?lang=en") -> tuple[int, str]:
    await opens(someone, path)
    status, page = await someone.posts(path, {"address": address, "password": password, "next": "/desk/account?x=1"})
    return status, page


async def test_password_and_code_lead_to_the_page_that_was_asked_for(hiwar: Running, stranger: Clerk) -> None:
    address, secret = await employed(hiwar.data, "editor")
    status, _page = await stranger.gets("/desk/account?x=1")
    assert (status, stranger.headers["Location"]) == (303, "/desk/login?next=/desk/account?x%3D1")
    status, page = await first_step(stranger, address.upper(), PASSWORD)
    assert status == 200, page
    fields = {"ticket": _TICKET.findall(page)[0], "next": "/desk/account?x=1", "code": pyotp.TOTP(secret).now()}
    status, page = await stranger.posts("/desk/login/code", fields)
    assert (status, stranger.headers["Location"]) == (303, "/desk/account?x=1")
    assert "HttpOnly" in stranger.headers["Set-Cookie"]
    assert (await stranger.gets("/desk"))[0] == 200


async def test_a_code_counts_once(hiwar: Running, stranger: Clerk) -> None:
    address, secret = await employed(hiwar.data, "editor")
    code = pyotp.TOTP(secret).now()
    _status, page = await first_step(stranger, address, PASSWORD)
    ticket = _TICKET.findall(page)[0]
    assert (await stranger.posts("/desk/login/code", {"ticket": ticket, "code": code}))[0] == 303
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        thief = Clerk(hiwar, http, 0, "", "")
        _status, page = await first_step(thief, address, PASSWORD)
        status, page = await thief.posts("/desk/login/code?lang=en", {"ticket": _TICKET.findall(page)[0], "code": code})
    assert status == 403
    assert "This code is not right, or was used already" in page


async def test_a_recovery_code_lets_in_once(hiwar: Running, stranger: Clerk) -> None:
    address, _secret = await employed(hiwar.data, "editor")
    code = "abcd-efgh-jkmn-pqrs"
    looking(hiwar.data, lambda db: staff.keep_codes(db, staff.members(db)[-1].id, [code]))
    _status, page = await first_step(stranger, address, PASSWORD)
    ticket = _TICKET.findall(page)[0]
    assert (await stranger.posts("/desk/login/code", {"ticket": ticket, "code": " ABCDefgh jkmn-pqrs"}))[0] == 303
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        again = Clerk(hiwar, http, 0, "", "")
        _status, page = await first_step(again, address, PASSWORD)
        assert (await again.posts("/desk/login/code", {"ticket": _TICKET.findall(page)[0], "code": code}))[0] == 403


async def test_a_wrong_password_and_an_unknown_name_are_answered_alike(hiwar: Running, stranger: Clerk) -> None:
    address, _secret = await employed(hiwar.data, "editor")
    status, page = await first_step(stranger, address, "not the password")
    other_status, other = await first_step(stranger, "nobody@example.ma", "not the password")
    assert status == other_status == 403
    assert "Sign-in name and password do not go together" in page
    assert page.replace(address, "") == other.replace("nobody@example.ma", "")
    assert [action for _actor, action, _subject in log(hiwar.data)][:2] == ["login_refused", "login_refused"]


async def test_a_disabled_member_cannot_sign_in(hiwar: Running, stranger: Clerk) -> None:
    address, _secret = await employed(hiwar.data, "editor")
    now = dt.datetime.now(dt.UTC)
    looking(hiwar.data, lambda db: staff.disable(db, staff.members(db)[-1].id, now, "operator"))
    assert (await first_step(stranger, address, PASSWORD))[0] == 403


async def test_a_ticket_of_another_browser_or_a_made_up_one_is_refused(hiwar: Running, stranger: Clerk) -> None:
    address, secret = await employed(hiwar.data, "editor")
    _status, page = await first_step(stranger, address, PASSWORD)
    ticket = _TICKET.findall(page)[0]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        thief = Clerk(hiwar, http, 0, "", "")
        await opens(thief, "/desk/login")
        for stolen in (ticket, "1.99999999999.abc", "x", ""):
            assert (await thief.posts("/desk/login/code", {"ticket": stolen, "code": pyotp.TOTP(secret).now()}))[0] == 403


async def test_the_address_to_go_back_to_stays_at_the_desk(hiwar: Running, stranger: Clerk) -> None:
    for address in ("https://evil.example/", "//evil.example/desk", "/chat", "/desk/../..//evil", "/desk\\evil", "/deskevil"):
        page = await opens(stranger, f"/desk/login?lang=en&next={address}")
        assert 'name="next" value="/desk"' in page


async def test_too_many_tries_for_one_account_have_to_wait(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as hiwar, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        someone = Clerk(hiwar, http, 0, "", "")
        answers = [(await first_step(someone, "salma@example.ma", "wrong"))[0] for _ in range(7)]
        assert answers[:5] == [403] * 5
        assert answers[5:] == [429] * 2
        assert int(someone.headers["Retry-After"]) > 1
        assert (await first_step(someone, "other@example.ma", "wrong"))[0] == 403


# Sessions


def age(data: Path, column: sa.Column[dt.datetime], cookie: str, by: dt.timedelta) -> None:
    """Make a session older."""
    at = dt.datetime.now(dt.UTC) - by
    looking(
        data, lambda db: db.execute(staff_sessions.update().where(staff_sessions.c.digest == staff.digest(cookie)).values({column: at}))
    )


async def test_a_session_ends_when_it_is_idle_or_old(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor") as salma:
        assert (await salma.gets("/desk"))[0] == 200
        age(hiwar.data, staff_sessions.c.seen_at, salma.cookie, dt.timedelta(minutes=29))
        assert (await salma.gets("/desk"))[0] == 200
        age(hiwar.data, staff_sessions.c.seen_at, salma.cookie, dt.timedelta(minutes=31))
        assert (await salma.gets("/desk"))[0] == 303
    async with signed_in(hiwar, "editor") as salma:
        age(hiwar.data, staff_sessions.c.created_at, salma.cookie, dt.timedelta(hours=11, minutes=59))
        assert (await salma.gets("/desk"))[0] == 200
        age(hiwar.data, staff_sessions.c.created_at, salma.cookie, dt.timedelta(hours=12))
        assert (await salma.gets("/desk"))[0] == 303
        status, page = await salma.posts("/desk/language", {"language": "fr"}, **{"Accept-Language": "en"})
        assert status == 401
        assert "You have been signed out" in page


async def test_a_session_that_was_ended_is_over_at_once(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor") as salma:
        now = dt.datetime.now(dt.UTC)
        looking(hiwar.data, lambda db: staff.end_all(db, salma.id, now, "operator"))
        assert (await salma.gets("/desk"))[0] == 303


async def test_signing_out_ends_the_session_and_takes_the_cookie(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor") as salma:
        status, _page = await salma.posts("/desk/logout")
        assert status == 303
        assert f"{COOKIE}=;" in salma.headers["Set-Cookie"]
        salma.http.cookie_jar.update_cookies({COOKIE: salma.cookie}, salma.http._base_url or aiohttp.client.URL(hiwar.url))
        assert (await salma.gets("/desk"))[0] == 303


async def test_the_language_of_ones_pages_can_be_changed(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor", language="en") as salma:
        assert (await salma.posts("/desk/language", {"language": "ar", "next": "/desk?x=1"}))[0] == 303
        assert salma.headers["Location"] == "/desk?x=1"
        assert '<html lang="ar" dir="rtl">' in (await salma.gets("/desk"))[1]


# Forms, headers


async def test_a_form_without_the_token_or_from_another_site_changes_nothing(hiwar: Running) -> None:
    async with signed_in(hiwar, "editor", language="en") as salma, signed_in(hiwar, "editor") as other:
        for fields, headers in (
            ({"token": ""}, {}),
            ({"token": other.token}, {}),
            ({}, {"Sec-Fetch-Site": "cross-site"}),
            ({}, {"Sec-Fetch-Site": "same-site"}),
            ({}, {"Sec-Fetch-Site": "none"}),
        ):
            status, page = await salma.posts("/desk/language", {"language": "fr", **fields}, **headers)
            assert status == 403
            assert "This page is out of date" in page
        assert looking(hiwar.data, lambda db: staff.find(db, salma.id).language) == "en"
        assert (await salma.posts("/desk/language", {"language": "fr"}, **{"Sec-Fetch-Site": "same-origin"}))[0] == 303


async def test_every_page_of_the_desk_is_kept_from_caches_frames_and_foreign_scripts(hiwar: Running, stranger: Clerk) -> None:
    async with signed_in(hiwar, "editor") as salma:
        for someone, path in ((salma, "/desk"), (stranger, "/desk/login"), (stranger, "/desk/invitation/x")):
            await someone.gets(path)
            assert someone.headers["Cache-Control"] == "no-store"
            policy = someone.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy


async def test_on_https_the_cookie_is_the_hosts_own(hiwar: Running, stranger: Clerk) -> None:
    await stranger.gets("/desk/login", **{"X-Forwarded-Proto": "https"})
    cookie = stranger.headers["Set-Cookie"]
    assert cookie.startswith("__Host-hiwar_desk=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


async def test_no_token_or_password_is_kept_as_it_is(hiwar: Running) -> None:
    path, _secret = invited(hiwar.data, Role.EDITOR)
    cookie = sign_in(hiwar.data, employ(hiwar.data, "editor"))
    kept = looking(
        hiwar.data,
        lambda db: [*db.execute(sa.select(staff_sessions.c.digest)).scalars(), *db.execute(sa.select(invitations.c.digest)).scalars()],
    )
    assert cookie not in kept
    assert path.rpartition("/")[2] not in kept
    assert staff.digest(cookie) in kept
    assert form_token(hiwar.data, cookie) not in kept


def test_what_was_done_is_read_off_a_page() -> None:
    assert said('<div id="flash" class="flash" role="status"><p>Done &amp; dusted.</p></div>') == "Done & dusted."
