"""docs/adding_a_desk_page.md is true: its page, taken as it stands there, works."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.phrases import Phrase, _
from civic.staff import Role
from service.settings import Settings
from service.wiring import open_program
from storage import staff
from web.app import make_app
from web.desk.cookies import new_token
from web.desk.frame import Desk
from web.desk.sections import Section
from web.pages import Pages

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "adding_a_desk_page.md").read_text("utf-8")


def piece(kind: str) -> str:
    return re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.DOTALL)[0]


async def test_the_page_of_the_guide_works_as_it_stands_there(tmp_path: Path) -> None:
    kept: list[str] = []
    greetings = SimpleNamespace(
        count=lambda db, member, now: len(kept),
        newest=lambda db: [SimpleNamespace(text=text) for text in kept],
        add=lambda db, text, at, actor: kept.append(f"{text} ({actor})") or len(kept),
    )
    names: dict[str, object] = {
        "Section": Section,
        "Role": Role,
        "Desk": Desk,
        "web": web,
        "Phrase": Phrase,
        "_": _,
        "greetings": greetings,
    }
    exec(compile("from __future__ import annotations\n" + piece("python"), "adding_a_desk_page.md", "exec"), names)
    async with open_program(Settings(data=tmp_path / "data", encoder=False)) as program:
        pages = Pages(program.voices)
        templates = jinja2.DictLoader({"desk/greetings.html": piece("html")})
        pages._environment.loader = jinja2.ChoiceLoader([templates, pages._environment.loader])  # type: ignore[list-item]
        desk = Desk(
            pages=pages,
            voices=program.voices,
            ledger=program.ledger,
            reader=program.reader,
            key=b"k" * 32,
            now=program.now,
            team_of_one=False,
        )
        routes = desk.open([names["Greetings"](desk)])  # type: ignore[operator]
        token = new_token()
        at = dt.datetime.now(dt.UTC)
        about = {"password": "", "second_factor": "", "roles": {Role.EDITOR}, "language": "en", "at": at}
        member_id = await program.ledger.write(staff.join, name="Salma", address="salma", **about)
        await program.ledger.write(staff.begin, token, member_id, "", at)
        app = make_app(pages=pages, routes=routes, telegram=None, is_https=False)
        async with TestClient(TestServer(app), cookies={"hiwar_desk": token}) as client:
            page = await (await client.get("/desk/greetings")).text()
            assert "No greeting yet." in page
            answer = await client.post("/desk/greetings", data={"token": desk.form_token(token), "text": " "})
            assert answer.status == 400
            assert "Write a greeting." in await answer.text()
            answer = await client.post("/desk/greetings", data={"token": desk.form_token(token), "text": "Azul"})
            page = await answer.text()
            assert f"<bdi>Azul (staff:{member_id})</bdi>" in page
            assert "The greeting is published." in page
            assert 'action="/desk/greetings/1/undo"' in page
            assert '<span class="count">1' in page
            assert "The greeting is published." not in await (await client.get("/desk/greetings")).text()


@pytest.mark.parametrize("name", re.findall(r"`([a-z_]+)\(", GUIDE))
def test_what_the_guide_names_exists(name: str) -> None:
    sources = [*(ROOT / "web" / "desk").glob("*.py"), ROOT / "civic/staff.py", ROOT / "tests/web/desk.py", ROOT / "web/pages.py"]
    macros = (ROOT / "web/templates/desk/macros.html").read_text("utf-8")
    found = any(re.search(rf"def {name}\(|\b{name}=", path.read_text("utf-8")) for path in sources)
    assert found or f"macro {name}(" in macros or name in ("routes", "waiting")
