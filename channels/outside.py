"""Fetches what stands at an address that somebody gave us, without letting that address reach inside our own network.

A name is resolved once and the connection made to the very numbers that were checked, so a name that answers differently the second time
(DNS rebinding) gains nothing. Every redirect is a new address and is checked like the first. Size and time have an end, unpacked too.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from channels.errors import OutsideRefused

MOST_REDIRECTS = 4
LONGEST_URL = 2000  # characters; what servers and proxies commonly take
_PORTS = frozenset({80, 443})
_PIECE = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PACKED = {"": 0, "identity": 0, "gzip": zlib.MAX_WBITS | 32, "x-gzip": zlib.MAX_WBITS | 32, "deflate": zlib.MAX_WBITS | 32}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address gave. With `unchanged` the server said that what we have is still good, and there is no content."""

    url: str  # where it was found at last, after redirects
    content: bytes
    mime: str = ""
    charset: str = ""
    etag: str = ""
    modified: str = ""
    unchanged: bool = False


def is_public(address: str, port: int) -> bool:
    """Whether a numeric address is one of the open Internet and its port one of the web; nothing of our own house ever is."""
    if port not in _PORTS:
        return False
    try:
        number = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(number, ipaddress.IPv6Address):
        inner = number.ipv4_mapped or number.sixtofour or (number.teredo or (None, None))[1]
        if inner is None and number in _NAT64:
            inner = ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner), port)
        if number.is_site_local:
            return False
    return number.is_global and not (number.is_multicast or number.is_reserved or number.is_unspecified or number.is_loopback)


async def fetch_outside(
    url: str,
    *,
    most_bytes: int,
    seconds: float,
    etag: str = "",
    modified: str = "",
    accept: str = "*/*",
    permits: Callable[[str, int], bool] = is_public,
    resolver: AbstractResolver | None = None,
) -> Fetched:
    """What stands at an http(s) address, at most `most_bytes` of it and within `seconds` in all, redirects included.

    Raises OutsideRefused for everything else: an address of our own network, a redirect to one, too large, too slow, an error of the
    server. `etag` and `modified` are those of the last answer. `permits` and `resolver` are for tests, which fetch from loopback.
    """
    headers = {"Accept": accept, "Accept-Encoding": "gzip, deflate", "User-Agent": "Hiwar/1 (+open government assistant)"}
    if etag:
        headers["If-None-Match"] = etag
    if modified:
        headers["If-Modified-Since"] = modified
    guarded = _Guarded(resolver or ThreadedResolver(), permits)
    connector = aiohttp.TCPConnector(resolver=guarded, use_dns_cache=False, force_close=True)
    try:
        async with (
            asyncio.timeout(seconds),
            # No proxies of the environment, no cookies, nothing kept between two fetches.
            aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False) as session,
        ):
            return await _follow(session, _checked(url, permits), headers, most_bytes, permits)
    except TimeoutError:
        raise OutsideRefused("too_slow", f"no whole answer within {seconds:g} seconds") from None
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, _Inside):
            raise OutsideRefused("internal", "the address belongs to a private network") from None
        raise OutsideRefused("unreachable", type(error).__name__) from None
    except OutsideRefused:
        raise
    except aiohttp.InvalidURL:  # such as the short forms of IPv4, "127.1"
        raise OutsideRefused("address", "this is no address of the web") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise OutsideRefused("unreachable", type(error).__name__) from None


class _Inside(OSError):
    """A name that stands for an address inside."""


class _Guarded(AbstractResolver):
    """Resolves names and gives only addresses that are permitted; one that is not spoils the whole name."""

    def __init__(self, inner: AbstractResolver, permits: Callable[[str, int], bool]) -> None:
        self._inner, self._permits = inner, permits

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if not found or not all(self._permits(result["host"], port) for result in found):
            raise _Inside("not a public address")
        return found

    async def close(self) -> None:
        await self._inner.close()


def _checked(url: str, permits: Callable[[str, int], bool]) -> URL:
    if len(url) > LONGEST_URL:
        raise OutsideRefused("address", "the address is too long")
    try:
        parsed = URL(url.strip())
        port = parsed.port
    except ValueError:
        raise OutsideRefused("address", "this is no address of the web") from None
    if parsed.scheme not in ("http", "https") or not parsed.host or port is None:
        raise OutsideRefused("address", "only addresses that begin with http:// or https:// can be fetched")
    if parsed.user is not None or parsed.password is not None:
        raise OutsideRefused("address", "an address with a name or password in it is not fetched")
    try:
        ipaddress.ip_address(parsed.host)
    except ValueError:
        return parsed.with_fragment(None)  # a name: checked when it is resolved
    if not permits(parsed.host, port):  # numbers are never resolved, so they are checked here
        raise OutsideRefused("internal", "the address belongs to a private network")
    return parsed.with_fragment(None)


async def _follow(
    session: aiohttp.ClientSession, url: URL, headers: dict[str, str], most_bytes: int, permits: Callable[[str, int], bool]
) -> Fetched:
    for _hop in range(MOST_REDIRECTS + 1):
        async with session.get(url, headers=headers, allow_redirects=False) as answer:
            if answer.status in _REDIRECTS:
                next_url = _checked(str(url.join(URL(answer.headers.get("Location", "")))), permits)
                if url.scheme == "https" and next_url.scheme == "http":
                    raise OutsideRefused("redirects", "a redirect leads from https to http")
                url = next_url
                continue
            if answer.status == 304:
                return Fetched(str(url), b"", etag=headers.get("If-None-Match", ""), unchanged=True)
            if answer.status != 200:
                raise OutsideRefused("status", f"the server answered {answer.status}")
            content = await _read(answer, most_bytes)
            kind = answer.headers.get("Content-Type", "")
            charset = _CHARSET.search(kind)
            return Fetched(
                str(url),
                content,
                kind.partition(";")[0].strip().lower(),
                charset[1].lower() if charset else "",
                answer.headers.get("ETag", ""),
                answer.headers.get("Last-Modified", ""),
            )
    raise OutsideRefused("redirects", "too many redirects")


async def _read(answer: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    """The body, unpacked by us: what unpacks to more than is wanted is given up before it is in memory."""
    packing = answer.headers.get("Content-Encoding", "").strip().lower()
    if packing not in _PACKED:
        raise OutsideRefused("packing", "the answer is packed in a way that cannot be read")
    unpack = zlib.decompressobj(_PACKED[packing]) if _PACKED[packing] else None
    content = bytearray()
    async for piece in answer.content.iter_chunked(_PIECE):
        try:
            content += piece if unpack is None else unpack.decompress(piece, most_bytes - len(content) + 1)
        except zlib.error:
            raise OutsideRefused("packing", "the answer is packed in a way that cannot be read") from None
        if len(content) > most_bytes:
            raise OutsideRefused("too_large", f"the answer is larger than {most_bytes} bytes")
    if unpack is not None and not unpack.eof:
        raise OutsideRefused("packing", "the answer is packed in a way that cannot be read")
    return bytes(content)
