"""The desk's figures: one plot for each question, drawn on the server, with a table beneath; small numbers are hidden."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.phrases import Month, Phrase, Text, _, _n
from civic.proposals import State
from civic.staff import Role
from handlers.language import LANGUAGE_NAMES
from handlers.proposal_words import STATE_NAMES, THEME_NAMES
from handlers.topics import TOPICS
from storage import figures
from storage.figures import Figures
from web.desk.frame import Desk
from web.desk.sections import Section

FEWEST = 5  # a smaller number could point at somebody
YEAR = dt.timedelta(days=365)
FRESH = dt.timedelta(minutes=10)  # figures are counted anew after this
WIDTH, ROW = 360, 48  # of a plot, in its own units: as wide as a phone, each label above its bar
Label = Text | Month
CHANNELS: dict[str, Text] = {"webchat": _("Web chat"), "telegram": "Telegram", "messenger": "Messenger", "console": _("Command line")}


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a plot; `count` is None where it is hidden."""

    label: Label
    count: int | None
    width: int
    place: int


@dataclass(frozen=True, slots=True)
class Plot:
    """One idea: a title that is a question, and its bars."""

    title: Phrase
    unit: Phrase
    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        return ROW * len(self.bars)

    @property
    def is_empty(self) -> bool:
        return all(bar.count == 0 for bar in self.bars)


class FiguresPage:
    """`/desk/figures`."""

    sections = (Section("figures", _("Figures"), "/desk/figures", frozenset(Role)),)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._counted: tuple[dt.datetime, Figures] | None = None

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/desk/figures", self.page)]

    async def page(self, request: web.Request) -> web.Response:
        """`GET /desk/figures`: the last twelve months, counted at most ten minutes ago."""
        visit = await self._desk.enter(request)
        if self._counted is None or visit.now - self._counted[0] > FRESH:
            self._counted = visit.now, await self._desk.read(figures.count, visit.now - YEAR, visit.now.date())
        at, counted = self._counted
        return self._desk.render(visit, "desk/figures.html", section="figures", plots=plots(counted), at=at, fewest=FEWEST, width=WIDTH)


def plots(counted: Figures) -> list[Plot]:
    """What is shown, in order."""
    within = {
        days: _n("within {n} day", "within {n} days", days) if days > 0 else _("longer than {days} days", days=figures.WITHIN[-1])
        for days in counted.decided_within
    }
    kept: dict[str, Text] = {"kept": _("Kept"), "missed": _("Missed"), "running": _("Still running")}
    found: dict[str, Text] = {
        "useful": _("Found, and useful"),
        "not_useful": _("Found, and not useful"),
        "answered_later": _("Answered later by an editor"),
        "unanswered": _("Waiting for an editor"),
    }
    proposals, people, answers = _("Proposals"), _("People"), _("Answers")
    return [
        plot(_("How many proposals come each month?"), proposals, [(_month(month), n) for month, n in counted.filed.items()]),
        plot(_("Where do they stand?"), proposals, [(STATE_NAMES[State(state)], n) for state, n in counted.states.items()]),
        plot(_("How long until the first decision?"), proposals, [(within[days], n) for days, n in counted.decided_within.items()]),
        plot(_("Are promises kept?"), proposals, [(kept[name], n) for name, n in counted.promises.items()]),
        plot(_("What are proposals about?"), proposals, [(THEME_NAMES[theme], n) for theme, n in counted.themes.items()]),
        plot(_("Which languages do people use?"), people, [(LANGUAGE_NAMES.get(each, each), n) for each, n in counted.languages.items()]),
        plot(_("Through which channel do they come?"), people, [(CHANNELS.get(each, each), n) for each, n in counted.channels.items()]),
        plot(_("Which topics do people judge answers on?"), answers, [(TOPICS.get(each, each), n) for each, n in counted.topics.items()]),
        plot(_("Do people find an answer?"), answers, [(found[name], n) for name, n in counted.found.items()]),
    ]


def plot(title: Phrase, unit: Phrase, counts: Sequence[tuple[Label, int]]) -> Plot:
    """Bars beside each other's length; numbers from 1 to 4 are hidden, and their bars are all alike."""
    shown = [(label, None if 0 < number < FEWEST else number) for label, number in counts]
    longest = max((number or 0 for _label, number in shown), default=0) or 1
    room = WIDTH - 60
    bars = [
        Bar(label, number, 3 if number is None else max(2 if number else 0, round(room * number / longest)), place * ROW)
        for place, (label, number) in enumerate(shown)
    ]
    return Plot(title, unit, tuple(bars))


def _month(text: str) -> Month:
    year, _dash, month = text.partition("-")
    return Month(int(year), int(month))
