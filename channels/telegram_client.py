"""The way to api.telegram.org: python-telegram-bot's request class over one aiohttp session.

The library's own httpx layer costs 3.5 to 8 ms of CPU a request and collapses with 100 in flight; over aiohttp the same Bot costs 0.6 ms.
Sends do not even use Bot: `call` posts finished JSON and returns the raw answer, which skips building and reading the library's types.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.request import getproxies

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from telegram import Bot
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

from channels.contract import LEAVES
from channels.errors import FileRefused
from channels.telegram_errors import Dropped

LONGEST_POLL = 50  # seconds Telegram's server holds a getUpdates (LONG_POLL_MAX_TIMEOUT in tdlib/telegram-bot-api)
_JSON = {"Content-Type": "application/json"}
_PIECE = 64 * 1024  # bytes read at a time from a file


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: for a connection, for an answer, for an answer to an upload or a file."""

    connect: float = 5.0
    answer: float = 20.0
    file: float = 60.0


class _Noticed(aiohttp.BytesPayload):
    """A body that says when it is written to the connection, which may be some time after it was handed over."""

    def __init__(self, body: bytes, leaves: Callable[[], None]) -> None:
        super().__init__(body, content_type="application/json")
        self._leaves = leaves

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        self._leaves()
        await super().write_with_length(writer, content_length)


class Client(BaseRequest):
    """python-telegram-bot's request class, and the direct calls beside it, over one session opened in the running loop.

    Every failure of the network is a telegram.error.NetworkError (TimedOut, Dropped) whose text holds no address, hence no token.
    """

    def __init__(
        self,
        token: str,
        base_url: str,
        timeouts: Timeouts,
        open_session: Callable[[], aiohttp.ClientSession] | None,
    ) -> None:
        self._methods = f"{base_url.rstrip('/')}/bot{token}"
        self._files = f"{base_url.rstrip('/')}/file/bot{token}"
        self._urls: dict[str, URL] = {}
        self._timeouts = timeouts
        self._answer = aiohttp.ClientTimeout(total=timeouts.answer, sock_connect=timeouts.connect)
        self._file = aiohttp.ClientTimeout(total=timeouts.file, sock_connect=timeouts.connect)
        self._poll = aiohttp.ClientTimeout(total=LONGEST_POLL + timeouts.answer, sock_connect=timeouts.connect)
        self._open_session = open_session or _open_session
        self._session: aiohttp.ClientSession | None = None
        # python-telegram-bot writes the token (at construction) and the webhook's secret (at setWebhook) into its debug log.
        logging.getLogger("telegram.Bot").addFilter(_above_debug)
        # Bot is the vendor's types for the rare calls (webhook, profile). It is never initialized, which would call getMe, and never
        # shown: its repr is its token. Both request slots are this object, or it would build two httpx clients.
        self.bot = Bot(token, base_url=f"{base_url.rstrip('/')}/bot", request=self, get_updates_request=self)

    def __repr__(self) -> str:
        return "<Client of the Bot API>"

    @property
    def read_timeout(self) -> float:
        return self._timeouts.answer

    async def initialize(self) -> None:
        pass  # the session is opened by the first request, inside the loop that uses it

    async def shutdown(self) -> None:
        """Close the session; a later request opens a new one."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,
        write_timeout: object = None,
        connect_timeout: object = None,
        pool_timeout: object = None,
    ) -> tuple[int, bytes]:
        """One request of python-telegram-bot; its time-outs are ours, whatever Bot passes."""
        form = None if request_data is None else aiohttp.FormData(request_data.json_parameters)
        return await self._request(method, URL(url, encoded=True), form, None, self._answer, _whole)

    async def call(self, method: str, body: bytes, *, polls: bool = False) -> tuple[int, bytes]:
        """Post JSON to a method of the Bot API and return status and body; raises NetworkError."""
        data = body if (leaves := LEAVES.get()) is None else _Noticed(body, leaves)
        return await self._request("POST", self._url(method), data, _JSON, self._poll if polls else self._answer, _whole)

    async def upload(self, method: str, fields: Mapping[str, str], part: str, name: str, mime: str, content: bytes) -> tuple[int, bytes]:
        """Post a file with its fields as a form and return status and body; raises NetworkError."""
        form = aiohttp.FormData(fields)
        form.add_field(part, content, filename=name, content_type=mime or "application/octet-stream")
        return await self._request("POST", self._url(method), form, None, self._file, _whole)

    async def download(self, path: str, most: int) -> bytes:
        """The content of a file by the path getFile gave, read piece by piece; FileRefused past `most` bytes, NetworkError."""

        async def read(response: aiohttp.ClientResponse) -> bytes:
            if response.status != 200:
                raise FileRefused(f"Telegram answered {response.status} for the file")
            content = bytearray()
            async for piece in response.content.iter_chunked(_PIECE):
                content += piece
                if len(content) > most:
                    raise FileRefused(f"the file is larger than {most} bytes")
            return bytes(content)

        # Not encoded=True: a path with a space or an Arabic letter has to be quoted.
        _, content = await self._request("GET", URL(f"{self._files}/{path}"), None, None, self._file, read)
        return content

    async def _request(
        self,
        method: str,
        url: URL,
        data: bytes | aiohttp.FormData | aiohttp.BytesPayload | None,
        headers: Mapping[str, str] | None,
        patience: aiohttp.ClientTimeout,
        read: Callable[[aiohttp.ClientResponse], Awaitable[bytes]],
    ) -> tuple[int, bytes]:
        failure: type[TelegramError]
        session = self._opened()
        try:
            # Redirects would carry the token to another host; the Bot API sends none.
            async with session.request(method, url, data=data, headers=headers, timeout=patience, allow_redirects=False) as response:
                return response.status, await read(response)
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            failure, name = NetworkError, type(error).__name__  # nothing was sent
        except TimeoutError as error:
            failure, name = TimedOut, type(error).__name__
        except (aiohttp.ClientError, OSError) as error:
            failure, name = Dropped, type(error).__name__
        except RuntimeError as error:
            if not session.closed:
                raise
            failure, name = NetworkError, type(error).__name__  # closed under a request that had not started
        # Raised outside the handlers, so that the cause is not chained: aiohttp's texts hold the address, and the address the token.
        raise failure(name)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = self._open_session()
        return self._session

    def _url(self, method: str) -> URL:
        url = self._urls.get(method)
        if url is None:
            url = self._urls[method] = URL(f"{self._methods}/{method}", encoded=True)
        return url


def _above_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    return await response.read()


def _open_session() -> aiohttp.ClientSession:
    # limit=0: the pace of sending is decided by the delivery loop; a pool that queues would only add waiting nobody sees.
    # Idle connections are closed by us after 30 s, before Telegram's servers do, since a POST on a connection just closed is Dropped.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30, ttl_dns_cache=300)
    # trust_env reads the environment at every request, so it is on only where a proxy is set.
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=bool(getproxies()))
