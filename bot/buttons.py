"""What a button carries: `<talk>.<question>.<value>.<signature>`, ASCII, at most 64 bytes, valid only for the one it was shown to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

MOST_BYTES = 64  # Bot API, InlineKeyboardButton.callback_data; the narrowest of our channels
OUTSIDE = "go"  # stands for the talk on buttons that start a feature; such buttons never grow old
_SIGNATURE_BYTES = 6  # 48 bits: forging one press takes 2^47 tries against a rate-limited bot
_PLAIN = re.compile(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\Z")


@dataclass(frozen=True, slots=True)
class Pressed:
    talk: str
    question: str
    value: str


class Signer:
    """Makes and checks the data of buttons with a key of its own (keyed BLAKE2b, RFC 7693, of at most 64 bytes)."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, owner: str, talk: str, question: str, value: str) -> str:
        """The data of a button for `owner`; raises ValueError when a part is not of A-Z a-z 0-9 _ - or the whole too long."""
        plain = f"{talk}.{question}.{value}"
        if not _PLAIN.match(plain):
            raise ValueError(f"a button can carry only ASCII letters, digits, '_' and '-': {plain!r}")
        data = f"{plain}.{self._signature(owner, plain)}"
        if len(data) > MOST_BYTES:
            raise ValueError(f"a button can carry {MOST_BYTES} bytes, this one would need {len(data)}: {plain!r}")
        return data

    def open(self, owner: str, data: str) -> Pressed | None:
        """What `owner` pressed, or None for data that was not made for this owner."""
        plain, _, signature = data.rpartition(".")
        parts = plain.split(".")
        if len(parts) != 3 or not hmac.compare_digest(signature.encode(), self._signature(owner, plain).encode()):
            return None
        return Pressed(*parts)

    def secret(self, purpose: str) -> bytes:
        """Sixteen bytes for a purpose: the same for the same purpose, and nobody without the key can tell them."""
        return hashlib.blake2b(f"secret\n{purpose}".encode(), digest_size=16, key=self._key).digest()

    def digest(self, text: str) -> str:
        """A name for a text that nobody can work out without the key: for codes that are told to people and not kept."""
        return hashlib.blake2b(text.encode(), digest_size=24, key=self._key, person=b"hiwar digest").hexdigest()

    def _signature(self, owner: str, plain: str) -> str:
        mac = hashlib.blake2b(f"{owner}\n{plain}".encode(), digest_size=_SIGNATURE_BYTES, key=self._key)
        return base64.urlsafe_b64encode(mac.digest()).decode()
