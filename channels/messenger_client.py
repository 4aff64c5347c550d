"""The way to the Graph API: one aiohttp session, the token in a header, and the proof that we hold the app's secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.request import getproxies

import aiohttp
import msgspec
from yarl import URL

from channels.contract import Failed
from channels.errors import FileRefused
from channels.messenger_errors import network_failed, timed_out

_PIECE = 64 * 1024  # bytes read at a time from a file
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: for a connection, for an answer, for an answer to an upload or a file."""

    connect: float = 5.0
    answer: float = 20.0
    file: float = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    version: str = ""  # of the Graph API that answered

    @property
    def is_ok(self) -> bool:
        return self.status == 200


class Client:
    """Calls of one page, or of the app itself; failures of the network are values without any address or token."""

    def __init__(
        self,
        token: str,
        secret: str,
        base_url: str,
        version: str,
        timeouts: Timeouts,
        open_session: Callable[[], aiohttp.ClientSession] | None,
    ) -> None:
        self._root = f"{base_url.rstrip('/')}/{version}"
        self._secret, self._token = secret.encode(), token
        self._answer = aiohttp.ClientTimeout(total=timeouts.answer, sock_connect=timeouts.connect)
        self._file = aiohttp.ClientTimeout(total=timeouts.file, sock_connect=timeouts.connect)
        self._open_session = open_session or _open_session
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return "<Client of the Graph API>"

    async def close(self) -> None:
        """Close the session; a later request opens a new one."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def call(
        self,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        token: str = "",
        deletes: bool = False,
    ) -> Answer | Failed:
        """GET a path, or POST (or DELETE) with a body of JSON; with `token` for the app instead of the page."""
        method = "GET" if body is None else "DELETE" if deletes else "POST"
        data = None if body is None else _encode(body)
        return await self._request(method, path, data, query or {}, token or self._token, self._answer)

    async def upload(self, path: str, fields: Mapping[str, object], name: str, mime: str, content: bytes) -> Answer | Failed:
        """POST a file with its fields as a form."""
        form = aiohttp.FormData({key: value if isinstance(value, str) else _encode(value).decode() for key, value in fields.items()})
        form.add_field("filedata", content, filename=name, content_type=mime or "application/octet-stream")
        return await self._request("POST", path, form, {}, self._token, self._file)

    async def download(self, url: str, most: int) -> bytes:
        """The content at an address, read piece by piece and without following redirects; FileRefused."""
        try:
            async with self._opened().get(URL(url), timeout=self._file, allow_redirects=False) as response:
                if response.status != 200:
                    raise FileRefused(f"Meta answered {response.status} for the file")
                content = bytearray()
                async for piece in response.content.iter_chunked(_PIECE):
                    content += piece
                    if len(content) > most:
                        raise FileRefused(f"the file is larger than {most} bytes")
                return bytes(content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = type(error).__name__
        raise FileRefused(f"the file could not be fetched: {reason}")  # outside, so that no address is chained to it

    async def _request(
        self,
        method: str,
        path: str,
        data: bytes | aiohttp.FormData | None,
        query: Mapping[str, str],
        token: str,
        patience: aiohttp.ClientTimeout,
    ) -> Answer | Failed:
        session = self._opened()
        headers = {"Authorization": f"Bearer {token}"}
        if isinstance(data, bytes):
            headers["Content-Type"] = "application/json"
        url = URL(f"{self._root}/{path}").with_query({**query, "appsecret_proof": self.proof(token)})
        try:
            # Redirects would carry the token to another host; the Graph API sends none for these calls.
            async with session.request(method, url, data=data, headers=headers, timeout=patience, allow_redirects=False) as response:
                return Answer(response.status, await response.read(), response.headers.get("facebook-api-version", ""))
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError):
            return network_failed(unknown=False)  # nothing was sent
        except TimeoutError:
            return timed_out()
        except (aiohttp.ClientError, OSError):
            return network_failed(unknown=True)
        except RuntimeError:
            if not session.closed:
                raise
            return network_failed(unknown=False)  # closed under a request that had not started

    def proof(self, token: str) -> str:
        """What shows Meta that the caller holds the app's secret as well as the token (appsecret_proof)."""
        return hmac.new(self._secret, token.encode(), hashlib.sha256).hexdigest()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = self._open_session()
        return self._session


def _open_session() -> aiohttp.ClientSession:
    # limit=0: the pace of sending is decided by the delivery loop; a pool that queues would only add waiting nobody sees.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30, ttl_dns_cache=300)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=bool(getproxies()))
