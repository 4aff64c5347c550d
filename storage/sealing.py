"""Encryption of personal data in its column, with keys that live outside the database.

Addresses must be looked up, so they are sealed with AES-SIV (the same text gives the same bytes); everything else with
AES-GCM. Each sealed value begins with the number of its key, so keys can be rotated.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_MASTER_BYTES = 32
_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2.2
_MOST_KEYS = 255


class SealBroken(ValueError):
    """A value cannot be opened: the key is another one, or the value was changed."""


class KeyUnreadable(ValueError):
    """The key file is missing, readable by others, or not a key file; the text says what to do."""


class Seal:
    """The ring of keys: seals with the newest, opens with each."""

    def __init__(self, masters: dict[int, bytes]) -> None:
        self.masters = dict(sorted(masters.items()))
        self.current = max(masters)
        self._gcm = {number: AESGCM(_derive(master, b"texts", 32)) for number, master in masters.items()}
        self._siv = {number: AESSIV(_derive(master, b"addresses", 64)) for number, master in masters.items()}
        self._prefix = bytes([self.current])

    def seal(self, content: bytes, place: bytes) -> bytes:
        """Seal a content for one column (`place`): moved to another column it does not open."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._prefix + nonce + self._gcm[self.current].encrypt(nonce, content, place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """The content again; raises SealBroken."""
        try:
            return self._gcm[sealed[0]].decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], place)
        except (KeyError, IndexError, InvalidTag, ValueError):
            raise SealBroken(f"a value of {place.decode()} cannot be opened with the keys at hand") from None

    def seal_address(self, address: bytes, place: bytes) -> bytes:
        """Seal so that equal addresses give equal bytes and can be looked up."""
        return self._prefix + self._siv[self.current].encrypt(address, [place])

    def open_address(self, sealed: bytes, place: bytes) -> bytes:
        """The address again; raises SealBroken."""
        try:
            return self._siv[sealed[0]].decrypt(sealed[1:], [place])
        except (KeyError, IndexError, InvalidTag, ValueError):
            raise SealBroken(f"an address of {place.decode()} cannot be opened with the keys at hand") from None

    def key_for(self, purpose: str) -> bytes:
        """A key of 32 bytes for another purpose (buttons, cookies), from the newest master."""
        return _derive(self.masters[self.current], purpose.encode(), 32)


def open_seal(path: Path) -> Seal:
    """Read the key file, or create it with mode 0600 on the first run; raises KeyUnreadable."""
    if not path.exists():
        write_keys(path, {1: secrets.token_bytes(_MASTER_BYTES)})
    if path.stat().st_mode & 0o077:
        raise KeyUnreadable(f"the key file {path} can be read by other users: run `chmod 600 {path}`")
    masters: dict[int, bytes] = {}
    for line in path.read_text("ascii").split():
        number, _, encoded = line.partition(":")
        try:
            master = base64.b64decode(encoded, validate=True)
            masters[int(number)] = master
        except ValueError:
            raise KeyUnreadable(f"the key file {path} is damaged: restore it from your backup") from None
        if len(master) != _MASTER_BYTES:
            raise KeyUnreadable(f"the key file {path} is damaged: restore it from your backup")
    if not masters:
        raise KeyUnreadable(f"the key file {path} is empty: restore it from your backup")
    return Seal(masters)


def with_new_key(seal: Seal) -> Seal:
    """The ring with one more key, which becomes the one that seals."""
    if seal.current >= _MOST_KEYS:
        raise KeyUnreadable(f"the ring has used up its {_MOST_KEYS} key numbers")
    return Seal({**seal.masters, seal.current + 1: secrets.token_bytes(_MASTER_BYTES)})


def write_keys(path: Path, masters: dict[int, bytes]) -> None:
    """Write the key file whole or not at all, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{number}:{base64.b64encode(master).decode()}\n" for number, master in masters.items())
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _derive(master: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, None, b"hiwar/" + purpose).derive(master)
