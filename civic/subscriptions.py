"""What people may subscribe to, how often they hear of it, and when they are left in peace."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from civic.errors import Refusal
from civic.regions import REGIONS

GENERAL = ("initiatives", "meetings", "committees", "calls", "trainings", "partners")
COMMITMENT, REGION = "commitment-", "region-"  # before the id of a commitment or a region
FREQUENCIES = ("once", "daily", "weekly")
QUIET_FROM, QUIET_TO = 21, 8  # hours in Morocco, unless the person says otherwise
DIGEST_HOUR = 9  # in Morocco; after the usual quiet hours
DIGEST_DAY = 0  # of the week: Monday


@dataclass(frozen=True, slots=True)
class Habits:
    """How often somebody wants news, and between which hours none."""

    frequency: str = "once"
    quiet_from: int = QUIET_FROM
    quiet_to: int = QUIET_TO

    @property
    def has_quiet(self) -> bool:
        return self.quiet_from != self.quiet_to

    def is_quiet(self, hour: int) -> bool:
        """Whether the person is left in peace in this hour of the day."""
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= hour < self.quiet_to
        return hour >= self.quiet_from or hour < self.quiet_to


@dataclass(frozen=True, slots=True)
class Standing:
    """All that somebody is subscribed to; `is_stopped` while nothing comes, and `paused` what an earlier stop left behind."""

    topics: tuple[str, ...] = ()
    paused: tuple[str, ...] = ()
    habits: Habits = Habits()
    is_stopped: bool = False


def is_topic(topic: str, commitments: frozenset[str] | set[str] = frozenset()) -> bool:
    """Whether there is such a topic; `commitments` are the ids that are known."""
    if topic.startswith(REGION):
        return topic.removeprefix(REGION) in REGIONS
    if topic.startswith(COMMITMENT):
        return topic.removeprefix(COMMITMENT) in commitments
    return topic in GENERAL


def habits(frequency: str, quiet_from: int, quiet_to: int) -> Habits:
    """Wishes as habits; raises Refusal for hours that leave no time to be told anything."""
    if frequency not in FREQUENCIES:
        raise Refusal("unknown_frequency")
    if not (0 <= quiet_from < 24 and 0 <= quiet_to < 24):
        raise Refusal("no_such_hour")
    return Habits(frequency, quiet_from, quiet_to)


def next_hours(after: dt.datetime, zone: dt.tzinfo) -> dict[int, dt.datetime]:
    """The next moment at which each hour of the day begins in a time zone."""
    local = after.astimezone(zone)
    moments = {}
    for hour in range(24):
        moment = local.replace(hour=hour, minute=0, second=0, microsecond=0)
        if moment <= local:
            moment = (moment.replace(tzinfo=None) + dt.timedelta(days=1)).replace(tzinfo=zone)
        moments[hour] = moment.astimezone(dt.UTC)
    return moments


def digest_moment(frequency: str, at: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """When what comes up at `at` is told to somebody with this frequency, quiet hours aside."""
    if frequency == "once":
        return at
    moment = next_hours(at, zone)[DIGEST_HOUR]
    if frequency == "weekly":
        moment += dt.timedelta(days=(DIGEST_DAY - moment.astimezone(zone).weekday()) % 7)
    return moment
