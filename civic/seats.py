"""Who gets a seat: how many are free, who waits, and until when an offered seat is held."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from civic.local_time import is_quiet, next_morning

MORNING_TO_ANSWER = dt.timedelta(hours=1)  # an offer never ends while people sleep, nor the minute they wake


class Place(StrEnum):
    """Where a registration stands."""

    REGISTERED = "registered"  # has a seat
    OFFERED = "offered"  # was on the waiting list; a seat is held until they answer
    WAITING = "waiting"
    CANCELLED = "cancelled"  # by the person
    LAPSED = "lapsed"  # an offer that was declined or not answered in time


SEATED = (Place.REGISTERED, Place.OFFERED)
LIVE = (Place.REGISTERED, Place.OFFERED, Place.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """The seats of one session as they stand; capacity None is for everybody who comes."""

    capacity: int | None
    reserved: int = 0
    reserved_until: dt.datetime | None = None
    taken: int = 0  # registered and offered, those on reserved seats among them
    taken_reserved: int = 0
    waiting: int = 0

    def held(self, now: dt.datetime) -> int:
        """Reserved seats that are kept for those invited; none any more once their day has come."""
        if self.reserved_until is not None and now >= self.reserved_until:
            return 0
        return max(0, self.reserved - self.taken_reserved)

    def free(self, now: dt.datetime) -> int | None:
        """Seats anybody may have now, never less than 0; None where there is no limit."""
        return None if self.capacity is None else max(0, self.capacity - self.taken - self.held(now))

    def has_room(self, now: dt.datetime) -> bool:
        """Whether one more may have a seat."""
        free = self.free(now)
        return free is None or free > 0

    def has_reserved_room(self, now: dt.datetime) -> bool:
        """Whether one more who was invited may have a reserved seat."""
        return self.held(now) > 0 and (self.capacity is None or self.taken < self.capacity)

    def place_for_next(self, now: dt.datetime, *, invited: bool) -> tuple[Place, bool]:
        """Where the next one to register stands, and whether on a reserved seat; nobody overtakes those who wait."""
        if invited and self.has_reserved_room(now):
            return Place.REGISTERED, True
        if self.waiting == 0 and self.has_room(now):
            return Place.REGISTERED, False
        return Place.WAITING, False


def offer_ends(now: dt.datetime, starts_at: dt.datetime, minutes: int) -> dt.datetime | None:
    """Until when an offered seat is held; None where there is no time for an offer and the seat is simply given.

    Never past half of the time that is left before the start, and never in the quiet hours.
    """
    if minutes <= 0 or starts_at - now < dt.timedelta(hours=6):
        return None
    told = next_morning(now)
    end = told + min(dt.timedelta(minutes=minutes), (starts_at - told) / 2)
    if is_quiet(end):
        end = next_morning(end) + MORNING_TO_ANSWER
    return end if now < end < starts_at else None
