"""Passwords, one-time codes and recovery codes: how they are made and compared.

The packages are imported when somebody signs in: most processes never see that, and idle memory counts.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hmac
import io
import secrets
from typing import TYPE_CHECKING

from civic.staff import RECOVERY_CODES

if TYPE_CHECKING:
    from argon2 import PasswordHasher

STEP = 30  # seconds a one-time code stands for (RFC 6238)
AT_ONCE = 2  # passwords compared at the same time: each takes 32 MiB
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # of recovery codes: nothing that looks like something else


class Passwords:
    """Makes and compares argon2id hashes, in threads, for they are slow on purpose; a few at the same time, for they take memory."""

    def __init__(self) -> None:
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._nobody = ""  # the hash that is compared when there is nobody of this name, so that it takes as long

    async def hash(self, password: str) -> str:
        async with self._at_once:
            return await asyncio.to_thread(lambda: _hasher().hash(password))

    async def is_right(self, password: str, known: str | None) -> bool:
        """Whether a password is the one of a hash; without a hash it takes as long, and is wrong."""
        async with self._at_once:
            return await asyncio.to_thread(self._is_right, password, known)

    def _is_right(self, password: str, known: str | None) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        if not self._nobody:
            self._nobody = _hasher().hash(secrets.token_hex())
        try:
            return _hasher().verify(known or self._nobody, password) and known is not None
        except (VerificationError, InvalidHashError):
            return False


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=3, memory_cost=32_768, parallelism=1)  # above the least that OWASP asks for


def new_secret() -> str:
    """A secret that an authenticator makes codes of."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def is_secret(text: str) -> bool:
    """Whether a text is a secret as made here."""
    return len(text) == 32 and set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def step_of(code: str, secret: str, now: dt.datetime) -> int:
    """Which step of thirty seconds a code belongs to, the one now or a neighbour; 0 for none."""
    import pyotp

    totp = pyotp.TOTP(secret)
    typed = "".join(character for character in code if not character.isspace())
    here = int(now.timestamp()) // STEP
    return next((step for step in (here, here - 1, here + 1) if hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode())), 0)


def picture(secret: str, address: str) -> str:
    """The secret as a QR code that an authenticator reads: an SVG element."""
    import pyotp
    import segno

    code = segno.make(pyotp.TOTP(secret).provisioning_uri(name=address, issuer_name="Hiwar"), error="m")
    drawn = io.BytesIO()
    code.save(
        drawn, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return drawn.getvalue().decode()


def new_codes() -> tuple[str, ...]:
    """Recovery codes, each for one login without an authenticator."""
    return tuple("-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4)) for _ in range(RECOVERY_CODES))


def tidy_code(typed: str) -> str:
    """A recovery code however it was typed."""
    plain = "".join(character for character in typed.casefold() if character in _ALPHABET)
    return "-".join(plain[start : start + 4] for start in range(0, len(plain), 4))
