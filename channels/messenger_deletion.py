"""Meta's request to delete a person's data: a signed text that names the user as the app knows them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

import msgspec

from channels.errors import Unreadable


class _Asked(msgspec.Struct, gc=False):
    user_id: str
    algorithm: str = ""


def user_of(secret: str, signed_request: str) -> str:
    """Who asks; raises Unreadable unless Meta signed it with the app's secret, compared in constant time."""
    signature, _, payload = signed_request.partition(".")
    try:
        given = _decoded(signature)
        ours = hmac.new(secret.encode(), payload.encode("ascii"), hashlib.sha256).digest()
        if not hmac.compare_digest(given, ours):
            raise Unreadable("signed request: the signature is not ours")
        asked = msgspec.json.decode(_decoded(payload), type=_Asked)
    except (binascii.Error, UnicodeError, msgspec.MsgspecError, RecursionError) as error:
        raise Unreadable(f"signed request: {type(error).__name__}") from None
    if asked.algorithm.upper() != "HMAC-SHA256" or not asked.user_id:
        raise Unreadable("signed request: not of a kind we know")
    return asked.user_id


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
