"""The cookies of the desk: the session's, and the sentence that the next page shows."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass

from aiohttp import web

from civic.staff import LONGEST
from web.identity import is_secure

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_SAID = "hiwar_desk_said"
_LONGEST_SAID = 900  # characters; a cookie holds 4096 bytes


@dataclass(frozen=True, slots=True)
class Flash:
    """What was done, said once on the next page; `undo` is where a button posts to."""

    text: str
    undo: str = ""


class Cookies:
    """Gives, reads and takes away."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, request: web.Request) -> str:
        """The session's token, or "" for none."""
        token = request.cookies.get(_name(request), "")
        return token if _TOKEN.match(token) else ""

    def admit(self, request: web.Request, response: web.StreamResponse, token: str) -> None:
        """Lax, for a link in a mail must open the page it names; whatever changes something is posted, with a token of its own."""
        self._set(request, response, token, int(LONGEST.total_seconds()))

    def dismiss(self, request: web.Request, response: web.StreamResponse) -> None:
        self._set(request, response, "", 0)

    def say(self, response: web.StreamResponse, session_id: int, text: str, undo: str) -> None:
        """Keep a sentence for the next page of a session."""
        body = base64.urlsafe_b64encode(json.dumps([session_id, text[:_LONGEST_SAID], undo], ensure_ascii=False).encode()).decode()
        response.headers.add("Set-Cookie", f"{_SAID}={body}.{self._sign(body)}; Path=/desk; Max-Age=60; HttpOnly; SameSite=Lax")

    def flash(self, request: web.Request, session_id: int) -> Flash | None:
        body, _dot, signature = request.cookies.get(_SAID, "").partition(".")
        if not body or not hmac.compare_digest(signature.encode(), self._sign(body).encode()):
            return None
        try:
            owner, text, undo = json.loads(base64.urlsafe_b64decode(body))
        except (ValueError, binascii.Error):
            return None
        return Flash(text, undo) if owner == session_id else None

    def forget_flash(self, response: web.StreamResponse) -> None:
        response.headers.add("Set-Cookie", f"{_SAID}=; Path=/desk; Max-Age=0; HttpOnly; SameSite=Lax")

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, b"said " + body.encode(), hashlib.sha256).hexdigest()[:32]

    def _set(self, request: web.Request, response: web.StreamResponse, value: str, seconds: int) -> None:
        secure = "; Secure" if is_secure(request) else ""
        response.headers.add("Set-Cookie", f"{_name(request)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")


def new_token() -> str:
    return secrets.token_urlsafe(32)


def _name(request: web.Request) -> str:
    """On https a name that a browser takes from this very host only; plain http is for one's own machine."""
    return "__Host-hiwar_desk" if is_secure(request) else "hiwar_desk"
