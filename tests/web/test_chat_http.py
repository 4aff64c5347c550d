"""The web chat over HTTP, against a whole Hiwar: what a page, a script without a page, and somebody with bad intentions get."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import pytest
import pytest_asyncio

from tests.running import Running, running
from tests.web.guests import JSON, PICTURE, Guest, count, guest, kept, listening, new_event, notes, shown, texts

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("chat_http")]

GREETED = ["العربية", "Français", "ⵜⴰⵎⴰⵣⵉⵖⵜ", "English"]
OUT_OF_DATE = {
    "ar": "هذه الصفحة قديمة. المرجو إعادة تحميلها.",
    "fr": "Cette page n’est plus à jour. Veuillez la recharger.",
    "en": "This page is out of date. Please load it again.",
}

Arrive = Callable[..., AbstractAsyncContextManager[Guest]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One Hiwar for all of these tests; each brings guests of its own."""
    async with running(tmp_path_factory.mktemp("http") / "data") as hiwar:
        yield hiwar


@pytest.fixture
def arrives(hiwar: Running) -> Arrive:
    """A new guest, who has opened the page in English unless told otherwise."""
    return lambda language="en", **headers: guest(hiwar.url, language, **headers)


async def get(someone: Guest, path: str, **headers: str) -> tuple[int, aiohttp.typedefs.CIMultiDict[str], bytes]:
    async with someone.session.get(someone.url.rstrip("/") + path, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers.copy(), await answer.read()


# The page


async def test_the_first_page_greets_in_four_languages_and_leaves_no_trace(hiwar: Running, arrives: Arrive) -> None:
    before = kept(hiwar.data)
    async with arrives() as amina:
        page = await amina.opens()
    (greeting,) = shown(page)
    assert len(greeting.split("\n\n")) == 4
    assert re.findall(r'class="label" lang="\w+">([^<]+)<', page) == GREETED
    assert kept(hiwar.data) == before


async def test_the_page_is_whole_without_scripts_or_anything_from_elsewhere(arrives: Arrive) -> None:
    async with arrives() as amina:
        page = await amina.opens()
        assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page)
        assert "<style" not in page
        assert " style=" not in page
        assert not re.search(r"\son\w+=", page)
        scripts = re.findall(r"<script ([^>]*)>", page)
        assert [script for script in scripts if "src=" not in script and "application/json" not in script] == []
        weight = len(page.encode())
        for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
            status, headers, content = await get(amina, address)
            assert (status, headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
            weight += len(content)
    assert weight < 60_000, "the first page without fonts"


async def test_without_javascript_a_message_is_a_form_and_the_answer_is_on_the_next_page(arrives: Arrive) -> None:
    async with arrives("fr") as youssef:
        page = await youssef.opens()
        action = re.findall(r'id="say" class="composer" method="post" action="([^"]+)"', page)[0].replace("&amp;", "&")
        fields = {"token": youssef.token, "event": youssef.page_event, "text": "délai de réponse à une demande d’information"}
        async with youssef.session.post(youssef.url.rstrip("/") + action, data=fields, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/#end")
        page = await youssef.opens()
        _greeting, own, reply = shown(page)
        assert own == fields["text"]
        assert "20 jours ouvrables" in reply
        assert '<html lang="fr" dir="ltr">' in page
        assert page.index('id="end"') < page.index(own)
        assert notes(page) == ["Source\u202f: cdai.ma · vérifié en novembre 2026"]


async def test_a_script_gets_the_new_lines_as_json(arrives: Arrive) -> None:
    async with arrives() as amina:
        status, headers, body = await amina.posts({"text": "how many signatures for a national petition"})
        assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")
        told = json.loads(body)
        greeting, own, reply = told["lines"]
        assert [line["side"] for line in told["lines"]] == ["bot", "you", "bot"]
        assert told["last"] == reply["id"]
        assert own["text"] == "how many signatures for a national petition"
        assert [button["label"] for button in greeting["buttons"]] == GREETED
        assert "4,000" in reply["text"]
        assert reply["note"].startswith("Source: ")
        assert reply["language"] == "en"
        assert reply["dir"] == "ltr"
        assert told["pending"] is None


async def test_a_dialogue_says_what_kind_of_answer_it_waits_for(arrives: Arrive) -> None:
    async with arrives() as amina:
        await amina.says("/idea")
        await amina.says("2")
        _status, _headers, body = await amina.posts({"text": "Open on Saturdays"})
        assert json.loads(body)["pending"] == {"kind": "words", "optional": False, "longest": 6000, "accept": ""}
        await amina.says("Town halls should open on Saturday morning.")
        page = await amina.opens()
        assert 'accept="image/*"' in page
        assert "Choose a picture" in page


async def test_the_same_event_twice_changes_nothing(arrives: Arrive) -> None:
    async with arrives() as amina:
        event = new_event()
        first = await amina.says("what is open government", event=event)
        again = await amina.says("what is open government", event=event)
        assert again == []
        assert texts(await amina.all_lines()) == texts(first)
        assert [line["event"] for line in first if line["side"] == "you"] == [event]


async def test_the_same_event_at_the_same_moment_is_done_once(arrives: Arrive) -> None:
    async with arrives() as amina:
        await amina.says("/idea")
        event = new_event()
        await asyncio.gather(*(amina.posts({"text": "2", "event": event}) for _ in range(5)))
        sides = [line["side"] for line in await amina.all_lines()]
        assert sides == ["bot", "you", "bot", "you", "bot"]


async def test_a_picture_sent_twice_is_kept_once(hiwar: Running, arrives: Arrive) -> None:
    async with arrives() as amina:
        before = count(hiwar.data, "files")
        event = new_event()
        for _ in range(2):
            await amina.sends(files=(("hall.png", PICTURE),), event=event)
        assert count(hiwar.data, "files") == before + 1


async def test_two_guests_may_use_the_same_event(arrives: Arrive) -> None:
    async with arrives() as amina, arrives() as idder:
        event = new_event()
        for someone in (amina, idder):
            lines = await someone.sends(text="hello", files=(("hall.png", PICTURE),), event=event)
            assert [line["side"] for line in lines][:3] == ["bot", "you", "bot"]


async def test_a_language_in_the_address_changes_the_page_and_is_kept(arrives: Arrive) -> None:
    async with arrives("fr") as amina:
        assert '<html lang="fr" dir="ltr">' in await amina.opens()
        assert '<html lang="ar" dir="rtl">' in await amina.opens("/?lang=ar")
        await amina.says("hello")
        assert '<html lang="zgh" dir="ltr">' in await amina.opens("/?lang=zgh")
        assert '<html lang="zgh" dir="ltr">' in await amina.opens()
        reply = (await amina.says("/help"))[-1]
        assert reply["language"] == "zgh"
        assert '<html lang="zgh" dir="ltr">' in await amina.opens("/?lang=xx")


async def test_who_writes_before_choosing_is_answered_in_the_language_of_the_page(arrives: Arrive) -> None:
    async with arrives("fr") as youssef:
        assert (await youssef.says("/help"))[-1]["language"] == "fr"
    async with arrives("de,ar;q=0.5") as sabine:
        assert '<html lang="ar" dir="rtl">' in await sabine.opens()


async def test_pressing_a_language_chooses_it(arrives: Arrive) -> None:
    async with arrives("fr") as amina:
        page = await amina.opens()
        arabic = re.findall(r'name="pressed" value="([^"]+)"', page)[0]
        status, _headers, body = await amina.posts({"pressed": arabic})
        told = json.loads(body)
        assert (status, told["language"]) == (200, "ar")
        assert texts(told["lines"])[1] == ("you", "العربية")
        assert '<html lang="ar" dir="rtl">' in await amina.opens()


async def test_a_deep_link_is_answered_once_however_often_the_page_is_loaded(arrives: Arrive) -> None:
    async with arrives() as amina:
        for path, home in (("/?start=ask-ati-delay", "/"), ("/chat?embed=1&start=ask-ati-delay", "/chat?embed=1")):
            status, headers, _body = await get(amina, path)
            assert (status, headers["Location"]) == (303, home)
        await amina.forgets()
        assert "20 working days" in await amina.opens("/?start=ask-ati-delay")
        before = await amina.all_lines()
        await amina.opens()
        assert await amina.all_lines() == before
        assert [line["side"] for line in before] == ["bot"]
        await amina.opens("/?start=no-such-thing-here")
        await amina.opens("/?start=%3Cscript%3E")


# Headers


async def test_every_answer_forbids_guessing_its_kind_and_says_little_about_us(arrives: Arrive) -> None:
    async with arrives() as amina:
        for path in (
            "/",
            "/chat?embed=1",
            "/chat/lines",
            "/health",
            "/ready",
            "/metrics",
            "/widget.js",
            "/static/chat.css",
            "/nothing",
            "/chat/files/x",
        ):
            _status, headers, _body = await get(amina, path)
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert headers["Server"] == "hiwar", path
            assert headers["Referrer-Policy"] == "no-referrer", path


async def test_a_page_runs_nothing_but_our_own_scripts_and_is_stored_nowhere(arrives: Arrive) -> None:
    async with arrives() as amina:
        _status, headers, _body = await get(amina, "/")
        policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert {policy[each] for each in ("script-src", "style-src", "font-src", "connect-src", "form-action")} == {"'self'"}
        assert policy["base-uri"] == "'none'"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Permissions-Policy"] == "camera=(), microphone=(), geolocation=(self)"
        async with arrives() as idder:
            _status, headers, _body = await get(idder, "/chat/lines")
            assert "no-store" in headers.get("Cache-Control", ""), "what was said is kept by no cache either"


async def test_only_the_embedded_page_may_be_framed_by_other_sites(arrives: Arrive) -> None:
    async with arrives() as amina:
        _status, headers, _body = await get(amina, "/")
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
        _status, headers, _body = await get(amina, "/chat?embed=1")
        assert "X-Frame-Options" not in headers
        assert headers["Content-Security-Policy"].endswith("frame-ancestors *")
        status, headers, body = await amina.posts({"token": "wrong"}, headers={}, query="embed=1&lang=en", path="/chat/forget")
        assert status == 403
        assert headers["Content-Security-Policy"].endswith("frame-ancestors *"), "a refusal inside the widget must be seen there"
        assert 'href="/chat?embed=1"' in body


async def test_the_cookie_can_be_read_by_no_script_and_crosses_sites_only_inside_a_frame(arrives: Arrive) -> None:
    async with arrives() as amina:
        _status, headers, _body = await get(amina, "/")
        assert re.fullmatch(r"hiwar_chat=[\w-]{43}; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax", headers["Set-Cookie"])
        _status, headers, _body = await get(amina, "/", **{"X-Forwarded-Proto": "https"})
        assert re.fullmatch(r"__Host-hiwar_chat=[\w-]{43}; Path=/; Max-Age=15552000; HttpOnly; Secure; SameSite=Lax", headers["Set-Cookie"])
        _status, headers, _body = await get(amina, "/chat?embed=1", **{"X-Forwarded-Proto": "https"})
        attributes = set(headers["Set-Cookie"].split("; ")[1:])
        assert attributes == {"HttpOnly", "Max-Age=15552000", "Path=/", "SameSite=None", "Secure", "Partitioned"}


# Refusals


async def test_a_form_of_another_page_is_refused_in_the_language_of_its_reader(arrives: Arrive) -> None:
    async with arrives("fr") as amina:
        for language, sentence in OUT_OF_DATE.items():
            status, _headers, body = await amina.posts({"token": "0" * 64, "text": "hello"}, query=f"lang={language}")
            assert (status, json.loads(body)) == (403, {"error": sentence})
            status, _headers, body = await amina.posts({"token": "é", "text": "hello"}, query=f"lang={language}", headers={})
            assert status == 403
            assert sentence in body
            assert f'<html lang="{language}"' in body
        assert await amina.all_lines() == []


async def test_who_chose_a_language_is_refused_in_it_even_when_the_form_cannot_be_read(arrives: Arrive) -> None:
    async with arrives("fr") as amina:
        await amina.says("/help")
        await amina.opens("/?lang=ar")
        amina.language = ""
        status, _headers, body = await amina.posts({"token": "0" * 64})
        assert (status, json.loads(body)["error"]) == (403, OUT_OF_DATE["ar"])


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_form_posted_by_another_site_is_refused(arrives: Arrive, site: str) -> None:
    async with arrives() as amina:
        for path in ("/chat/messages", "/chat/forget"):
            status, _headers, _body = await amina.posts({"text": "hello"}, headers={**JSON, "Sec-Fetch-Site": site}, path=path)
            assert status == 403
        assert await amina.all_lines() == []
        for own in ("same-origin", "none"):
            status, _headers, _body = await amina.posts({"text": "hello"}, headers={**JSON, "Sec-Fetch-Site": own})
            assert status == 200


async def test_a_token_is_of_no_use_to_another_guest(arrives: Arrive) -> None:
    async with arrives() as amina, arrives() as mallory:
        status, _headers, _body = await mallory.posts({"token": amina.token, "text": "hello"})
        assert status == 403


async def test_somebody_without_a_cookie_is_refused_and_leaves_no_trace(hiwar: Running, arrives: Arrive) -> None:
    before = kept(hiwar.data)
    async with arrives() as amina:
        amina.session.cookie_jar.clear()
        assert (await amina.posts({"text": "hello"}))[0] == 403
        assert (await get(amina, "/chat/stream"))[0] == 204
        amina.session.cookie_jar.update_cookies({"hiwar_chat": "../../etc/passwd"})
        assert (await amina.posts({"text": "hello"}))[0] == 403
    assert kept(hiwar.data) == before


@pytest.mark.parametrize(
    "fields",
    [
        {"text": ""},
        {"text": " \r\n\t "},
        {"text": "\u202e\u200f"},
        {"latitude": "91", "longitude": "0"},
        {"latitude": "nan", "longitude": "1"},
        {},
    ],
)
async def test_an_empty_message_is_refused(hiwar: Running, arrives: Arrive, fields: dict[str, str]) -> None:
    before = kept(hiwar.data)
    async with arrives() as amina:
        status, _headers, body = await amina.posts(fields)
        assert (status, json.loads(body)) == (400, {"error": "The message is empty."})
    assert kept(hiwar.data) == before


@pytest.mark.parametrize("event", ["", "short", "x" * 65, "with space", "events\n12345", "../../../../"])
async def test_an_event_that_no_page_of_ours_makes_is_refused(arrives: Arrive, event: str) -> None:
    async with arrives() as amina:
        status, _headers, body = await amina.posts({"text": "hello", "event": event})
        assert (status, json.loads(body)["error"]) == (400, OUT_OF_DATE["en"])


BROKEN = {
    "no boundary": ("multipart/form-data", b"hello"),
    "no end": ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nhello'),
    "no headers": ("multipart/form-data; boundary=b", b"--b\r\nhello\r\n--b--\r\n"),
    "nothing": ("multipart/form-data; boundary=b", b""),
    "another boundary": ("multipart/form-data; boundary=b", b"--c\r\n\r\nhello\r\n--c--\r\n"),
    "long header": ("multipart/form-data; boundary=b", b"--b\r\nX: " + b"x" * 20_000 + b"\r\n\r\nhello\r\n--b--\r\n"),
    "unknown charset": ("application/x-www-form-urlencoded; charset=klingon", b"text=hello"),
    "not text": ("application/x-www-form-urlencoded", b"text=\xff\xfe"),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_form_gets_a_sentence(arrives: Arrive, name: str) -> None:
    kind, body = BROKEN[name]
    async with arrives("fr") as amina:
        for path in ("chat/messages", "chat/forget"):
            async with amina.session.post(f"{amina.url}{path}?lang=fr", data=body, headers={**JSON, "Content-Type": kind}) as answer:
                told = await answer.json()
                assert answer.status in (400, 403), told
                sentences = {"Le message n’a pas pu être lu. Veuillez le renvoyer.", OUT_OF_DATE["fr"]}
                assert told["error"] in sentences


async def test_a_body_of_another_kind_is_no_form_of_ours(arrives: Arrive) -> None:
    async with arrives() as amina:
        for kind in ("application/json", "text/plain"):
            headers = {**JSON, "Content-Type": kind}
            async with amina.session.post(f"{amina.url}chat/messages", data=b'{"text": "hello"}', headers=headers) as answer:
                assert answer.status == 403


def _nested(depth: int) -> bytes:
    opened = b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (level, level + 1) for level in range(depth))
    return opened + b"".join(b"--b%d--\r\n" % level for level in range(depth, -1, -1))


def _parts(many: int) -> bytes:
    return b"".join(b'--b0\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % number for number in range(many)) + b"--b0--\r\n"


FORM = b'--b0\r\nContent-Disposition: form-data; name="text"\r\n\r\n%b\r\n--b0--\r\n'
HUGE = {
    "a field of 70 kB": ("multipart/form-data; boundary=b0", FORM % (b"x" * 70_000)),
    "a form of 70 kB": ("application/x-www-form-urlencoded", b"text=" + b"x" * 70_000),
    "five hundred fields": ("multipart/form-data; boundary=b0", _parts(500)),
    "a form in a form": ("multipart/form-data; boundary=b0", _nested(1)),
    "a form in a form a thousand times": ("multipart/form-data; boundary=b0", _nested(1000)),
}


@pytest.mark.parametrize("name", HUGE)
async def test_a_body_too_large_or_too_deep_is_refused(arrives: Arrive, name: str) -> None:
    kind, body = HUGE[name]
    async with arrives() as amina:
        async with amina.session.post(f"{amina.url}chat/messages", data=body, headers={**JSON, "Content-Type": kind}) as answer:
            assert (answer.status, (await answer.json())["error"]) == (413, "The message could not be read. Please send it again.")
        assert await amina.all_lines() == []


async def test_who_writes_very_fast_is_asked_to_wait_and_may_go_on_then(arrives: Arrive) -> None:
    async with arrives("fr") as amina, arrives() as idder:
        await amina.says("hello")
        answers = await asyncio.gather(*(amina.posts({"text": "hello"}) for _ in range(25)))
        assert {status for status, _headers, _body in answers} == {200, 429}
        refused = next(answer for answer in answers if answer[0] == 429)
        assert 1 <= int(refused[1]["Retry-After"]) <= 15
        assert json.loads(refused[2])["error"].startswith("Vos messages se suivent trop vite")
        accepted = sum(status == 200 for status, _headers, _body in answers)
        own = [line for line in await amina.all_lines() if line["side"] == "you"]
        assert len(own) == accepted + 1, "what was refused was not done"
        await idder.says("hello")


# Files


KINDS = {
    "photo.jpg": (b"\xff\xd8\xff\xe0" + bytes(20), "image/jpeg", True),
    "photo.png": (PICTURE, "image/png", True),
    "moving.gif": (b"GIF89a" + bytes(20), "image/gif", True),
    "photo.webp": (b"RIFF\x00\x00\x00\x00WEBP" + bytes(20), "image/webp", True),
    "paper.pdf": (b"%PDF-1.7\n", "application/pdf", False),
    "paper.docx": (b"PK\x03\x04" + bytes(20), "application/zip", False),
}


async def test_a_file_is_what_its_first_bytes_say_whatever_its_name(arrives: Arrive) -> None:
    async with arrives() as amina:
        for name, (content, mime, is_picture) in KINDS.items():
            lines = await amina.sends(files=((f"{name}.exe", content),))
            (file,) = next(line for line in lines if line["side"] == "you")["files"]
            assert (file["mime"], file["picture"], file["name"], file["size"]) == (mime, is_picture, f"{name}.exe", len(content))
            status, headers, fetched = await get(amina, file["url"])
            assert (status, fetched, headers["Content-Type"]) == (200, content, mime)
            assert headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{name}.exe"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
            assert headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize(
    "content", [b"MZ\x90\x00", b"<html><script>", b'<?xml version="1.0"?><svg/>', b"#!/bin/sh\n", b"BM" + bytes(20), b"RIFFxxxxWAVE"]
)
async def test_a_file_of_another_kind_is_refused_whatever_its_name(arrives: Arrive, content: bytes) -> None:
    async with arrives() as amina:
        status, _headers, body = await amina.posts({"text": "see this"}, files=(("photo.jpg", content),))
        assert (status, json.loads(body)["error"]) == (
            413,
            "This kind of file cannot be sent here. Pictures, PDF and office documents can.",
        )
        assert await amina.all_lines() == []


async def test_a_file_too_large_is_refused_and_one_just_small_enough_is_taken(arrives: Arrive) -> None:
    most = 10 * 1024 * 1024
    async with arrives() as amina:
        status, _headers, body = await amina.posts({}, files=(("large.png", PICTURE + bytes(most)),))
        assert (status, json.loads(body)["error"]) == (413, "This file is too large: the limit is 10 MB.")
        lines = await amina.sends(files=(("large.png", PICTURE + bytes(most - len(PICTURE))),))
        assert next(line for line in lines if line["side"] == "you")["files"][0]["size"] == most


async def test_a_sixth_file_is_refused_and_an_empty_one_is_no_file(arrives: Arrive) -> None:
    async with arrives() as amina:
        status, _headers, body = await amina.posts({}, files=tuple((f"{number}.png", PICTURE) for number in range(6)))
        assert (status, json.loads(body)["error"]) == (413, "At most 5 files can be sent at once.")
        lines = await amina.sends(files=tuple((f"{number}.png", PICTURE) for number in range(5)))
        assert len(next(line for line in lines if line["side"] == "you")["files"]) == 5
        status, _headers, body = await amina.posts({}, files=(("", b""),))
        assert (status, json.loads(body)["error"]) == (400, "The message is empty.")


async def test_a_file_is_seen_by_the_guest_who_sent_it_alone(arrives: Arrive) -> None:
    async with arrives() as amina, arrives() as mallory:
        await mallory.says("hello")
        lines = await amina.sends(files=(("hall.png", PICTURE),))
        url = next(line for line in lines if line["side"] == "you")["files"][0]["url"]
        assert (await get(amina, url))[0] == 200
        assert (await get(mallory, url))[0] == 404
        amina.session.cookie_jar.clear()
        assert (await get(amina, url))[0] == 404


async def test_the_name_of_a_file_brings_no_path_and_no_reversed_letters(arrives: Arrive) -> None:
    async with arrives() as amina:
        for name in ("../../etc/passwd.png", "C:\\Windows\\photo\u202egnp.exe", 'a"; X=y.png', "صورة المقر.png"):
            lines = await amina.sends(files=((name, PICTURE),))
            (file,) = next(line for line in lines if line["side"] == "you")["files"]
            assert not re.search(r"[/\\\r\n\u202a-\u202e]", file["name"])
            status, headers, _body = await get(amina, file["url"])
            assert status == 200
            assert headers["Content-Disposition"].isascii()
            assert "X" not in headers


# Streams


async def test_a_line_arrives_at_a_second_page_of_the_same_guest(arrives: Arrive) -> None:
    async with arrives() as amina:
        first = await amina.says("hello")
        async with listening(amina, first[-1]["id"]) as stream, asyncio.timeout(20):
            said = await amina.says("what is open government")
            heard = [await anext(stream) for _ in said]
        assert heard == said


async def test_a_stream_goes_on_after_the_last_line_seen_without_repeating_any(arrives: Arrive) -> None:
    async with arrives() as amina:
        first = await amina.says("hello")
        async with listening(amina, first[-1]["id"]) as stream, asyncio.timeout(20):
            said = await amina.says("/help")
            seen = await anext(stream)
        assert seen == said[0]
        missed = await amina.says("what is open government")
        # The address of the stream is the old one; what counts is what the browser says it saw last.
        async with listening(amina, first[-1]["id"], **{"Last-Event-ID": str(seen["id"])}) as stream, asyncio.timeout(20):
            heard = [await anext(stream) for _ in (*said[1:], *missed)]
        assert heard == [*said[1:], *missed]


async def test_a_stream_of_somebody_who_said_nothing_tells_the_browser_not_to_come_back(arrives: Arrive) -> None:
    async with arrives() as amina:
        assert (await get(amina, "/chat/stream"))[0] == 204


async def test_only_so_many_pages_of_one_guest_listen_at_once(arrives: Arrive) -> None:
    async with arrives() as amina, arrives() as idder:
        for someone in (amina, idder):
            await someone.says("hello")
        async with listening(amina), listening(amina), listening(amina), listening(amina):
            assert (await get(amina, "/chat/stream"))[0] == 204
            async with listening(idder) as stream, asyncio.timeout(20):
                assert (await anext(stream))["side"] == "bot"


async def test_what_is_new_can_also_be_asked_for(arrives: Arrive) -> None:
    async with arrives() as amina:
        said = await amina.says("hello")
        assert await amina.all_lines() == said
        assert await amina.all_lines(after=said[0]["id"]) == said[1:]
        assert await amina.all_lines(after=said[-1]["id"]) == []
        for nonsense in ("-1", "x", "1e9", "9" * 30, "%00"):
            status, _headers, body = await get(amina, f"/chat/lines?after={nonsense}")
            assert (status, json.loads(body)["lines"]) == (200, said)


# Forgetting


async def test_forgetting_erases_every_row_and_the_cookie(hiwar: Running, arrives: Arrive) -> None:
    before = kept(hiwar.data)
    async with arrives() as amina:
        await amina.sends(files=(("hall.png", PICTURE),))
        await amina.presses("English")
        answered = await amina.says("what is open government")
        await amina.sends(pressed=next(each["data"] for each in answered[-1]["buttons"] if each["label"] == "This was useful"))
        await amina.says("/idea")
        await amina.says("2")
        await amina.says("/cancel")
        await amina.presses("Keep it as a draft")
        now = kept(hiwar.data)
        assert all(now[table] > before[table] for table in now), now
        status, headers, _body = await amina.posts({}, path="/chat/forget")
        assert (status, headers["Location"]) == (303, "/")
        assert re.match(r"hiwar_chat=; .*Max-Age=0;", headers["Set-Cookie"])
        assert kept(hiwar.data) == before
        assert not [cookie for cookie in amina.session.cookie_jar if cookie.value]
        assert len(shown(await amina.opens())) == 1


async def test_the_cookie_of_a_frame_is_taken_away_with_the_attributes_it_was_given_with(arrives: Arrive) -> None:
    async with arrives() as amina:
        https = {"X-Forwarded-Proto": "https"}
        _status, headers, page = await get(amina, "/chat?embed=1", **https)
        token = re.findall(rb'name="token" value="([0-9a-f]+)"', page)[0].decode()
        given = headers["Set-Cookie"].partition(";")[0]
        _status, headers, _body = await amina.posts(
            {"token": token}, headers={**JSON, **https, "Cookie": given}, query="lang=en&embed=1", path="/chat/forget"
        )
        assert headers["Location"] == "/chat?embed=1"
        attributes = set(headers["Set-Cookie"].split("; ")[1:])
        assert headers["Set-Cookie"].startswith("__Host-hiwar_chat=")
        assert attributes >= {"Max-Age=0", "Path=/", "SameSite=None", "Secure", "Partitioned"}


async def test_forgetting_without_anything_said_is_no_trouble(arrives: Arrive) -> None:
    async with arrives() as amina:
        await amina.forgets()


async def test_a_page_left_open_after_forgetting_cannot_write_as_somebody_else(arrives: Arrive) -> None:
    async with arrives() as amina:
        await amina.says("hello")
        old = amina.token
        await amina.forgets()
        await amina.opens()
        status, _headers, _body = await amina.posts({"text": "hello again", "token": old})
        assert status == 403


# What people write


async def test_two_guests_never_see_each_other(arrives: Arrive) -> None:
    async with arrives() as amina, arrives() as mallory:
        await mallory.says("hello")
        async with listening(mallory) as stream, asyncio.timeout(20):
            await amina.says("the number of my file is 4711")
            own = await mallory.says("/help")
            heard = [await anext(stream)]
            while heard[-1]["id"] < own[-1]["id"]:
                heard.append(await anext(stream))
        assert "4711" not in json.dumps([heard, await mallory.all_lines(), await mallory.opens()])
        pressed = (await amina.says("/help"))[-1]["buttons"][0]["data"]
        reply = (await mallory.sends(pressed=pressed))[-1]
        assert reply["text"].startswith("This button was not made for you")


async def test_markup_is_shown_as_it_was_written(arrives: Arrive) -> None:
    async with arrives() as amina:
        text = '<script>alert(1)</script><img src=x onerror=alert(1)> & "quotes" </textarea></script> {{ 7*7 }} javascript:alert(1)'
        await amina.says(text)
        page = await amina.opens()
        assert shown(page)[1] == text
        assert "<script>alert" not in page
        assert "<img" not in page
        settings = re.findall(r'id="settings"[^>]*>(.*?)</script>', page, re.DOTALL)
        assert set(json.loads(settings[0])) == {"limits", "pending", "home", "words"}


async def test_addresses_become_links_that_tell_the_other_site_nothing(arrives: Arrive) -> None:
    async with arrives() as amina:
        await amina.says(
            'See https://www.cdai.ma/fr?a=1&b=2). Or chafafiya.ma، or amina@example.ma, not "http://a"onclick=x or javascript:x'
        )
        page = await amina.opens()
        own = page[page.index('class="line you"') :]
        links = re.findall(r'<a href="([^"]+)" dir="ltr" target="_blank" rel="noopener noreferrer">', own[: own.index("</article>")])
        assert links == ["https://www.cdai.ma/fr?a=1&amp;b=2", "https://chafafiya.ma", "mailto:amina@example.ma", "http://a"]


async def test_marks_that_turn_the_text_around_them_are_taken_out(arrives: Arrive) -> None:
    async with arrives() as amina:
        lines = await amina.says("\u202eevil\u202c \u2066left\u2069 \u200fright\x00 \x07bell")
        assert lines[1]["text"] == "evil left right bell"
        assert not re.search("[\u202a-\u202e\u2066\u2067]", shown(await amina.opens())[1])


async def test_lines_and_paragraphs_of_a_text_are_kept(arrives: Arrive) -> None:
    async with arrives() as amina:
        lines = await amina.says("First line\r\nsecond line\r\n\r\nsecond paragraph")
        assert lines[1]["text"] == "First line\nsecond line\n\nsecond paragraph"
        own = (await amina.opens()).partition('class="line you"')[2]
        assert '<p dir="auto">First line\nsecond line</p><p dir="auto">second paragraph</p>' in own


async def test_a_long_text_in_three_scripts_arrives_whole(arrives: Arrive) -> None:
    async with arrives() as amina:
        text = ("ⴰⵣⵓⵍ مرحبا bonjour 🙂 " * 340)[:8000].strip()
        lines = await amina.says(text)
        assert lines[1]["text"] == text


async def test_a_place_is_a_line_with_a_place(arrives: Arrive) -> None:
    async with arrives() as amina:
        lines = await amina.sends(latitude="33.97159", longitude="-6.84981")
        assert lines[1]["place"] == {"latitude": 33.97159, "longitude": -6.84981, "title": ""}
        assert "33.97159, -6.84981" in await amina.opens()


async def test_what_is_said_is_unreadable_in_the_database(hiwar: Running, arrives: Arrive) -> None:
    async with arrives() as amina:
        await amina.sends(text="my secret is mimouna", files=(("mimouna.png", PICTURE + b"mimouna"),))
    with sqlite3.connect(f"file:{hiwar.data / 'hiwar.db'}?mode=ro", uri=True) as db:
        assert "mimouna" not in "\n".join(db.iterdump())
    db.close()
    assert "mimouna" not in hiwar.log.read_text("utf-8")


# Beside the chat


async def test_health_readiness_and_metrics(arrives: Arrive) -> None:
    async with arrives() as amina:
        await amina.says("hello")
        assert (await get(amina, "/health"))[2] == b'{"status": "alive"}'
        assert (await get(amina, "/ready"))[2] == b'{"status": "ready"}'
        _status, headers, body = await get(amina, "/metrics")
        assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert re.search(rb'^hiwar_turns_total\{channel="webchat",result="answered"\} [1-9]', body, re.MULTILINE)


@pytest.mark.parametrize("path", ["/nothing", "/chat/nothing", "/admin", "/.env", "/static/nothing.css", "/static/", "/chat/files/"])
async def test_an_unknown_address_is_not_found(arrives: Arrive, path: str) -> None:
    async with arrives() as amina:
        status, _headers, body = await get(amina, path)
        assert status == 404
        assert b"Traceback" not in body


async def test_a_message_cannot_be_sent_by_an_address_alone(arrives: Arrive) -> None:
    async with arrives() as amina:
        assert (await get(amina, "/chat/messages?text=hello"))[0] == 405
        assert (await get(amina, "/chat/forget"))[0] == 405


async def test_static_files_are_kept_for_ever_packed_and_not_sent_twice(arrives: Arrive) -> None:
    async with arrives() as amina:
        page = await amina.opens()
        address = re.findall(r'src="(/static/chat\.js\?v=[0-9a-f]{12})"', page)[0]
        async with aiohttp.ClientSession(auto_decompress=False) as plain:
            url = amina.url.rstrip("/") + address
            async with plain.get(url, headers={"Accept-Encoding": "gzip"}) as answer:
                packed = await answer.read()
                assert answer.headers["Content-Encoding"] == "gzip"
                assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
                assert answer.headers["Vary"] == "Accept-Encoding"
                assert answer.content_type in ("text/javascript", "application/javascript")
                tag = answer.headers["ETag"]
            async with plain.get(url, headers={"Accept-Encoding": "identity"}) as answer:
                assert "Content-Encoding" not in answer.headers
                assert gzip.decompress(packed) == await answer.read()
            async with plain.get(url, headers={"If-None-Match": tag}) as answer:
                assert (answer.status, await answer.read()) == (304, b"")
        _status, headers, _body = await get(amina, "/widget.js")
        assert headers["Cache-Control"] == "public, max-age=3600"
        assert "Set-Cookie" not in headers
        _status, headers, body = await get(amina, "/static/fonts/noto-sans-tifinagh-400.woff2")
        assert (headers["Content-Type"], body[:4]) == ("font/woff2", b"wOF2")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/....//app.py",
        "/static//etc/passwd",
        "/chat/files/..%2f..%2fhiwar.key",
    ],
)
async def test_a_path_leads_to_no_other_file(arrives: Arrive, path: str) -> None:
    async with arrives() as amina:
        host = amina.url.removeprefix("http://").rstrip("/")
        name, _colon, port = host.rpartition(":")
        reader, writer = await asyncio.open_connection(name, int(port))  # a client of HTTP would tidy the path up
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        assert answer.startswith(b"HTTP/1.1 404")
        assert b"import" not in answer


async def test_nothing_went_wrong_inside_all_the_while(hiwar: Running) -> None:
    log = hiwar.log.read_text("utf-8")
    assert not re.findall(r"^.*(?:Traceback|request_failed|turn_failed|level=error).*$", log, re.MULTILINE)
