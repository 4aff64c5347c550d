"""Who is at a page of the web chat: a random token in a cookie, of which only a hash is known here."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from aiohttp import web

DAYS = 180  # how long a browser keeps its conversation
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}\Z")


@dataclass(frozen=True, slots=True)
class Guest:
    """A browser with its token; `address` is what the rest of the program knows it by."""

    token: str
    is_new: bool

    @property
    def address(self) -> str:
        return hashlib.sha256(self.token.encode()).hexdigest()[:40]


class Door:
    """Tells guests apart and makes sure that what they post comes from our own page."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def guest(self, request: web.Request) -> Guest:
        """The guest of a request; one without a valid token gets a new one."""
        token = request.cookies.get(_cookie_name(request), "")
        return Guest(token, False) if _TOKEN.match(token) else Guest(secrets.token_urlsafe(32), True)

    def admit(self, request: web.Request, response: web.StreamResponse, guest: Guest, *, embed: bool) -> None:
        """Give a guest the cookie. Inside another site's page it is parted by that site (CHIPS), so nobody can follow people with it."""
        _set_cookie(request, response, guest.token, DAYS * 86_400, embed)

    def dismiss(self, request: web.Request, response: web.StreamResponse, *, embed: bool) -> None:
        """Take the cookie away; a browser lets only one with the same attributes do that."""
        _set_cookie(request, response, "", 0, embed)

    def form_token(self, guest: Guest) -> str:
        return hmac.new(self._key, guest.token.encode(), hashlib.sha256).hexdigest()

    def is_own_form(self, request: web.Request, guest: Guest, token: str) -> bool:
        """Whether a post was made by a page of ours that this guest was shown."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return False
        return not guest.is_new and hmac.compare_digest(token.encode(), self.form_token(guest).encode())


def _set_cookie(request: web.Request, response: web.StreamResponse, value: str, seconds: int, embed: bool) -> None:
    """By hand: the standard library knows the attribute Partitioned only since Python 3.14."""
    attributes = [f"{_cookie_name(request)}={value}", "Path=/", f"Max-Age={seconds}", "HttpOnly"]
    if not is_secure(request):
        attributes += ["SameSite=Lax"]
    elif not embed:
        attributes += ["Secure", "SameSite=Lax"]
    else:
        attributes += ["Secure", "SameSite=None", "Partitioned"]
    response.headers.add("Set-Cookie", "; ".join(attributes))


def _cookie_name(request: web.Request) -> str:
    return "__Host-hiwar_chat" if is_secure(request) else "hiwar_chat"


def is_secure(request: web.Request) -> bool:
    """Whether the person's browser speaks https, to us or to the proxy before us; one that lies about it only spoils its own cookie."""
    return request.scheme == "https" or request.headers.get("X-Forwarded-Proto", "").partition(",")[0].strip() == "https"
