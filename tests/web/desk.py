"""Somebody at the desk: signed in without the login's pages, over HTTP or in a real Chromium.

async with signed_in(hiwar, "editor", language="fr") as salma:
    status, page = await salma.gets("/desk/questions")
    status, page = await salma.posts("/desk/questions/7/merge", {"with": "9"})
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
import itertools
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import TypeVar

import aiohttp
import axe_core_python
import sqlalchemy as sa
import yarl
from playwright.async_api import Browser, Page

from civic.staff import Role
from storage import staff
from storage.engines import open_writer
from storage.sealing import open_seal
from tests.running import Running
from tests.web.browsers import DESK, PHONE, Visit, visit
from web.desk.cookies import new_token

T = TypeVar("T")

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text("utf-8")
COOKIE = "hiwar_desk"
_numbers = itertools.count(1)


@dataclass(slots=True)
class Clerk:
    """One member of staff with a browser of no looks; `fields` may give a name several values."""

    hiwar: Running
    http: aiohttp.ClientSession
    id: int
    cookie: str
    token: str
    headers: dict[str, str] = field(default_factory=dict)  # of the last answer

    async def gets(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and page, redirections not followed."""
        async with self.http.get(self.hiwar.url.rstrip("/") + path, headers=headers, allow_redirects=False) as answer:
            self.headers = dict(answer.headers)
            return answer.status, await answer.text()

    async def posts(
        self,
        path: str,
        fields: Mapping[str, str | Sequence[str]] | None = None,
        *,
        files: Mapping[str, bytes] | None = None,
        **headers: str,
    ) -> tuple[int, str]:
        """Post a form with the token of this session, unless `fields` has another; the cookies of the answer are kept."""
        form = aiohttp.FormData(default_to_multipart=bool(files))
        for name, values in {"token": self.token, **(fields or {})}.items():
            for value in [values] if isinstance(values, str) else values:
                form.add_field(name, value)
        for name, content in (files or {}).items():
            form.add_field("files", content, filename=name, content_type="application/octet-stream")
        async with self.http.post(self.hiwar.url.rstrip("/") + path, data=form, headers=headers, allow_redirects=False) as answer:
            self.headers = dict(answer.headers)
            return answer.status, await answer.text()

    async def follows(self) -> str:
        """The page that the last answer sends to, which says what was done."""
        status, page = await self.gets(self.headers["Location"])
        assert status == 200, page
        return page


def looking(data: Path, read: Callable[[sa.Connection], T]) -> T:
    """Read or change the SQLite database of a Hiwar that runs, as a test may: `looking(hiwar.data, staff.members)`."""
    engine = open_writer(f"sqlite:///{data / 'hiwar.db'}", open_seal(data / "hiwar.key"))
    try:
        with engine.begin() as db:
            return read(db)
    finally:
        engine.dispose()


def employ(data: Path, *roles: str, language: str = "en", name: str = "Salma Idrissi", password: str = "", secret: str = "") -> int:
    """A new member; the number. Nobody can sign in with this password unless it is given, as an argon2 hash."""

    def join(db: sa.Connection) -> int:
        return staff.join(
            db,
            name=name,
            address=f"member-{next(_numbers)}@example.ma",
            password=password,
            second_factor=secret,
            roles={Role(role) for role in roles},
            language=language,
            at=dt.datetime.now(dt.UTC),
        )

    return looking(data, join)


def sign_in(data: Path, member_id: int) -> str:
    """Begin a session; its cookie."""
    token = new_token()
    looking(data, lambda db: staff.begin(db, token, member_id, "a test", dt.datetime.now(dt.UTC)))
    return token


def form_token(data: Path, cookie: str) -> str:
    """What the forms of a session carry."""
    return hmac.new(open_seal(data / "hiwar.key").key_for("desk"), b"form " + cookie.encode(), hashlib.sha256).hexdigest()


@contextlib.asynccontextmanager
async def signed_in(hiwar: Running, *roles: str, language: str = "en", name: str = "Salma Idrissi") -> AsyncIterator[Clerk]:
    """Somebody with these roles, signed in at a Hiwar that runs on SQLite."""
    member_id = employ(hiwar.data, *roles, language=language, name=name)
    cookie = sign_in(hiwar.data, member_id)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        http.cookie_jar.update_cookies({COOKIE: cookie}, yarl.URL(hiwar.url))
        yield Clerk(hiwar, http, member_id, cookie, form_token(hiwar.data, cookie))


@contextlib.asynccontextmanager
async def at_the_desk(
    browser: Browser, hiwar: Running, *roles: str, path: str = "/desk", language: str = "en", name: str = "Salma Idrissi", **more: object
) -> AsyncIterator[Visit]:
    """The same in a real Chromium, at a page; `more` are Playwright's options, as `viewport=PHONE, java_script_enabled=False`."""
    cookie = sign_in(hiwar.data, employ(hiwar.data, *roles, language=language, name=name))
    host = hiwar.url.partition("://")[2].partition(":")[0]
    kept = {
        "name": COOKIE,
        "value": cookie,
        "domain": host,
        "path": "/",
        "httpOnly": True,
        "secure": False,
        "sameSite": "Lax",
        "expires": -1,
    }
    options: dict[str, object] = {"viewport": DESK, "storage_state": {"cookies": [kept], "origins": []}, **more}
    async with visit(browser, hiwar.url.rstrip("/") + path, **options) as someone:
        yield someone


async def no_barriers(page: Page, scene: str = "") -> None:
    """What axe-core finds at WCAG 2.2 A and AA, and its advice: nothing."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)")
    barriers = [(each["id"], each["impact"], [node["html"][:160] for node in each["nodes"]]) for each in found]
    assert not barriers, f"{scene}: {barriers}"


async def fits(visit: Visit, name: str) -> None:
    """A page on a phone and on a desk: photographed, no wider than the screen, and without barriers."""
    for size, viewport in {"phone": PHONE, "desk": DESK}.items():
        await visit.page.set_viewport_size(viewport)  # type: ignore[arg-type]  # playwright's own name for such a dict
        await visit.photographed(f"{name}-{size}")
        assert await visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than a {size}"
        await no_barriers(visit.page, f"{name} {size}")


def said(page: str) -> str:
    """What a page of the desk says was done, "" for nothing."""
    found = re.search(r'id="flash"[^>]*><p>(.*?)</p>', page, re.DOTALL)
    return plain(found[1]) if found else ""


def plain(html: str) -> str:
    """The text of a piece of a page, without the marks that isolate names."""
    return re.sub("[\u2066-\u2069]", "", unescape(re.sub(r"<[^>]+>", "", html))).strip()
