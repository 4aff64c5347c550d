"""What `hiwar doctor` asks Meta: token, permissions, the page's subscription, the webhook, and the version that answers.

It changes nothing: publishing and subscribing are for the Hiwar that runs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from channels.contract import Failed
from channels.messenger import NEEDED, SUBSCRIBED, Messenger, Page, TokenFacts, WebhookState
from service.findings import Finding, attention, broken, ok
from service.settings import Settings
from service.vendors import open_messenger
from web.messenger_hook import PATH

WHAT = "Messenger"
SOON = dt.timedelta(days=14)  # a page token that ends within them needs a new one in time
PATIENCE = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What Meta answered, and our own public address."""

    me: Page | Failed
    fields: tuple[str, ...] | Failed = ()
    facts: TokenFacts | Failed | None = None  # None: not asked, for want of the app's id
    webhook: WebhookState | Failed | None = None
    reached: int | str = 0  # what our webhook's public address answered to a wrong verify token; a name when it did not


async def look(settings: Settings, now: dt.datetime) -> list[Finding]:
    """Every finding about Messenger."""
    channel = open_messenger(settings)
    if channel is None:
        return [ok(WHAT, "not asked, for want of a page token")]
    try:
        told = await _ask(channel, settings)
    finally:
        await channel.close()
    return list(findings(told, settings, now))


async def _ask(channel: Messenger, settings: Settings) -> Told:
    me = await channel.me()
    if isinstance(me, Failed):
        return Told(me=me)
    facts = await channel.token_facts() if settings.messenger_app else None
    webhook = await channel.webhook_state() if settings.messenger_app else None
    reached = await _knock(settings.public_url + PATH) if settings.public_url else 0
    return Told(me=me, fields=await channel.subscribed(), facts=facts, webhook=webhook, reached=reached)


async def _knock(url: str) -> int | str:
    """Ask our own address as Meta would, with a token that cannot be right: a Hiwar that is reached answers 403."""
    try:
        async with aiohttp.ClientSession(timeout=PATIENCE) as client:
            query = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "0"}
            async with client.get(url, params=query, allow_redirects=False) as response:
                return response.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return type(error).__name__


def findings(told: Told, settings: Settings, now: dt.datetime) -> Iterator[Finding]:
    """What the answers mean."""
    if isinstance(told.me, Failed):
        yield _failed(told.me)
        return
    if told.me.id != settings.messenger_page:
        yield broken(
            WHAT,
            f"the token is of the page {told.me.id}",
            "put that page's number into HIWAR_MESSENGER_PAGE, or take the other page's token",
        )
    else:
        yield ok(WHAT, f'the token is of the page "{told.me.name}"')
    yield _version(told.me.version, settings.messenger_api_version)
    yield _subscription(told.fields)
    if told.facts is None:
        yield attention(
            WHAT,
            "the app's id is not set",
            "set HIWAR_MESSENGER_APP: then the webhook is set by itself, and people who ask Meta for deletion are found",
        )
    else:
        yield from _token(told.facts, now)
    if told.webhook is not None:
        yield _webhook(told.webhook, settings.public_url)
    yield from _reachable(told.reached, settings)


def _failed(failed: Failed) -> Finding:
    return broken(WHAT, f"the call failed: {failed.reason}", f"{failed.operator} (docs/errors.md, {failed.reason})")


def _version(found: str, wanted: str) -> Finding:
    if found in ("", wanted):
        return ok(WHAT, f"the Graph API {wanted} answers")
    do = f"Meta no longer serves {wanted}: read Meta's changelog, then set HIWAR_MESSENGER_API_VERSION to {found}"
    return attention(WHAT, f"the Graph API answers as {found}", do)


def _subscription(fields: tuple[str, ...] | Failed) -> Finding:
    if isinstance(fields, Failed):
        return _failed(fields)
    missing = [name for name in SUBSCRIBED if name not in fields]
    if not missing:
        return ok(WHAT, "the page's events are delivered to the app")
    what = "the page is not subscribed" if not fields else f"the page's {', '.join(missing)} are not subscribed"
    return broken(WHAT, what, "start Hiwar, which subscribes it; if it is running, its log says `page_not_set_up` and why")


def _token(facts: TokenFacts | Failed, now: dt.datetime) -> Iterator[Finding]:
    if isinstance(facts, Failed):
        yield _failed(facts)
        return
    if not facts.is_valid:
        yield broken(WHAT, "the page token is not valid any more", "make a new one (docs/messenger.md) and put it into the settings")
        return
    missing = [name for name in NEEDED if name not in facts.scopes]
    if missing:
        yield broken(
            WHAT, f"the token lacks {', '.join(missing)}", "ask for it under App Review, and make the token anew (docs/messenger.md)"
        )
    else:
        yield ok(WHAT, f"the token may do what it has to: {', '.join(NEEDED)}")
    if facts.expires_at is not None and facts.expires_at - now < SOON:
        yield attention(WHAT, f"the token ends on {facts.expires_at:%Y-%m-%d}", "make one that does not end (docs/messenger.md)")


def _webhook(state: WebhookState | Failed, public_url: str) -> Finding:
    if isinstance(state, Failed):
        return _failed(state)
    if not state.url:
        return broken(
            WHAT, "no webhook is set", "set HIWAR_PUBLIC_URL and start Hiwar, or set it in the app's dashboard (docs/messenger.md)"
        )
    host = urlsplit(state.url).netloc
    if public_url and state.url != public_url + PATH:
        return broken(
            WHAT, f"the webhook leads elsewhere, to {host}", "another installation uses this app: stop it, then start Hiwar again"
        )
    if not state.is_active:
        return broken(WHAT, "Meta stopped delivering", "make Hiwar reachable, then start it again, which sets the webhook anew")
    return ok(WHAT, f"delivers to {host}")


def _reachable(reached: int | str, settings: Settings) -> Iterator[Finding]:
    if not settings.public_url:
        yield broken(WHAT, "there is no public address", "set HIWAR_PUBLIC_URL: Messenger delivers by webhook only")
    elif reached == 403:
        yield ok(WHAT, "the webhook's public address leads to a Hiwar")
    else:
        do = f"is Hiwar running, and does the proxy pass {PATH} on as it is? Certificate, firewall, redirects"
        yield broken(WHAT, f"the webhook's public address answered {reached}", do)
