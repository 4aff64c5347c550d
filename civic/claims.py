"""The codes by which an anonymous proposal is followed from anywhere: easy to read out and to type, too many to guess."""

from __future__ import annotations

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's alphabet: no I, L, O, U
_SIZE, _GROUP = 12, 4  # sixty bits: fewer could be tried one by one by whoever has the hashes
_MISTAKEN = str.maketrans("OIL", "011")


def code(random: bytes) -> str:
    """A code such as "K7PM-2XQR-90AB" from at least eight random bytes."""
    number = int.from_bytes(random[:8], "big")
    signs = "".join(_SIGNS[number >> 5 * place & 31] for place in range(_SIZE))
    return "-".join(signs[start : start + _GROUP] for start in range(0, _SIZE, _GROUP))


def read(text: str) -> str:
    """The code a person typed, with or without its dashes and in either case; "" when it cannot be one."""
    typed = "".join(sign for sign in text.upper() if sign.isalnum()).translate(_MISTAKEN)
    if len(typed) != _SIZE or any(sign not in _SIGNS for sign in typed):
        return ""
    return "-".join(typed[start : start + _GROUP] for start in range(0, _SIZE, _GROUP))
