"""Certificates of attendance: what has to be known to verify one when the name of its holder is long deleted."""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from civic.events import Event, Session
from storage.registrations import Registration
from storage.schema import certificates

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, str]).decode


@dataclass(frozen=True, slots=True)
class Certificate:
    """That somebody came to something."""

    code: str
    registration_id: int | None
    title: dict[str, str]
    organiser: dict[str, str]
    starts_at: dt.datetime
    ends_at: dt.datetime
    given_at: dt.datetime
    holder: str  # a digest

    def is_of(self, name: str) -> bool:
        """Whether this name stands on it; case, marks and spaces do not count."""
        return self.holder == _digest(self.code, name)


def give(
    db: sa.Connection, registration: Registration, event: Event, session: Session, new_code: Callable[[], str], at: dt.datetime
) -> Certificate:
    """The certificate of a registration; the one given before when there is one, with its name as it is now."""
    known = of_registration(db, registration.id)
    if known is not None:
        if not known.is_of(registration.name):
            holder = _digest(known.code, registration.name)
            db.execute(certificates.update().where(certificates.c.code == known.code).values(holder=holder))
        return known
    code = new_code()
    while find(db, code) is not None:
        code = new_code()
    values = {
        "code": code,
        "registration_id": registration.id,
        "title": _encode(event.details.title).decode(),
        "organiser": _encode(event.details.organiser).decode(),
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "holder": _digest(code, registration.name),
        "given_at": at,
    }
    db.execute(certificates.insert().values(values))
    return _certificate(db.execute(sa.select(certificates).where(certificates.c.code == code)).one())


def find(db: sa.Connection, code: str) -> Certificate | None:
    row = db.execute(sa.select(certificates).where(certificates.c.code == code)).first()
    return None if row is None else _certificate(row)


def of_registration(db: sa.Connection, registration_id: int) -> Certificate | None:
    row = db.execute(sa.select(certificates).where(certificates.c.registration_id == registration_id)).first()
    return None if row is None else _certificate(row)


def _digest(code: str, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(sign for sign in plain if sign.isalnum())
    return hashlib.sha256(f"{code}\n{plain}".encode()).hexdigest()


def _certificate(row: sa.Row[tuple[object, ...]]) -> Certificate:
    return Certificate(
        row.code,
        row.registration_id,
        _decode(row.title),
        _decode(row.organiser),
        row.starts_at,
        row.ends_at,
        row.given_at,
        row.holder,
    )
