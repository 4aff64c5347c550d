"""Deep links of the web chat: where an address leads, besides to the chat."""

from __future__ import annotations

import re

from aiohttp import web

_SHORT = ("e", "p", "n")  # "/chat?e=12" is "/chat?start=e-12", short enough for a poster; bot/features.py calls these names `link`
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def deep_link(request: web.Request) -> str:
    """What a deep link carries, or ""."""
    wanted = request.query.get("start") or next((f"{name}-{request.query[name]}" for name in _SHORT if request.query.get(name)), "")
    return wanted if _PAYLOAD.fullmatch(wanted) else ""


def routes() -> list[web.RouteDef]:
    """`/p/12` opens the chat with proposal P-12."""

    async def proposal(request: web.Request) -> web.Response:
        raise web.HTTPFound(f"/?start=p-{request.match_info['number']}")

    return [web.get("/p/{number:[0-9]{1,12}}", proposal)]
