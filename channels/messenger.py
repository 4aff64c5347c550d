"""The Messenger channel: a page's conversations through the Graph API, with Meta's limits and the 24-hour window."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog

from bot.messages import File, Incoming, Shown
from channels import messenger_requests as requests
from channels.contract import Capabilities, Failed, Fault, Sent
from channels.errors import FileRefused, Unreadable
from channels.messenger_client import Answer, Client, Timeouts
from channels.messenger_errors import read_answer, vendor_down
from channels.messenger_profile import Profile, publish
from channels.messenger_updates import FILE_SCHEME, NAME, parse

T = TypeVar("T")

log = structlog.get_logger(__name__)

WINDOW = dt.timedelta(hours=24)  # after the person's last word; Meta, "Send a Message", Standard Messaging
HUMAN_WINDOW = dt.timedelta(days=7)  # for a person's own words, with the permission "Human Agent"
META_HOSTS = (".fbcdn.net", ".fbsbx.com", ".facebook.com")  # where Meta keeps what people attach
KNOWN_UPLOADS = 256  # files whose name at Meta is remembered, so that a picture for many is uploaded once
SUBSCRIBED = ("messages", "messaging_postbacks", "messaging_referrals", "message_edits")
NEEDED = ("pages_messaging", "pages_manage_metadata")  # permissions


class _Sent(msgspec.Struct, gc=False):
    message_id: str = ""
    attachment_id: str = ""


class _Node(msgspec.Struct, gc=False):
    id: str = ""
    name: str = ""
    subscribed_fields: tuple[str, ...] = ()


class _Nodes(msgspec.Struct, gc=False):
    data: tuple[_Node, ...] = ()


class _TokenFacts(msgspec.Struct, gc=False, frozen=True):
    is_valid: bool = False
    app_id: str = ""
    expires_at: int = 0
    scopes: tuple[str, ...] = ()


class _TokenAnswer(msgspec.Struct, gc=False):
    data: _TokenFacts = _TokenFacts()


class _FieldOf(msgspec.Struct, gc=False):
    name: str = ""


class _Subscription(msgspec.Struct, gc=False):
    object: str = ""
    callback_url: str = ""
    active: bool = False
    fields: tuple[_FieldOf, ...] = ()


class _Subscriptions(msgspec.Struct, gc=False):
    data: tuple[_Subscription, ...] = ()


_read_sent = msgspec.json.Decoder(_Sent).decode


@dataclass(frozen=True, slots=True)
class Page:
    """The page as Meta knows it, and the version of the Graph API that told."""

    id: str
    name: str
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """What Meta tells about the page token."""

    is_valid: bool
    scopes: tuple[str, ...] = ()
    expires_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookState:
    """Where Meta delivers the app's events, and whether it does."""

    url: str
    is_active: bool
    fields: tuple[str, ...] = field(default=())


class Messenger:
    """Messenger as the rest of the program sees it (channels.contract.Sender), with webhook and profile beside.

    Opens its connections with the first call, in the loop that makes it; `close` ends them. `load` gives the content of a file that is not
    Meta's own (File.ref without "messenger:"). `human_agent`: Meta granted the permission to let a person answer for seven days.
    """

    name = NAME
    limits = requests.LIMITS

    def __init__(
        self,
        token: str,
        secret: str,
        *,
        page: str = "",
        app: str = "",
        version: str = "v24.0",
        base_url: str = "https://graph.facebook.com",
        human_agent: bool = False,
        load: Callable[[str], Awaitable[bytes]] | None = None,
        timeouts: Timeouts = Timeouts(),
        open_session: Callable[[], aiohttp.ClientSession] | None = None,
    ) -> None:
        self._client = Client(token, secret, base_url, version, timeouts, open_session)
        self._secret, self._token, self._app_token = secret.encode(), token, f"{app}|{secret}" if app else ""
        self._host = urlsplit(base_url).netloc
        self._load, self._uploaded = load, dict[str, str]()
        self._human_agent = human_agent
        self.page, self.app, self.version = page, app, version
        self.capabilities = Capabilities(push=False, window=WINDOW, human_window=HUMAN_WINDOW if human_agent else None)

    def __repr__(self) -> str:
        return f"<Messenger of page {self.page or '?'}>"

    async def close(self) -> None:
        """End the connections; calls in flight fail as network_failed."""
        await self._client.close()

    # Receiving

    def is_signed(self, raw: bytes, signature: str) -> bool:
        """Whether a body was signed with the app's secret (X-Hub-Signature-256), compared in constant time."""
        ours = hmac.new(self._secret, raw, hashlib.sha256).hexdigest()
        return hmac.compare_digest(f"sha256={ours}".encode(), signature.encode())

    def parse_all(self, raw: bytes) -> tuple[Incoming | Unreadable, ...]:
        """What people did in this delivery, in order; raises errors.Unreadable for what is no delivery of a page."""
        return parse(raw, page=self.page)

    async def acknowledge(self, incoming: Incoming) -> None:
        """Mark the conversation as seen. Never raises: the reply matters more."""
        await self._act(incoming.address, "mark_seen")

    async def typing(self, address: str) -> None:
        """Show that an answer is being written; the answer itself ends it. Never raises."""
        await self._act(address, "typing_on")

    async def fetch(self, file: File, most: int) -> bytes:
        """The content of a file a person sent; FileRefused when it is larger than `most`, gone, or not at Meta's."""
        if not file.ref.startswith(FILE_SCHEME):
            raise FileRefused("the file is not Messenger's")
        url = file.ref.removeprefix(FILE_SCHEME)
        parts = urlsplit(url)
        is_metas = parts.scheme == "https" and (parts.hostname or "").endswith(META_HOSTS) and parts.port in (None, 443)
        if not is_metas and parts.netloc != self._host:
            raise FileRefused("the file is not at Meta's")  # an address in a forged event must not make us call others
        return await self._client.download(url, most)

    # Sending

    def instant(self, address: str, part: Shown) -> bytes | None:
        """Never: Meta reads no answer to its webhook."""
        return None

    async def send(self, address: str, part: Shown) -> Sent | Failed:
        """Send one part as one message; its ref is Meta's message id."""
        if part.files:
            return await self._send_file(address, part)
        return self._outcome(await self._client.call("me/messages", self._addressed(address, part, requests.message(part))))

    async def _send_file(self, address: str, part: Shown) -> Sent | Failed:
        if len(part.files) > 1:
            return _refused("content_refused", "A message to Messenger carries one file; this one had several.")
        file = part.files[0]
        known = self._uploaded.get(file.ref)
        if known is not None:
            body = self._addressed(address, part, requests.attachment(file.kind, known))
            sent = self._outcome(await self._client.call("me/messages", body))
            if not (isinstance(sent, Failed) and sent.reason == "file_refused" and self._uploaded.pop(file.ref, "")):
                return sent  # else Meta no longer knows its own name for our file: upload it again
        try:
            if file.ref.startswith(FILE_SCHEME):
                content = await self.fetch(file, requests.LARGEST.get(file.kind, requests.LARGEST_OTHER))
            elif self._load is not None:
                content = await self._load(file.ref)
            else:
                return _refused("file_refused", "This channel was given no way to load files.", Fault.OURS)
        except (OSError, ValueError) as error:
            return _refused("file_refused", f"The file could not be loaded ({type(error).__name__}); look whether it is still there.")
        if len(content) > requests.LARGEST.get(file.kind, requests.LARGEST_OTHER):
            return _refused("file_refused", "The file is larger than Messenger takes (pictures 8 MB, others 25 MB).")
        fields = self._addressed(address, part, requests.attachment(file.kind))
        answer = await self._client.upload("me/messages", fields, file.name or file.kind, file.mime, content)
        sent = self._outcome(answer)
        if isinstance(sent, Sent) and isinstance(answer, Answer) and (name := _read_sent(answer.body).attachment_id):
            if len(self._uploaded) >= KNOWN_UPLOADS:
                del self._uploaded[next(iter(self._uploaded))]
            self._uploaded[file.ref] = name
        return sent

    def _addressed(self, address: str, part: Shown, message: requests.Body) -> requests.Body:
        if part.human and self._human_agent:
            return {"recipient": {"id": address}, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT", "message": message}
        return {"recipient": {"id": address}, "messaging_type": "RESPONSE", "message": message}

    def _outcome(self, answer: Answer | Failed) -> Sent | Failed:
        if isinstance(answer, Failed):
            return answer
        if not answer.is_ok:
            return read_answer(answer.status, answer.body)
        try:
            return Sent(_read_sent(answer.body).message_id[:64])  # as the outbox keeps it; no call of ours needs the whole
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return vendor_down(unknown=True)  # a 200 that cannot be read: the message was most likely sent

    async def _act(self, address: str, action: str) -> None:
        answer = await self._client.call("me/messages", {"recipient": {"id": address}, "sender_action": action})
        failed = answer if isinstance(answer, Failed) else None if answer.is_ok else read_answer(answer.status, answer.body)
        if failed is not None:
            log.info("acknowledgement_failed", channel=NAME, reason=failed.reason)

    # The page and the app

    async def me(self) -> Page | Failed:
        """The page the token belongs to."""
        answer = await self._client.call("me", query={"fields": "id,name"})
        read = _read(answer, _Node)
        if isinstance(read, Failed):
            return read
        return Page(read.id, read.name, answer.version if isinstance(answer, Answer) else "")

    async def publish_profile(self, profile: Profile) -> Sent | Failed:
        """Set greeting, "Get started", first questions and menu, only where they differ from what Meta has."""
        return await publish(self._client, profile)

    async def subscribe(self) -> Sent | Failed:
        """Have the page's events delivered to the app."""
        answer = await self._client.call("me/subscribed_apps", {"subscribed_fields": ",".join(SUBSCRIBED)})
        return self._done(answer)

    async def set_webhook(self, url: str, verify: str) -> Sent | Failed:
        """Tell Meta where the app's events go; Meta asks there at once for `verify`. Needs the app's id."""
        body = {"object": "page", "callback_url": url, "verify_token": verify, "fields": ",".join(SUBSCRIBED)}
        return self._done(await self._client.call(f"{self.app}/subscriptions", body, token=self._app_token))

    async def subscribed(self) -> tuple[str, ...] | Failed:
        """Which of the page's events the app gets; empty when none."""
        read = _read(await self._client.call("me/subscribed_apps"), _Nodes)
        if isinstance(read, Failed):
            return read
        ours = [node for node in read.data if not self.app or node.id == self.app]
        return ours[0].subscribed_fields if ours else ()

    async def token_facts(self) -> TokenFacts | Failed:
        """What the page token may do. Needs the app's id."""
        read = _read(await self._client.call("debug_token", query={"input_token": self._token}, token=self._app_token), _TokenAnswer)
        if isinstance(read, Failed):
            return read
        facts = read.data
        ends = dt.datetime.fromtimestamp(facts.expires_at, dt.UTC) if facts.expires_at else None
        return TokenFacts(is_valid=facts.is_valid, scopes=facts.scopes, expires_at=ends)

    async def webhook_state(self) -> WebhookState | Failed:
        """Where Meta delivers. Needs the app's id."""
        read = _read(await self._client.call(f"{self.app}/subscriptions", token=self._app_token), _Subscriptions)
        if isinstance(read, Failed):
            return read
        ours = [subscription for subscription in read.data if subscription.object == "page"]
        if not ours:
            return WebhookState(url="", is_active=False)
        return WebhookState(url=ours[0].callback_url, is_active=ours[0].active, fields=tuple(one.name for one in ours[0].fields))

    async def addresses_of(self, user: str) -> tuple[str, ...] | Failed:
        """How our page knows a user of the app, by the app's own name for them: what a request for deletion carries. Needs the app's id."""
        if not self._app_token:
            return Failed(
                reason="permission_missing", retry=True, fault=Fault.OURS, operator="Set HIWAR_MESSENGER_APP, or nobody can be matched."
            )
        read = _read(await self._client.call(f"{user}/ids_for_pages", query={"page": self.page}, token=self._app_token), _Nodes)
        return read if isinstance(read, Failed) else tuple(node.id for node in read.data)

    def _done(self, answer: Answer | Failed) -> Sent | Failed:
        if isinstance(answer, Failed):
            return answer
        return Sent() if answer.is_ok else read_answer(answer.status, answer.body)


def _read(answer: Answer | Failed, kind: type[T]) -> T | Failed:
    if isinstance(answer, Failed):
        return answer
    if not answer.is_ok:
        return read_answer(answer.status, answer.body)
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return vendor_down(unknown=False)


def _refused(reason: str, operator: str, fault: Fault = Fault.CONTENT) -> Failed:
    return Failed(reason=reason, retry=False, fault=fault, operator=operator)
