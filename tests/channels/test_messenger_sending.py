"""Sending, files, profile and page against the strict fake Graph API, and what happens when it fails."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.messages import File, FileKind, Incoming, Shown, ShownButton
from channels.contract import Failed, Sender, Sent
from channels.errors import FileRefused, Unreadable
from channels.messenger import Messenger, Page
from channels.messenger_client import Timeouts
from channels.messenger_deletion import user_of
from channels.messenger_profile import Profile, Words
from tests.fakes.graph_api import FakeGraph, Trouble

AMINA = "7001"
HELLO = Shown("سلام")
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


@asynccontextmanager
async def a_pair(
    *, load: Callable[[str], Awaitable[bytes]] | None = None, human_agent: bool = False, **more: Any
) -> AsyncIterator[tuple[FakeGraph, Messenger]]:
    """A fake Graph API to which Amina has written, and a channel with the page's token."""
    async with FakeGraph(human_agent=human_agent) as graph:
        graph.text(AMINA, "hello")
        channel = Messenger(
            more.pop("token", graph.token),
            more.pop("secret", graph.secret),
            page=graph.page,
            app=graph.app,
            base_url=graph.url,
            load=load,
            human_agent=human_agent,
            timeouts=Timeouts(connect=1, answer=0.3, file=2),
            **more,
        )
        try:
            yield graph, channel
        finally:
            await channel.close()


def reason(answer: object) -> str:
    assert isinstance(answer, Failed), answer
    return answer.reason


async def test_the_channel_keeps_the_contract() -> None:
    async with a_pair() as (graph, messenger):
        channel: Sender = messenger
        sent = await channel.send(AMINA, Shown("Which?", (ShownButton("Yes", "t.q.y.s"),)))

    assert isinstance(sent, Sent)
    assert sent.ref == graph.ledger[0].mid
    assert graph.ledger[0].buttons == [("Yes", "t.q.y.s")]
    assert graph.refused == []


async def test_what_meta_refuses_is_a_value() -> None:
    async with a_pair() as (graph, channel):
        assert reason(await channel.send("nobody", HELLO)) == "chat_not_found"
        assert reason(await channel.send(AMINA, Shown(""))) == "content_refused"
        assert reason(await channel.send(AMINA, Shown("a" * 2001))) == "content_refused"
        for code, subcode, expected in ((551, 1545041, "not_available"), (613, 0, "too_many_requests"), (190, 0, "unauthorized")):
            graph.troubles.append(Trouble(code=code, subcode=subcode, times=1))
            assert reason(await channel.send(AMINA, HELLO)) == expected
        assert isinstance(await channel.send(AMINA, HELLO), Sent)


async def test_a_slow_answer_and_a_broken_connection_leave_the_outcome_unknown() -> None:
    async with a_pair() as (graph, channel):
        graph.troubles.append(Trouble(kind="slow", seconds=0.5, times=1))
        slow = await channel.send(AMINA, HELLO)
        graph.troubles.append(Trouble(kind="cut_after", times=1))
        cut = await channel.send(AMINA, HELLO)
    nobody = Messenger("t", "s", base_url="http://127.0.0.1:9")
    gone = await nobody.send(AMINA, HELLO)
    await nobody.close()

    assert isinstance(slow, Failed)
    assert (slow.reason, slow.unknown) == ("timed_out", True)
    assert isinstance(cut, Failed)
    assert (cut.reason, cut.unknown) == ("network_failed", True)
    assert isinstance(gone, Failed)
    assert (gone.reason, gone.unknown) == ("network_failed", False)


async def test_a_wrong_secret_token_or_version_stops_everybody() -> None:
    async with a_pair(secret="another") as (graph, channel):
        assert reason(await channel.send(AMINA, HELLO)) == "unauthorized"
        assert "appsecret_proof" in graph.refused[0][2]
    async with a_pair(token="EAAGother") as (_, channel):
        assert reason(await channel.send(AMINA, HELLO)) == "unauthorized"
    async with a_pair(version="v3.0") as (_, channel):
        assert reason(await channel.send(AMINA, HELLO)) == "version_gone"


async def test_outside_the_window_only_a_persons_words_with_the_permission_arrive() -> None:
    async with a_pair() as (graph, channel):
        graph.heard[AMINA] -= dt.timedelta(hours=25)
        closed = await channel.send(AMINA, HELLO)
        human = await channel.send(AMINA, Shown("سلام", human=True))
    async with a_pair(human_agent=True) as (graph, channel):
        graph.heard[AMINA] -= dt.timedelta(days=6)
        allowed = await channel.send(AMINA, Shown("سلام", human=True))
        graph.heard[AMINA] -= dt.timedelta(days=2)
        late = await channel.send(AMINA, Shown("سلام", human=True))

    assert isinstance(closed, Failed)
    assert (closed.reason, closed.closed) == ("outside_window", True)
    assert reason(human) == "outside_window"
    assert isinstance(allowed, Sent)
    assert graph.ledger[0].tag == "HUMAN_AGENT"
    assert reason(late) == "outside_window"


async def test_a_file_is_uploaded_once_and_then_named() -> None:
    loaded: list[str] = []

    async def load(ref: str) -> bytes:
        loaded.append(ref)
        return b"picture"

    picture = Shown("", files=(File("f1", FileKind.PICTURE, "a.jpg", "image/jpeg"),))
    async with a_pair(load=load) as (graph, channel):
        assert isinstance(await channel.send(AMINA, picture), Sent)
        assert isinstance(await channel.send(AMINA, picture), Sent)
        graph._uploads.clear()  # Meta has forgotten it
        assert isinstance(await channel.send(AMINA, picture), Sent)

    assert loaded == ["f1", "f1"]
    assert [one.content for one in graph.ledger] == [b"picture", b"", b"picture"]


async def test_a_file_that_is_too_large_or_gone_is_the_contents_fault() -> None:
    async def large(ref: str) -> bytes:
        return b"x" * (8 * 1024 * 1024 + 1)

    async def gone(ref: str) -> bytes:
        raise FileNotFoundError(ref)

    picture = Shown("", files=(File("f1", FileKind.PICTURE),))
    for load in (large, gone, None):
        async with a_pair(load=load) as (graph, channel):
            assert reason(await channel.send(AMINA, picture)) == "file_refused"
            assert graph.ledger == []


async def test_a_file_is_fetched_from_meta_only_and_never_larger_than_asked() -> None:
    async with a_pair() as (graph, channel):
        graph.files["a.pdf"] = b"x" * 1000
        assert await channel.fetch(File(f"messenger:{graph.url}/files/a.pdf"), 1000) == b"x" * 1000
        for ref in (
            f"messenger:{graph.url}/files/missing",
            "messenger:http://169.254.169.254/latest/meta-data",
            "messenger:https://scontent.fbcdn.net.evil.example/a",
            "messenger:https://scontent.fbcdn.net:8443/a",
            "messenger:file:///etc/passwd",
            "telegram:abc",
        ):
            with pytest.raises(FileRefused):
                await channel.fetch(File(ref), 1000)
        with pytest.raises(FileRefused, match="larger than 999"):
            await channel.fetch(File(f"messenger:{graph.url}/files/a.pdf"), 999)


async def test_acknowledging_marks_the_conversation_seen_and_never_raises() -> None:
    incoming = Incoming(channel="messenger", event="e", address=AMINA, at=NOW)
    async with a_pair() as (graph, channel):
        await channel.acknowledge(incoming)
        await channel.typing(AMINA)
        assert graph.actions == [(AMINA, "mark_seen"), (AMINA, "typing_on")]
        graph.troubles.append(Trouble(code=551))
        with capture_logs() as logs:
            await channel.acknowledge(incoming)

    assert logs[0]["reason"] == "not_available"
    assert AMINA not in str(logs)


async def test_the_profile_is_published_once_and_again_only_where_it_differs() -> None:
    words = Words(greeting="Bonjour", menu={"menu": "Menu"}, questions=("Qu'est-ce que Hiwar ?",))
    async with a_pair() as (graph, channel):
        assert isinstance(await channel.publish_profile(Profile(default=words, languages={"fr": words, "ar": words})), Sent)
        first = dict(graph.profile)
        assert isinstance(await channel.publish_profile(Profile(default=words, languages={"fr": words, "ar": words})), Sent)
        assert graph.calls["POST me/messenger_profile"] == 1
        other = Words(greeting="Salut", menu={"menu": "Menu"}, questions=("Qu'est-ce que Hiwar ?",))
        assert isinstance(await channel.publish_profile(Profile(default=other)), Sent)

    assert [entry["locale"] for entry in first["greeting"]] == ["default", "fr_FR", "ar_AR"]
    assert first["persistent_menu"][0]["call_to_actions"] == [{"type": "postback", "title": "Menu", "payload": "/menu"}]
    assert graph.profile["greeting"][0]["text"] == "Salut"


async def test_what_the_doctor_asks() -> None:
    async with a_pair() as (graph, channel):
        assert await channel.me() == Page(graph.page, "Gouvernement ouvert", "v24.0")
        assert await channel.subscribed() == ()
        assert isinstance(await channel.subscribe(), Sent)
        assert "messages" in (await channel.subscribed())  # type: ignore[operator]
        facts = await channel.token_facts()
        state = await channel.webhook_state()
        graph.users["asid-1"] = AMINA
        assert await channel.addresses_of("asid-1") == (AMINA,)
        assert await channel.addresses_of("asid-2") == ()

    assert not isinstance(facts, Failed)
    assert facts.is_valid
    assert "pages_messaging" in facts.scopes
    assert not isinstance(state, Failed)
    assert state.url == ""


def test_a_signature_is_over_the_raw_bytes() -> None:
    graph, channel = FakeGraph(), Messenger("t", "fake-app-secret")
    raw = graph.delivery(graph.text(AMINA, "سلام"))

    assert channel.is_signed(raw, graph.signature(raw))
    for wrong in ("", "sha256=", graph.signature(raw)[:-1], graph.signature(raw + b" "), "sha1=" + graph.signature(raw)[7:], "é"):
        assert not channel.is_signed(raw, wrong)


def signed_request(secret: str, payload: str) -> str:
    import base64
    import hashlib
    import hmac

    inside = base64.urlsafe_b64encode(payload.encode()).rstrip(b"=").decode()
    mac = hmac.new(secret.encode(), inside.encode(), hashlib.sha256).digest()
    return f"{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}.{inside}"


def test_a_request_for_deletion_counts_only_when_meta_signed_it() -> None:
    payload = '{"user_id":"asid-1","algorithm":"HMAC-SHA256","issued_at":1790000000}'

    assert user_of("s", signed_request("s", payload)) == "asid-1"
    for wrong in (
        signed_request("other", payload),
        signed_request("s", '{"user_id":"asid-1","algorithm":"none"}'),
        signed_request("s", "{}"),
        signed_request("s", "no json"),
        "",
        ".",
        "a.b",
        "é.é",
        signed_request("s", payload).partition(".")[2],
    ):
        with pytest.raises(Unreadable):
            user_of("s", wrong)


def test_nothing_of_the_channel_shows_its_secrets() -> None:
    channel = Messenger("EAAGtoken", "app-secret", page="1")

    assert "EAAG" not in repr(channel) + repr(channel._client)
