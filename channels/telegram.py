"""The Telegram channel: python-telegram-bot as a client only, sends as ready JSON, failures as values."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import msgspec
import structlog
from telegram.error import NetworkError, TelegramError

from bot.messages import File, Incoming, Shown
from channels import telegram_requests as requests
from channels.contract import Capabilities, Failed, Fault, Sent
from channels.errors import FileRefused
from channels.telegram_answers import remote_file, sent, uploaded_file
from channels.telegram_client import Client, Timeouts
from channels.telegram_errors import read_answer, read_exception
from channels.telegram_polling import poll
from channels.telegram_profile import Profile, publish, publish_commands
from channels.telegram_updates import ALLOWED_UPDATES, FILE_SCHEME, NAME, parse

log = structlog.get_logger(__name__)

MOST_CONNECTIONS = 40  # Telegram's default for a webhook; each is one update in flight
KNOWN_UPLOADS = 256  # files whose Telegram name is remembered, so that a picture for a million people is uploaded once

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Me:
    """The bot as Telegram knows it."""

    id: int
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookState:
    """What Telegram tells about the webhook, for `hiwar doctor`; whether its secret is ours cannot be read."""

    url: str  # "" when none is set
    pending: int
    last_error: str = ""
    last_error_at: dt.datetime | None = None
    ip: str = ""


class Telegram:
    """Telegram as the rest of the program sees it (channels.contract.Sender), with polling, webhook and profile beside.

    Opens its connections with the first call, in the loop that makes it; `close` ends them. `load` gives the content of a file that
    is not Telegram's own (File.ref without "telegram:"); `open_session` replaces the aiohttp session, which this channel then owns.
    """

    name = NAME
    limits = requests.LIMITS
    capabilities = Capabilities(push=True, edit=True, delete=True, instant=True)

    def __init__(
        self,
        token: str,
        *,
        base_url: str = "https://api.telegram.org",
        load: Callable[[str], Awaitable[bytes]] | None = None,
        timeouts: Timeouts = Timeouts(),
        open_session: Callable[[], aiohttp.ClientSession] | None = None,
        username: str = "",
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._client = Client(token, base_url, timeouts, open_session)
        self._load = load
        self._clock = clock
        self._uploaded: dict[str, str] = {}
        self.username = username

    def __repr__(self) -> str:
        return f"<Telegram {self.username or 'channel'}>"

    async def close(self) -> None:
        """End the connections; calls in flight fail as network_failed."""
        await self._client.shutdown()

    def parse(self, raw: bytes) -> Incoming | None:
        """One Update as an Incoming; None for kinds that ask nothing of Hiwar, errors.Unreadable for what is no Update."""
        return parse(raw, now=self._clock(), username=self.username)

    # Sending

    async def send(self, address: str, part: Shown) -> Sent | Failed:
        """Send one part as one message; its ref is the message_id."""
        try:
            if part.files:
                return await self._send_file(address, part)
            return sent(*await self._client.call("sendMessage", _encode(requests.message(address, part))))
        except NetworkError as error:
            return read_exception(error)

    async def edit(self, address: str, ref: str, part: Shown) -> Sent | Failed:
        """Give a sent message new words and buttons; saying the same again is Sent."""
        method, parameters = requests.edited(address, ref, part)
        try:
            answer = sent(*await self._client.call(method, _encode(parameters)))
        except NetworkError as error:
            return read_exception(error)
        if isinstance(answer, Failed) and answer.reason == "not_modified":
            return Sent(ref)
        return answer

    async def delete(self, address: str, ref: str) -> Sent | Failed:
        """Delete a sent message (Telegram allows it for 48 hours); one that is gone already is Sent."""
        body = _encode({"chat_id": requests.chat_id(address), "message_id": requests.chat_id(ref)})
        try:
            answer = sent(*await self._client.call("deleteMessage", body))
        except NetworkError as error:
            return read_exception(error)
        if isinstance(answer, Failed) and answer.reason == "message_gone":
            return Sent(ref)
        return answer

    def instant(self, address: str, part: Shown) -> bytes | None:
        """The sendMessage that travels in the webhook's answer (Content-Type: application/json); None for a part with files.

        Telegram tells no outcome of it: no message_id comes back, and a refusal goes unseen.
        """
        if part.files:
            return None
        return _encode({"method": "sendMessage", **requests.message(address, part)})

    async def acknowledge(self, incoming: Incoming) -> None:
        """Stop the waiting mark on a pressed button. Never raises: it is late after 150 s, and the reply matters more."""
        if not incoming.callback:
            return
        try:
            status, body = await self._client.call("answerCallbackQuery", _encode({"callback_query_id": incoming.callback}))
        except NetworkError as error:
            log.info("acknowledgement_failed", channel=NAME, reason=read_exception(error).reason)
            return
        if status != 200:
            log.info("acknowledgement_failed", channel=NAME, reason=read_answer(status, body).reason)

    async def _send_file(self, address: str, part: Shown) -> Sent | Failed:
        if len(part.files) > 1:
            return _refused("content_refused", "A message to Telegram carries one file; this one had several.")
        file = part.files[0]
        method, name = requests.FILE_METHODS[file.kind]
        parameters = requests.file_message(address, part)
        known = file.ref.removeprefix(FILE_SCHEME) if file.ref.startswith(FILE_SCHEME) else self._uploaded.get(file.ref)
        if known is not None:
            answer = sent(*await self._client.call(method, _encode({**parameters, name: known})))
            forgotten = isinstance(answer, Failed) and answer.reason == "file_refused" and self._uploaded.pop(file.ref, None) is not None
            if not forgotten:
                return answer  # else Telegram no longer knows its own name for our file: upload it again
        if self._load is None:
            return _refused("file_refused", "The file is not Telegram's and this channel was given no way to load it.", Fault.OURS)
        try:
            content = await self._load(file.ref)
        except (OSError, ValueError) as error:
            return _refused("file_refused", f"The file could not be loaded ({type(error).__name__}); look whether it is still there.")
        fields = {key: value if isinstance(value, str) else _encode(value).decode() for key, value in parameters.items()}
        status, body = await self._client.upload(method, fields, name, file.name or name, file.mime, content)
        answer = sent(status, body)
        if isinstance(answer, Sent):
            self._remember(file.ref, body)
        return answer

    def _remember(self, ref: str, body: bytes) -> None:
        file_id = uploaded_file(body)
        if file_id:
            if len(self._uploaded) >= KNOWN_UPLOADS:
                del self._uploaded[next(iter(self._uploaded))]
            self._uploaded[ref] = file_id

    # Receiving

    async def fetch(self, file: File, most: int) -> bytes:
        """The content of a file a person sent; FileRefused when it is larger than `most`, gone, or cannot be had now."""
        if not file.ref.startswith(FILE_SCHEME):
            raise FileRefused("the file is not Telegram's")
        if file.size > most:
            raise FileRefused(f"the file is larger than {most} bytes")
        try:
            status, body = await self._client.call("getFile", _encode({"file_id": file.ref.removeprefix(FILE_SCHEME)}))
            if status != 200:
                raise FileRefused(f"Telegram refused the file: {read_answer(status, body).reason}")
            path, size = remote_file(body)
            if size > most:
                raise FileRefused(f"the file is larger than {most} bytes")
            return await self._client.download(path, most)
        except NetworkError as error:
            raise FileRefused(f"the file could not be fetched: {read_exception(error).reason}") from None

    async def poll(
        self,
        handle: Callable[[bytes], Awaitable[None]],
        *,
        stop: asyncio.Event,
        trouble: Callable[[Failed], None] | None = None,
        side_by_side: int = 64,
    ) -> Failed | None:
        """Fetch updates by long polling until `stop` is set; returns the failure when the token is refused, which ends it.

        `handle` gets each raw Update, in order for one chat, up to `side_by_side` chats at once. Telegram forgets an update only after
        `handle` returned for it. An update whose `handle` raises is fetched and handled again, so `handle` raises only for what passes
        (a database that is down), never for the update itself. `trouble` hears of each failed fetch.
        """
        return await poll(self._client, handle, stop=stop, trouble=trouble, side_by_side=side_by_side)

    async def set_webhook(self, url: str, secret: str) -> Sent | Failed:
        """Tell Telegram where to post updates; each then carries `secret` in X-Telegram-Bot-Api-Secret-Token."""
        try:
            await self._client.bot.set_webhook(
                url,
                secret_token=secret,
                allowed_updates=list(ALLOWED_UPDATES),
                max_connections=MOST_CONNECTIONS,
                drop_pending_updates=False,  # what citizens wrote while Hiwar was away is answered
            )
        except TelegramError as error:
            return read_exception(error)
        return Sent()

    async def webhook_state(self) -> WebhookState | Failed:
        try:
            told = await self._client.bot.get_webhook_info()
        except TelegramError as error:
            return read_exception(error)
        return WebhookState(
            url=told.url,
            pending=told.pending_update_count,
            last_error=told.last_error_message or "",
            last_error_at=told.last_error_date,
            ip=told.ip_address or "",
        )

    async def me(self) -> Me | Failed:
        """Who the token belongs to; from then on commands for other bots in a group are left alone."""
        try:
            told = await self._client.bot.get_me()
        except TelegramError as error:
            return read_exception(error)
        self.username = told.username or ""
        return Me(told.id, self.username)

    async def publish_profile(self, profile: Profile) -> Sent | Failed:
        """Set commands, descriptions and menu button, only where they differ from what Telegram has; stops at the first failure."""
        return await publish(self._client.bot, profile)

    async def publish_commands_for(self, address: str, commands: dict[str, str]) -> Sent | Failed:
        """Set the commands one chat sees: for people who chose Tamazight, since Telegram knows no language zgh."""
        return await publish_commands(self._client.bot, address, commands)


def _refused(reason: str, operator: str, fault: Fault = Fault.CONTENT) -> Failed:
    return Failed(reason=reason, retry=False, fault=fault, operator=operator)
