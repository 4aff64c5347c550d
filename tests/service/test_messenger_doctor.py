"""The doctor asks Meta what is wrong with the page, says what to do, and changes nothing; deletions asked of Meta are done."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from channels.contract import Failed, Fault
from channels.messenger import SUBSCRIBED, Page, TokenFacts, WebhookState
from service.checks_messenger import Told, findings, look
from service.findings import Finding, Level
from service.settings import Settings
from storage import people
from tests.channels.test_messenger_sending import signed_request
from tests.fakes.graph_api import FakeGraph
from tests.running import running
from tests.service.test_messenger_whole import AMINA, of_graph, program, settings
from tests.web.guests import count

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
PAGE = Page("104000000000001", "Gouvernement ouvert", "v24.0")
GOOD = TokenFacts(is_valid=True, scopes=("pages_messaging", "pages_manage_metadata"))
WEBHOOK = WebhookState(url="https://hiwar.example.ma/hooks/messenger", is_active=True)
WHOLE = {"me": PAGE, "fields": SUBSCRIBED, "facts": GOOD, "webhook": WEBHOOK, "reached": 403}
REFUSED = Failed(reason="unauthorized", retry=True, fault=Fault.OURS, operator="Meta refuses the page token.")


def given(public_url: str = "https://hiwar.example.ma") -> Settings:
    return Settings(
        public_url=public_url,
        messenger_page=PAGE.id,
        messenger_page_token=SecretStr("t"),
        messenger_app="205",
        messenger_app_secret=SecretStr("s"),
        messenger_verify_token=SecretStr("v"),
    )


def found(**different: object) -> list[Finding]:
    return list(findings(Told(**{**WHOLE, **different}), given(), NOW))  # type: ignore[arg-type]  # the fields of Told


def test_a_page_that_is_well_is_ok_throughout() -> None:
    assert {finding.level for finding in found()} == {Level.OK}


@pytest.mark.parametrize(
    ("different", "level", "words"),
    [
        ({"me": REFUSED}, Level.BROKEN, "unauthorized"),
        ({"me": Page("999", "Another", "v24.0")}, Level.BROKEN, "of the page 999"),
        ({"me": Page(PAGE.id, "x", "v25.0")}, Level.ATTENTION, "answers as v25.0"),
        ({"fields": ()}, Level.BROKEN, "not subscribed"),
        ({"fields": ("messages",)}, Level.BROKEN, "messaging_postbacks"),
        ({"facts": None}, Level.ATTENTION, "app's id"),
        ({"facts": TokenFacts(is_valid=False)}, Level.BROKEN, "not valid"),
        ({"facts": TokenFacts(is_valid=True, scopes=("pages_messaging",))}, Level.BROKEN, "pages_manage_metadata"),
        ({"facts": TokenFacts(is_valid=True, scopes=GOOD.scopes, expires_at=NOW + dt.timedelta(days=3))}, Level.ATTENTION, "2026-11-26"),
        ({"webhook": WebhookState(url="", is_active=False)}, Level.BROKEN, "no webhook"),
        ({"webhook": WebhookState(url="https://other.example/x", is_active=True)}, Level.BROKEN, "other.example"),
        ({"webhook": WebhookState(url=WEBHOOK.url, is_active=False)}, Level.BROKEN, "stopped delivering"),
        ({"reached": 502}, Level.BROKEN, "502"),
        ({"reached": "ClientConnectorError"}, Level.BROKEN, "ClientConnectorError"),
    ],
)
def test_what_is_wrong_is_found_and_said_with_what_to_do(different: dict[str, object], level: Level, words: str) -> None:
    wrong = [finding for finding in found(**different) if finding.level is not Level.OK]

    assert [finding.level for finding in wrong] == [level]
    assert words in str(wrong[0])
    assert wrong[0].do


async def test_the_doctor_asks_the_real_calls_and_changes_nothing(tmp_path: Path) -> None:
    async with FakeGraph() as graph:
        graph.subscribed = list(SUBSCRIBED)
        told = await look(settings(tmp_path / "data", graph), NOW)
        posts = [call for call in graph.calls if call.startswith("POST")]

    assert posts == []
    assert graph.refused == []
    assert "Gouvernement ouvert" in str(told[0])
    assert not any(graph.token in str(finding) for finding in told)
    assert [finding.found for finding in await look(Settings(data=tmp_path), NOW)] == ["not asked, for want of a page token"]


@pytest.mark.parametrize("missing", ["messenger_page", "messenger_app_secret", "messenger_verify_token"])
def test_half_of_the_settings_is_refused_with_what_is_missing(missing: str) -> None:
    whole: dict[str, object] = {
        "messenger_page": "1",
        "messenger_page_token": SecretStr("t"),
        "messenger_app_secret": SecretStr("s"),
        "messenger_verify_token": SecretStr("v"),
    }
    whole[missing] = SecretStr("") if missing != "messenger_page" else ""
    with pytest.raises(ValueError, match="HIWAR_MESSENGER_VERIFY_TOKEN"):
        Settings(**whole)  # type: ignore[arg-type]  # settings by name


async def test_who_asks_meta_for_deletion_is_forgotten_and_can_look_it_up(tmp_path: Path) -> None:
    async with FakeGraph() as graph, running(tmp_path / "data", **of_graph(graph)) as hiwar:
        graph.users["asid-1"] = AMINA
        await graph.say(f"{hiwar.url}hooks/messenger", AMINA, "/language fr")
        await graph.wait_for(1, AMINA)
        before = count(tmp_path / "data", "people")
        signed = signed_request(graph.secret, '{"user_id":"asid-1","algorithm":"HMAC-SHA256","issued_at":1}')
        forged = signed_request("guessed", '{"user_id":"asid-1","algorithm":"HMAC-SHA256","issued_at":1}')
        async with aiohttp.ClientSession() as client:
            hook = f"{hiwar.url}hooks/messenger/deletion"
            async with client.post(hook, data={"signed_request": forged}) as refused, client.post(hook, data={}) as empty:
                statuses = (refused.status, empty.status)
            async with client.post(hook, data={"signed_request": signed}) as answer:
                told = await answer.json()
            async with client.get(told["url"], headers={"Accept-Language": "fr"}) as page:
                french = await page.text()
            async with client.get(f"{told['url']}?lang=ar") as page:
                arabic = await page.text()
            async with client.get(f"{hiwar.url}deletion/0000000000000000?lang=en") as page:
                unknown = (page.status, await page.text())

    assert (before, count(tmp_path / "data", "people")) == (1, 0)
    assert statuses == (403, 403)
    assert told["url"].endswith(told["confirmation_code"])
    assert "Vos données ont été supprimées" in french
    assert "حُذفت معطياتكم" in arabic
    assert 'dir="rtl"' in arabic
    assert unknown[0] == 404
    assert re.search("no request with this code", unknown[1])


async def test_a_deletion_that_meta_cannot_name_now_waits_for_the_clock(tmp_path: Path, database_url: str) -> None:
    from storage import deletions
    from tests.service.test_messenger_whole import hook

    async with FakeGraph() as graph, program(tmp_path, graph, database_url) as opened:
        await hook(opened).handle(graph.delivery(graph.text(AMINA, "/language fr")))
        await graph.wait_for(1, AMINA)
        await opened.delivery.finish()
        await opened.ledger.write(deletions.ask, "c1", "messenger", "asid-1", opened.now())
        secret, graph.secret = graph.secret, "Meta is away"
        waits = await opened.delete_asked()
        graph.secret = secret
        graph.users["asid-1"] = AMINA
        done = await opened.delete_asked()
        settled = await opened.ledger.write(deletions.find, "c1")
        gone = await opened.ledger.write(people.find_by_address, "messenger", AMINA)

    assert (waits, done, gone) == (1, 0, None)
    assert settled is not None
    assert (settled.state, settled.user) == ("done", "")
