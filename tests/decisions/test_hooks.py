"""Other systems hear of proposals: signed, once they answer, again while they do not, never inside our own network."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Mapping

import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.errors import OutsideRefused
from channels.outside import post_outside
from civic.decisions import Details
from civic.errors import Refusal
from civic.proposals import Act
from handlers.desk.decisions import decide
from handlers.staff_notices import PAUSE, tell_group
from scheduler.hooks import WAITS, HookDelivery
from storage import hooks, tokens
from storage.engines import open_writer
from storage.ledger import Ledger
from storage.sealing import Seal
from tests.proposals_at_hand import ALONE, NOW, POST, SALMA, actions, filed, tell_all, told

URL = "https://portal.example/hiwar"


class Portal:
    """Another system: what it got, and what it answers; times are told, not waited for."""

    def __init__(self, *answers: int | str) -> None:
        self.answers, self.got, self.now = list(answers), [], NOW  # type: ignore[var-annotated]

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.got.append((url, body, dict(headers)))
        answer = self.answers.pop(0)
        if isinstance(answer, str):
            raise OutsideRefused(answer, "")
        return answer


def announced(db: sa.Connection) -> str:
    hook = hooks.add(db, URL, ("proposal.filed", "proposal.decided"), "staff:1", NOW)
    number = filed(db).number
    decide(db, ALONE, number, Act.PUBLISH, Details(), SALMA, NOW)
    tell_all(db)
    return hook.secret


async def test_a_hook_is_told_signed_of_what_came_and_what_was_decided(database_url: str, seal: Seal) -> None:
    ledger, portal = Ledger(open_writer(database_url, seal)), Portal(200, 204)
    secret = await ledger.write(announced)
    sending = HookDelivery(ledger, "node", portal.post, now=lambda: NOW + dt.timedelta(minutes=1))
    assert (await sending.send_some(), await sending.send_some()) == (2, 0)

    assert sorted(json.loads(body)["event"] for _url, body, _headers in portal.got) == ["proposal.decided", "proposal.filed"]
    for url, body, headers in portal.got:
        signed = hmac.new(secret.encode(), headers["Hiwar-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
        assert (url, headers["Hiwar-Signature"]) == (URL, f"v1={signed}")
        assert set(json.loads(body)) == {"event", "proposal", "state", "at", "path"}
    assert {letter.state for letter in await ledger.write(hooks.log, 9)} == {"sent"}
    await ledger.close()


async def test_a_hook_that_does_not_answer_is_told_again_with_longer_waits_and_then_given_up(database_url: str, seal: Seal) -> None:
    ledger, portal = Ledger(open_writer(database_url, seal)), Portal(*[500] * 3, "too_slow", "unreachable", "internal", 404, 200)
    await ledger.write(hooks.add, URL, ("proposal.filed",), "staff:1", NOW)
    await ledger.write(filed)
    counted: Counter[str] = Counter()
    sending = HookDelivery(ledger, "node", portal.post, now=lambda: portal.now, count=lambda outcome: counted.update([outcome]))
    portal.now = NOW
    for wait in WAITS:
        assert await sending.send_some() == 1
        assert await sending.send_some() == 0
        portal.now += wait
    assert await sending.send_some() == 1
    (letter,) = await ledger.write(hooks.log, 9)
    assert (letter.state, letter.attempts, letter.outcome) == ("failed", len(WAITS) + 1, "status 404")
    portal.now += dt.timedelta(days=30)
    assert await sending.send_some() == 0

    assert await ledger.write(hooks.replay, letter.id, "staff:1", portal.now)
    assert await sending.send_some() == 1
    assert (await ledger.write(hooks.log, 9))[0].state == "sent"
    assert counted == {"again": len(WAITS), "failed": 1, "sent": 1}
    assert len({headers["Hiwar-Id"] for _url, _body, headers in portal.got}) == 1
    assert "hook_replayed" in [what for _actor, what, _subject, _details in await ledger.write(actions)]
    await ledger.close()


async def test_two_nodes_tell_a_hook_once(database_url: str, seal: Seal) -> None:
    ledgers, portal = [Ledger(open_writer(database_url, seal)) for _node in range(2)], Portal(200, 200)
    await ledgers[0].write(hooks.add, URL, ("proposal.filed",), "staff:1", NOW)
    await ledgers[0].write(filed)
    nodes = [HookDelivery(ledger, f"node-{place}", portal.post, now=lambda: NOW) for place, ledger in enumerate(ledgers)]
    assert sum(await asyncio.gather(*(node.send_some() for node in nodes))) == 1
    assert len(portal.got) == 1
    for ledger in ledgers:
        await ledger.close()


def test_a_hook_that_ended_is_told_nothing_more(db: sa.Connection) -> None:
    hook = hooks.add(db, URL, ("proposal.filed",), "staff:1", NOW)
    filed(db)
    assert hooks.end(db, hook.id, "staff:1", NOW)
    filed(db)
    (letter,) = hooks.log(db, 9)
    assert (letter.state, letter.outcome) == ("failed", "ended")
    assert not hooks.replay(db, letter.id, "staff:1", NOW)
    assert not hooks.end(db, hook.id, "staff:1", NOW)
    assert hooks.forget_before(db, NOW + dt.timedelta(days=1)) == 1


@pytest.mark.parametrize("url", ["http://portal.example/", "https://portal.example/ x", f"https://{'a' * 2001}"])
def test_a_hook_has_an_address_of_the_web(db: sa.Connection, url: str) -> None:
    with pytest.raises(Refusal, match="hook_address"):
        hooks.add(db, url, ("proposal.filed",), "staff:1", NOW)
    with pytest.raises(Refusal, match="hook_events"):
        hooks.add(db, URL, ("everything",), "staff:1", NOW)


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest", "https://localhost/"]
)
async def test_nothing_is_posted_inside_our_own_network(url: str) -> None:
    with pytest.raises(OutsideRefused) as refused:
        await post_outside(url, b"{}", {}, seconds=5)
    assert refused.value.reason == "internal"


async def test_a_redirect_is_not_followed() -> None:
    async def redirect(request: web.Request) -> web.Response:
        assert await request.read() == b"{}"
        raise web.HTTPFound("http://10.0.0.1/")

    app = web.Application()
    app.router.add_post("/", redirect)
    async with TestServer(app) as server:
        assert await post_outside(str(server.make_url("/")), b"{}", {}, seconds=5, permits=lambda host, port: True) == 302


def test_a_token_is_kept_as_a_hash_and_counts_until_it_is_revoked(db: sa.Connection) -> None:
    shown = tokens.make(db, "Portal", ("proposals:read",), "staff:1", NOW, owner=1)
    found = tokens.find(db, shown)
    assert found is not None
    assert (found.name, found.scopes, found.actor) == ("Portal", ("proposals:read",), "api:1 of staff:1")
    assert shown.encode() not in b" ".join(str(value).encode() for value in db.execute(sa.text("select * from api_tokens")).one())
    assert tokens.revoke(db, found.id, "staff:1", NOW)
    assert tokens.find(db, shown) is None
    assert tokens.secret_of(db, found.id) is None
    for name, scopes, reason in (("x", ("proposals:read",), "program_name"), ("Portal", (), "scopes"), ("Portal", ("all",), "scopes")):
        with pytest.raises(Refusal, match=reason):
            tokens.make(db, name, scopes, "staff:1", NOW)


def test_the_moderators_group_hears_numbers_not_titles_and_not_too_often(db: sa.Connection) -> None:
    desk = "https://hiwar.example/desk/proposals"
    assert not tell_group(db, POST, "webchat", "-100", desk, NOW)
    for minutes in (20, 21):
        filed(db, at=NOW + dt.timedelta(minutes=minutes, hours=1))
    assert tell_group(db, POST, "webchat", "-100", desk, NOW + dt.timedelta(minutes=22))
    filed(db, at=NOW + dt.timedelta(minutes=23, hours=1))
    assert not tell_group(db, POST, "webchat", "-100", desk, NOW + dt.timedelta(minutes=24))
    assert tell_group(db, POST, "webchat", "-100", desk, NOW + dt.timedelta(minutes=22) + PAUSE)
    first, second = told(db, "-100")
    assert "اقتراحان جديدان" in first
    assert "اقتراح جديد واحد" in second
    assert "bench" not in first
