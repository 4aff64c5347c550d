"""What `hiwar doctor` asks Telegram: whose token it is, and how deliveries to the webhook go.

It never calls getUpdates, which would end the polling of the Hiwar that runs.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from urllib.parse import urlsplit
from urllib.request import getproxies

import aiohttp

from channels.contract import Failed
from channels.telegram import Me, Telegram, WebhookState
from service.findings import Finding, attention, broken, ok

WHAT = "Telegram"
MANY_PENDING = 10  # updates; a few are always on their way
RECENT = dt.timedelta(hours=1)  # Telegram keeps the last error for ever, also long after it was mended

# The first row with a word that Telegram's last error contains says what to do.
_REMEDIES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("401",), "the secret was not ours: start Hiwar again, which sets it anew, and let the proxy pass X-Telegram-Bot-Api-Secret-Token on"),
    (("certificate", "ssl", "tls"), "give the proxy a valid certificate with its whole chain (fullchain.pem), and renew it in time"),
    (("resolve", "getaddrinfo"), "the public address's name is not known: check HIWAR_PUBLIC_URL and the DNS"),
    (("301", "302", "307", "308"), "the proxy redirects, which Telegram does not follow: set HIWAR_PUBLIC_URL to where it redirects"),
    (("404", "405"), "let the proxy pass /hooks/ on to Hiwar as it is; after a change of the key start Hiwar again, which tells Telegram"),
    (("403",), "something before Hiwar (proxy, firewall) keeps Telegram out: let POST to /hooks/ through"),
    (("413",), "let the proxy take bodies of 1 MB"),
    (("502", "504"), "the proxy does not reach Hiwar: is it running, and on the host and port the proxy names?"),
    (("500", "503"), "Hiwar could not store the message: look at its log, the disk and the database"),
    (
        ("connection", "timed out", "timeout", "refused", "unreachable"),
        "nobody answered at the public address: check firewall, proxy and IPv4",
    ),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What Telegram answered."""

    me: Me | Failed
    webhook: WebhookState | Failed | None = None
    date: dt.datetime | None = None  # of its answer, by its own clock
    at: dt.datetime | None = None  # when that arrived, by ours


async def ask(token: str, base_url: str, now: Callable[[], dt.datetime]) -> Told:
    """Ask whose token it is and how the webhook does; failures are values."""
    dates: list[tuple[dt.datetime, dt.datetime]] = []

    async def note(session: aiohttp.ClientSession, context: SimpleNamespace, ended: aiohttp.TraceRequestEndParams) -> None:
        with contextlib.suppress(ValueError):  # no date, or none that can be read
            dates.append((parsedate_to_datetime(ended.response.headers.get("Date", "")), now()))

    def open_session() -> aiohttp.ClientSession:
        listening = aiohttp.TraceConfig()
        listening.on_request_end.append(note)
        return aiohttp.ClientSession(trace_configs=[listening], cookie_jar=aiohttp.DummyCookieJar(), trust_env=bool(getproxies()))

    telegram = Telegram(token, base_url=base_url, open_session=open_session)
    try:
        me = await telegram.me()
        state = None if isinstance(me, Failed) else await telegram.webhook_state()
    finally:
        await telegram.close()
    theirs, ours = dates[0] if dates else (None, None)
    return Told(me, state, theirs, ours)


def findings(told: Told, expected: str | None, now: dt.datetime) -> Iterator[Finding]:
    """What Telegram's answers mean; `expected` is the webhook Hiwar sets, "" when it polls, None when the key is not known yet."""
    if isinstance(told.me, Failed):
        yield _failed(told.me)
        return
    yield ok(WHAT, f"the token is @{told.me.username}'s")
    if isinstance(told.webhook, Failed):
        yield _failed(told.webhook)
    elif told.webhook is not None:
        yield _place(told.webhook.url, expected)
        yield from _deliveries(told.webhook, now)


def _failed(failed: Failed) -> Finding:
    return broken(WHAT, f"the call failed: {failed.reason}", f"{failed.operator} (docs/errors.md, {failed.reason})")


def _place(url: str, expected: str | None) -> Finding:
    """Where Telegram delivers, beside where it should. The path of a webhook is secret and never shown."""
    host = urlsplit(url).netloc
    if expected is None:
        return ok(WHAT, f"a webhook is set to {host}" if url else "no webhook is set yet: `hiwar run` sees to it")
    if url == expected:
        return ok(WHAT, f"delivers to {host}" if url else "no webhook is set, as it should be for polling")
    if not expected:
        return broken(
            WHAT,
            f"a webhook leads to {host}, but this Hiwar polls",
            "another program may use this bot: stop it, or give each a bot of its own; then start Hiwar, which removes the webhook",
        )
    if not url:
        return attention(WHAT, "no webhook is set", "start Hiwar, which sets it; if it is running, its log says `webhook_not_set` and why")
    if host == urlsplit(expected).netloc:
        return broken(
            WHAT, f"the webhook leads to {host}, but to an older path", "the key was changed: start Hiwar again, which sets the new path"
        )
    return broken(
        WHAT,
        f"the webhook leads elsewhere, to {host}",
        "another installation uses this bot: stop it, or give each a bot of its own; then start Hiwar again, which sets its webhook",
    )


def _deliveries(state: WebhookState, now: dt.datetime) -> Iterator[Finding]:
    if state.last_error:
        when = f" at {state.last_error_at:%Y-%m-%d %H:%M} UTC" if state.last_error_at else ""
        found = f'last error{when}: "{state.last_error}"'
        is_recent = state.last_error_at is None or now - state.last_error_at < RECENT
        if is_recent and state.pending:
            yield broken(WHAT, f"{found}; {state.pending} updates wait", remedy(state.last_error))
        elif is_recent:
            yield attention(WHAT, found, remedy(state.last_error))
        else:
            yield ok(WHAT, f"{found}; none since")
    if state.pending < MANY_PENDING:
        yield ok(WHAT, f"{state.pending} updates wait")
    elif state.url:
        yield attention(WHAT, f"{state.pending} updates wait", "is Hiwar running, and can Telegram reach it? They are kept for 24 hours")
    else:
        yield attention(
            WHAT,
            f"{state.pending} updates wait",
            "is Hiwar running? If its log says `conflict` (409), another program polls with the same token: stop it, or make another bot",
        )


def remedy(last_error: str) -> str:
    """What to do about the last error Telegram had with a webhook."""
    words = last_error.casefold()
    known = (do for parts, do in _REMEDIES if any(part in words for part in parts))
    return next(known, "look whether the public address answers from outside: `curl -i` to its /health")
