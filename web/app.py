"""The aiohttp application: routes, and the headers every answer carries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import structlog
from aiohttp import web

from web.pages import Pages

LARGEST_FORM = 64 * 1024 * 1024  # bytes; five files of ten megabytes and their envelope

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(
    *,
    pages: Pages,
    routes: Iterable[web.RouteDef],
    telegram: tuple[str, Handler] | None,
    is_https: bool,
) -> web.Application:
    """Everything that is served."""
    app = web.Application(client_max_size=LARGEST_FORM, middlewares=[_errors])
    app.add_routes(routes)
    app.add_routes([web.get("/static/{name:.+}", pages.static), web.get("/widget.js", pages.widget)])
    if telegram is not None:
        path, receive = telegram
        app.add_routes([web.post(path, receive)])

    async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Server"] = "hiwar"
        if "X-Content-Type-Options" not in response.headers:
            response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        if is_https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if response.content_type in ("text/html", "application/json"):
            response.headers.setdefault("Cache-Control", "no-store")
        if response.content_type == "text/html":
            response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(self)")

    app.on_response_prepare.append(set_headers)
    return app


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A program error is logged by kind and place, never with what the person sent, and answered with a plain 500."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except (ConnectionResetError, TimeoutError):
        raise
    except Exception as error:
        log.error(
            "request_failed",
            route=str(request.match_info.route.resource and request.match_info.route.resource.canonical),
            error=type(error).__name__,
        )
        log.debug("request_failed_where", exc_info=True)
        return web.Response(status=500, text="Something went wrong on our side. Please load the page again.")
