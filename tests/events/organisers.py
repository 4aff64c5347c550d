"""What organisers and the clock do in a transcript."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from channels.console import written
from civic.events import Extra, ExtraOption
from civic.regions import REGIONS
from handlers.desk import organising
from handlers.event_notices import tell_next
from storage import events, registrations
from tests.events.made import DAY, HOUR, PLACE, TRAINING, training, writing

if TYPE_CHECKING:
    from tests.stage import Stage

_TRANSPORT = Extra(
    id="way",
    kind="choice",
    text={"ar": "كيف ستحضرون؟", "fr": "Comment viendrez-vous ?", "en": "How will you come?"},
    options=(
        ExtraOption("bus", {"ar": "بالحافلة", "fr": "En bus", "en": "By bus"}),
        ExtraOption("car", {"ar": "بالسيارة", "fr": "En voiture", "en": "By car"}),
    ),
)
_YEARS = Extra(
    id="years",
    kind="number",
    text={
        "ar": "منذ كم سنة تعملون في جمعية؟",
        "fr": "Depuis combien d’années êtes-vous dans une association ?",
        "en": "Years in an association?",
    },
    least=0,
    most=60,
)


def organise(stage: Stage, everybody: Mapping[str, Stage], what: str, rest: str) -> list[str]:
    """Do what a line says; what people are told by it."""
    match what:
        case "event":
            _announce(stage, rest)
            return []
        case "desk":
            with writing(stage.url, stage.seal) as db:
                _at_the_desk(db, stage, rest)
            return []
    return _due(stage, everybody)


def _announce(stage: Stage, rest: str) -> None:
    seats = re.search(r"(\d+) seats?", rest)
    away = re.search(r"in (\d+) (day|hour)s", rest)
    dates = re.search(r"(\d+) dates", rest)
    reserved = re.search(r"(\d+) reserved until day (\d+)", rest)
    details = msgspec.structs.replace(TRAINING, extra=(_TRANSPORT, _YEARS) if "with questions" in rest else ())
    if reserved:
        details = msgspec.structs.replace(details, invitation="asso2026")
    if kind := re.search(r"kind (\w+)", rest):
        details = msgspec.structs.replace(details, kind=kind[1])
    if region := re.search(r"region ([\w-]+)", rest):
        assert region[1] in REGIONS
        details = msgspec.structs.replace(details, region=region[1])
    if topic := re.search(r"topic ([\w-]+)", rest):
        details = msgspec.structs.replace(details, topic=topic[1])
    starts_in = (int(away[1]) * (DAY if away[2] == "day" else HOUR)) if away else 10 * DAY
    with writing(stage.url, stage.seal) as db:
        training(
            db,
            details=details,
            capacity=int(seats[1]) if seats else None,
            reserved=int(reserved[1]) if reserved else 0,
            reserved_until=stage.now + int(reserved[2]) * DAY if reserved else None,
            starts_in=starts_in,
            sessions=int(dates[1]) if dates else 1,
            at=stage.now,
            link="https://meet.example/hiwar" if "online" in rest else "",
        )


def _at_the_desk(db: sa.Connection, stage: Stage, rest: str) -> None:
    action, _, more = rest.partition(" ")
    if action == "came":
        registrations.check_in(db, int(more.removeprefix("R-")), stage.now)
        return
    number, _, more = more.partition(" ")
    event = events.find(db, int(number))
    assert event is not None
    session = event.sessions[0]
    match action:
        case "cancel":
            organising.cancel(db, event.id, "staff:1", stage.now)
        case "seats":
            organising.change_seats(db, session.id, int(more), 0, None, "staff:1", stage.now)
        case "move":
            days = dt.timedelta(days=int(more.removeprefix("+").partition(" ")[0]))
            organising.change_session(
                db,
                session.id,
                "staff:1",
                stage.now,
                starts_at=session.starts_at + days,
                ends_at=session.ends_at + days,
                place=PLACE,
                point=(34.0209, -6.8416),
            )
        case _:
            raise AssertionError(f"organisers do not know: {rest!r}")


def _due(stage: Stage, everybody: Mapping[str, Stage]) -> list[str]:
    """Everything that is due, and what each person is told, in the order of their names' first appearance."""
    with writing(stage.url, stage.seal) as db:
        while tell_next(db, stage.post(), stage.now) is not None:
            pass
    return [f"told {name}: {written(shown).removeprefix('bot: ')}" for name, other in everybody.items() for shown in other.hears_unasked()]
