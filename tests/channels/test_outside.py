"""Fetching from outside reaches nothing inside, and ends."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from channels.errors import OutsideRefused
from channels.outside import Fetched, fetch_outside, is_public

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "not an address",
]


class Names(AbstractResolver):
    """A name server of the test: each question takes the next answer, so a name can change its mind."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


class Server:
    """A server on loopback, and a fetch that may go there and nowhere else."""

    def __init__(self) -> None:
        self.port = 0
        self.handlers: dict[str, Handler] = {}
        self.asked: list[web.Request] = []

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        return await self.handlers[request.path](request)

    async def fetch(self, path: str, *, most_bytes: int = 1000, seconds: float = 20, host: str = "127.0.0.1", **more: str) -> Fetched:
        return await fetch_outside(
            f"http://{host}:{self.port}{path}",
            most_bytes=most_bytes,
            seconds=seconds,
            permits=lambda address, port: address == "127.0.0.1" and port == self.port,
            resolver=Names("127.0.0.1"),
            **more,
        )


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_of_our_own_network_is_public(address: str) -> None:
    assert not is_public(address, 443)


def test_an_address_of_the_internet_is_public_on_the_ports_of_the_web_only() -> None:
    assert is_public("93.184.215.14", 443)
    assert is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c", 80)
    assert not is_public("93.184.215.14", 22)
    assert not is_public("93.184.215.14", 8080)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1/", "internal"),
        ("http://[::1]/", "internal"),
        ("http://169.254.169.254/latest/meta-data", "internal"),
        ("http://93.184.215.14:22/", "internal"),
        ("http://localhost/", "internal"),
        ("http://127.1/", "address"),
        ("file:///etc/passwd", "address"),
        ("ftp://example.org/", "address"),
        ("http://name:word@example.org/", "address"),
        ("//example.org/", "address"),
        ("http://", "address"),
        ("", "address"),
        ("http://example.org/" + "a" * 2000, "address"),
    ],
)
async def test_addresses_that_are_not_fetched(url: str, reason: str) -> None:
    with pytest.raises(OutsideRefused) as refused:
        await fetch_outside(url, most_bytes=100, seconds=20)
    assert refused.value.reason == reason


async def test_a_name_that_stands_for_an_address_inside_is_not_fetched() -> None:
    with pytest.raises(OutsideRefused) as refused:
        await fetch_outside("http://outside.example/", most_bytes=100, seconds=20, resolver=Names("192.168.0.10"))
    assert refused.value.reason == "internal"


async def test_a_name_is_asked_for_once_so_it_cannot_change_its_mind(server: Server) -> None:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    server.handlers["/"] = page
    names = Names("127.0.0.1", "127.0.0.2")
    fetched = await fetch_outside(
        f"http://outside.example:{server.port}/",
        most_bytes=100,
        seconds=20,
        resolver=names,
        permits=lambda address, port: address == "127.0.0.1",
    )
    assert fetched.content == b"hello"
    assert names.answers == ["127.0.0.2"]


async def test_a_redirect_to_an_address_inside_is_refused(server: Server) -> None:
    async def redirect(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://10.0.0.1/secret"})

    server.handlers["/"] = redirect
    with pytest.raises(OutsideRefused) as refused:
        await server.fetch("/")
    assert refused.value.reason == "internal"


async def test_redirects_are_followed_and_have_an_end(server: Server) -> None:
    async def around(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/around"})

    async def once(_request: web.Request) -> web.Response:
        return web.Response(status=301, headers={"Location": "/page"})

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="سلام", headers={"ETag": '"1"', "Last-Modified": "yesterday"})

    server.handlers |= {"/around": around, "/once": once, "/page": page}
    fetched = await server.fetch("/once")
    assert (fetched.content.decode(), fetched.url.endswith("/page"), fetched.etag, fetched.modified) == ("سلام", True, '"1"', "yesterday")
    assert (fetched.mime, fetched.charset) == ("text/plain", "utf-8")
    with pytest.raises(OutsideRefused) as refused:
        await server.fetch("/around")
    assert refused.value.reason == "redirects"


async def test_what_is_too_large_is_given_up_packed_or_not(server: Server) -> None:
    async def large(_request: web.Request) -> web.Response:
        return web.Response(body=b"a" * 2000)

    async def bomb(_request: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"a" * 10_000_000), headers={"Content-Encoding": "gzip"})

    async def packed(_request: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"small"), headers={"Content-Encoding": "gzip"})

    async def broken(_request: web.Request) -> web.Response:
        return web.Response(body=b"no gzip", headers={"Content-Encoding": "gzip"})

    server.handlers |= {"/large": large, "/bomb": bomb, "/packed": packed, "/broken": broken}
    assert (await server.fetch("/packed")).content == b"small"
    for path, reason in (("/large", "too_large"), ("/bomb", "too_large"), ("/broken", "packing")):
        with pytest.raises(OutsideRefused) as refused:
            await server.fetch(path)
        assert refused.value.reason == reason


async def test_what_is_too_slow_is_given_up(server: Server) -> None:
    async def never(_request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    server.handlers["/"] = never
    with pytest.raises(OutsideRefused) as refused:
        await server.fetch("/", seconds=0.05)
    assert refused.value.reason == "too_slow"


async def test_what_has_not_changed_is_not_fetched_again(server: Server) -> None:
    async def unchanged(request: web.Request) -> web.Response:
        return web.Response(status=304 if request.headers.get("If-None-Match") == '"1"' else 500)

    server.handlers["/"] = unchanged
    assert (await server.fetch("/", etag='"1"')).unchanged
    with pytest.raises(OutsideRefused) as refused:
        await server.fetch("/")
    assert refused.value.reason == "status"
