"""Words shared by all that is told from a source: where it comes from, of when it is, and in which language it is shown."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from bot.dialogue import Talk
from bot.messages import Button
from bot.phrases import Month, Paragraphs, Phrase, Text, _
from civic.knowledge import Source, language_of
from handlers.language import LANGUAGE_NAMES

A_PAGE = 7  # of a list; with "more" and the ways back still a phone's screen

# Sites of institutions that speak for themselves: named as the source before a newspaper that reports the same.
_OFFICIAL = (
    ".gov.ma",
    "gouvernement-ouvert.ma",
    "opengovpartnership.org",
    "oecd.org",
    "cdai.ma",
    "chafafiya.ma",
    "chikaya.ma",
    "eparticipation.ma",
    "cndp.ma",
    "inpplc.ma",
    "mediateur.ma",
    "chambredesrepresentants.ma",
    "idarati.ma",
)

_SEVERAL_ENDS = re.compile(r"(\d{4})-(\d{4})/(\d{4})\Z")


def sourced(sources: Sequence[Source], as_of: str, url: str = "") -> Text:
    """Where something comes from and when it was last checked; of several sources the one behind the link that is shown with it."""
    linked = [source for source in sources if url and source_site([source]) == site(url)]
    source = source_site(linked or sources)
    if not source:
        return _("Checked in {date}", date=when(as_of))
    return _("Source: {source} · checked in {date}", source=source, date=when(as_of))


def source_site(sources: Iterable[Source]) -> str:
    """The site of a source, an institution's own where there is one; "" when none has a site."""
    sites = [site(source.name) for source in sources if source.name.startswith("http")]
    return next((one for one in sites if one.endswith(_OFFICIAL)), sites[0] if sites else "")


def site(url: str) -> str:
    """A web address as a label."""
    return urlsplit(url).netloc.removeprefix("www.")


def links(talk: Talk, urls: Sequence[str]) -> list[Button]:
    """A button for each address, named by its site, and by its page where several are of one site."""
    sites = [site(url) for url in urls]
    labels = [name if sites.count(name) == 1 else f"{name}{urlsplit(url).path}" for name, url in zip(sites, urls, strict=True)]
    return [talk.link(label, url) for label, url in zip(labels, urls, strict=True)]


def when(date: str) -> object:
    """A date as exact as it is known: "2024-12-31", "2024-12" or "2024"; anything else stays as it is."""
    parts = date.split("-")
    if not all(part.isdecimal() for part in parts) or [len(part) for part in parts] not in ([4], [4, 2], [4, 2, 2]):
        return date
    year, month, day = (int(part) for part in (*parts, "0", "0")[:3])
    return dt.date(year, month, day) if day else Month(year, month) if month else date


def period(start: str, end: str = "") -> Phrase:
    """A span of time; "start/end" in one also is one, with "2024-2027/2028" where sources differ on its end."""
    if several := _SEVERAL_ENDS.match(start):
        return _("Period: {start} to {end}, or to {later}: sources differ", start=several[1], end=several[2], later=several[3])
    if not end:
        start, _slash, end = start.partition("/")
    return _("Period: {start} to {end}", start=when(start), end=when(end)) if end else _("Since {start}", start=when(start))


def said(talk: Talk, text: Mapping[str, str]) -> str:
    """A record's text in the reader's language, or in the one there is; `shown_in` owns up to it."""
    return text.get(language_of(text, talk.language), "")


def named(talk: Talk, name: Mapping[str, str]) -> str:
    """A name in the reader's language; in Tamazight, where there is none, the Arabic and the French one."""
    if talk.language == "zgh" and "zgh" not in name:
        return "\n".join(name[language] for language in ("ar", "fr") if language in name)
    return said(talk, name)


def shown_in(talk: Talk, *texts: Mapping[str, str]) -> list[Text]:
    """A line that says which language is shown, where one of the texts is not in the reader's."""
    other = next((language for text in texts if text and (language := language_of(text, talk.language)) != talk.language), "")
    return [_("This answer exists only in {language} for now.", language=LANGUAGE_NAMES[other])] if other else []


def headed(heading: Phrase, text: Text) -> Text:
    """A text under its heading."""
    return Paragraphs((heading, text), "\n")


def page(talk: Talk, feature: str, argument: str, number: int, buttons: Sequence[Button]) -> list[Button]:
    """One page of a list of buttons, with "More" where there are more: it starts the feature with "<argument>--<page>"."""
    first = number * A_PAGE
    shown = list(buttons[first : first + A_PAGE])
    if len(buttons) > first + A_PAGE:
        shown.append(talk.button(_("More"), feature, f"{argument}--{number + 1}"))
    return shown


def paged(argument: str) -> tuple[str, int]:
    """What an argument names, and its page from 0."""
    name, _dashes, number = argument.partition("--")
    return name, int(number) if number.isdecimal() and len(number) < 4 else 0
