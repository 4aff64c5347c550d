"""Short links to proposals, for people to share: they lead into the chat."""

from __future__ import annotations

from aiohttp import web


def routes() -> list[web.RouteDef]:
    """`/p/12` opens the chat with proposal P-12."""

    async def proposal(request: web.Request) -> web.Response:
        raise web.HTTPFound(f"/?start=p-{request.match_info['number']}")

    return [web.get("/p/{number:[0-9]{1,12}}", proposal)]
