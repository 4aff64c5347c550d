"""What organisers usually begin with: for each usual kind of event, what is asked, given and told; the words stand at the desk."""

from __future__ import annotations

from dataclasses import dataclass

from civic.events import Kind

HOUR, DAY = 60, 24 * 60  # minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A starting point: an organiser changes whatever they want of it."""

    kind: Kind
    reminders: tuple[int, ...]  # minutes before the start
    offer_minutes: int
    asks_needs: bool = True
    has_certificate: bool = False
    asks_feedback: bool = True
    questions: tuple[str, ...] = ()


QUESTIONS: dict[str, tuple[str, ...]] = {  # each with the answers to choose from; none: yes or no
    "first_time": (),
    "speaks_for": ("self", "association", "administration", "company"),
    "wants_to_speak": (),
    "comes": ("in_person", "online"),
}

TEMPLATES: dict[str, Template] = {
    "training": Template(
        kind=Kind.TRAINING,
        reminders=(DAY, HOUR),
        offer_minutes=DAY,
        has_certificate=True,
        questions=("first_time",),
    ),
    "public_meeting": Template(kind=Kind.MEETING, reminders=(DAY,), offer_minutes=DAY),
    "consultation": Template(
        kind=Kind.CONSULTATION,
        reminders=(3 * DAY, DAY),
        offer_minutes=DAY,
        questions=("speaks_for", "wants_to_speak"),
    ),
    "committee": Template(
        kind=Kind.COMMITTEE,
        reminders=(7 * DAY, DAY),
        offer_minutes=0,  # members are named: nobody is asked twice
        asks_feedback=False,
        questions=("comes",),
    ),
}
