"""The words of announcements and digests, and what is done with an announcement from the draft to the report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from bot.buttons import Signer
from bot.layout import Limits, fit
from bot.messages import Button, Outgoing, Shown, show
from bot.phrases import Paragraphs, Text, Voice, _, _n
from channels.contract import Channel
from civic import announcements as rules
from civic.announcements import Announcement, Bulletin, House, Reach
from civic.errors import Refusal
from civic.knowledge import LANGUAGES
from handlers.language import LANGUAGE_NAMES
from handlers.telling import Post
from handlers.turn import HOUSE_LANGUAGE
from storage import announcements, audit, fanning, leases

_TEST = "announcement"  # for whom codes to see one are signed
MOST_IN_DIGEST = 8  # titles of one digest; the others are counted, and a button shows all


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet(Post):
    """What announcing needs of the world: voices, channels, time zone, the house's rules, and the pace of each channel."""

    channels: Mapping[str, Channel]
    zone: dt.tzinfo
    house: House
    rates: Mapping[str, float]
    windows: Mapping[str, dt.timedelta]  # channels that let a bot write only for so long after a person wrote


# The words


def written(voices: Mapping[str, Voice], chosen: tuple[Announcement, ...], language: str, limits: Limits) -> Shown:
    """One announcement, or a digest of several, as one message; its buttons carry "feature argument" for whoever signs them."""
    voice = voices.get(language) or voices[HOUSE_LANGUAGE]
    outgoing = word(chosen[0], voice.language) if len(chosen) == 1 else digest(chosen, voice.language)
    return fit(show(outgoing, voice), limits)[0]


def word(announcement: Announcement, language: str) -> Outgoing:
    """An announcement as its reader sees it."""
    bulletin = announcement.bulletin
    read = bulletin.language_for(language) or next(iter(bulletin.title))
    parts: list[Text] = [bulletin.title[read], bulletin.text[read]]
    if read != language:
        parts.insert(0, _("This news exists only in {language} for now.", language=LANGUAGE_NAMES[read]))
    number = announcement.id
    buttons = [_unsigned(_("Read in full"), "news", f"{announcement.news_id}-a{number}")] if announcement.news_id is not None else []
    # Translators: a button under news; it ends the subscription that brought them.
    buttons.append(_unsigned(_("Stop this news"), "subscribe", f"end-a{number}"))
    buttons.append(_unsigned(_("My news"), "subscribe", f"mine-a{number}"))
    return Outgoing(Paragraphs(tuple(parts)), tuple(buttons))


def digest(chosen: tuple[Announcement, ...], language: str) -> Outgoing:
    """Several announcements by their titles, with a button for each that can be read in full."""
    lines: list[Text] = []
    buttons: list[Button] = []
    for place, announcement in enumerate(chosen[:MOST_IN_DIGEST], start=1):
        bulletin = announcement.bulletin
        lines.append(f"{place}. {bulletin.title[bulletin.language_for(language) or next(iter(bulletin.title))]}")
        if announcement.news_id is not None:
            # Translators: a button; {n} is the number of a title in the list above it. At most 30 characters.
            buttons.append(_unsigned(_("Read number {n}", n=place), "news", f"{announcement.news_id}-a{announcement.id}"))
    parts: list[Text] = [_n("Your digest: {n} piece of news.", "Your digest: {n} pieces of news.", len(chosen))]
    parts.append(Paragraphs(tuple(lines), "\n"))
    if len(chosen) > MOST_IN_DIGEST:
        parts.append(_("The others are in the list of news."))
    buttons += [_unsigned(_("All news"), "news", ""), _unsigned(_("My news"), "subscribe", "mine")]
    return Outgoing(Paragraphs(tuple(parts)), tuple(buttons))


def _unsigned(label: Text, feature: str, argument: str) -> Button:
    return Button(label, f"{feature} {argument}")


def too_long(sheet: Sheet, announcement: Announcement) -> dict[str, str]:
    """The channels on which a bulletin would not be one message, each with a language in which it is not."""
    found: dict[str, str] = {}
    for channel in _meant_channels(sheet, announcement.bulletin):
        for language in announcement.bulletin.audience.languages or LANGUAGES:
            shown = show(word(announcement, language), sheet.voices[language])
            if len(fit(shown, channel.limits)) > 1:
                found.setdefault(channel.name, language)
    return found


def preview(sheet: Sheet, announcement: Announcement, language: str) -> dict[str, tuple[Shown, ...]]:
    """The message as each channel shows it, part by part: what is fitted here is what is sent."""
    shown = show(word(announcement, language), sheet.voices[language])
    return {channel.name: fit(shown, channel.limits) for channel in _meant_channels(sheet, announcement.bulletin)}


def _meant_channels(sheet: Sheet, bulletin: Bulletin) -> list[Channel]:
    wanted = bulletin.audience.channels or tuple(sheet.channels)
    return [channel for name, channel in sheet.channels.items() if name in wanted and channel.capabilities.announces]


# What is done with it; each is one transaction, and noted


def reach(db: sa.Connection, sheet: Sheet, bulletin: Bulletin, at: dt.datetime) -> Reach:
    """How many are meant, how many of them can be told now, and how long it takes."""
    channels = fanning.reach(db, bulletin.audience, at, sheet.zone, sheet.windows)
    meant = {channel: numbers[0] for channel, numbers in channels.items()}
    now = sum(told for _meant, told in channels.values())
    return Reach(sum(meant.values()), now, channels, rules.duration(meant, sheet.rates))


def draft(db: sa.Connection, bulletin: Bulletin, by: str, at: dt.datetime, news_id: int | None = None) -> int:
    """Write an announcement; its number. Raises Refusal."""
    number = announcements.write(db, rules.check(bulletin), by, at, news_id)
    audit.note(db, at, by, "announcement_written", f"announcement {number}")
    return number


def rewrite(db: sa.Connection, seen: Announcement, bulletin: Bulletin, by: str, at: dt.datetime) -> None:
    """Change a draft. Raises Refusal, Changed."""
    if seen.state != "draft":
        raise Refusal("not_now", "rewrite", state=seen.state)
    announcements.rewrite(db, seen, rules.check(bulletin), by=by)
    audit.note(db, at, by, "announcement_written", f"announcement {seen.id}")


def approve(db: sa.Connection, sheet: Sheet, seen: Announcement, by: str, at: dt.datetime) -> None:
    """Approve what somebody else wrote; by oneself only where the house is a team of one, which the log then says. Raises Refusal."""
    reached = reach(db, sheet, seen.bulletin, at)
    alone = rules.check_approval(seen, by, reached, sheet.house, too_long(sheet, seen))
    announcements.move(db, seen, rules.step(seen, "approve"), approved_by=by)
    told = f"reach {reached.meant}, now {reached.now}"
    audit.note(db, at, by, "announcement_approved_alone" if alone else "announcement_approved", f"announcement {seen.id}", told)


def schedule(db: sa.Connection, sheet: Sheet, seen: Announcement, by: str, wanted: dt.datetime | None, at: dt.datetime) -> dt.datetime:
    """Let an approved announcement go out at its time; the moment, which leaves the house's time to think again. Raises Refusal."""
    due = rules.due(wanted, at, sheet.house)
    announcements.move(db, seen, rules.step(seen, "schedule"), due_at=due)
    audit.note(db, at, by, "announcement_scheduled", f"announcement {seen.id}", due.isoformat(timespec="minutes"))
    return due


def act(db: sa.Connection, seen: Announcement, what: str, by: str, at: dt.datetime) -> None:
    """Reopen, pause, resume, cancel or recall. Raises Refusal."""
    state = rules.step(seen, what)
    is_over = state in ("cancelled", "recalled")
    announcements.move(db, seen, state, at=at if is_over else None, approved_by="" if what == "reopen" else None)
    audit.note(db, at, by, f"announcement_{_PAST[what]}", f"announcement {seen.id}")


_PAST = {"reopen": "reopened", "pause": "paused", "resume": "resumed", "cancel": "cancelled", "recall": "recalled"}


def correct(db: sa.Connection, sheet: Sheet, seen: Announcement, bulletin: Bulletin, by: str, at: dt.datetime) -> None:
    """Give what was sent new words, where a channel can; the audience stays. Raises Refusal."""
    rules.step(seen, "correct")
    checked = rules.check(bulletin)
    corrected = Bulletin(checked.title, checked.text, seen.bulletin.audience, checked.fallback, seen.bulletin.at_most_once)
    if lacking := rules.missing(corrected):
        raise Refusal("language_missing", "text", language=lacking[0])
    if narrow := too_long(sheet, replace(seen, bulletin=corrected)):
        channel, language = next(iter(narrow.items()))
        raise Refusal("too_long_for_channel", "text", channel=channel, language=language)
    announcements.rewrite(db, seen, corrected, corrected=True)
    audit.note(db, at, by, "announcement_corrected", f"announcement {seen.id}")


def test_code(signer: Signer, announcement: Announcement) -> str:
    """What an editor writes in their own chat to see the announcement there; nobody can guess it."""
    data = signer.make(_TEST, "test", str(announcement.id), "")
    return f"{announcement.id}-{data.rpartition('.')[2]}"


def of_test_code(db: sa.Connection, signer: Signer, code: str) -> Announcement | None:
    """The announcement that a code is for, or None for a code that we did not make."""
    number, _dash, signature = code.partition("-")
    if not number.isdecimal() or len(number) > 18 or signer.open(_TEST, f"test.{number}..{signature}") is None:
        return None
    return announcements.find(db, int(number))


def throw_switch(db: sa.Connection, by: str, at: dt.datetime, *, stop: bool) -> bool:
    """Stop every announcement at once, or let them go on; False when it was so already."""
    changed = leases.throw(db, announcements.BULK, by, at) if stop else leases.put_back(db, announcements.BULK)
    if changed:
        audit.note(db, at, by, "announcements_stopped" if stop else "announcements_released", "bulk")
    return changed


Writer = Callable[[tuple[Announcement, ...], str, Limits], Shown]


def writer(voices: Mapping[str, Voice]) -> Writer:
    """What writes announcements for the scheduler."""
    return lambda chosen, language, limits: written(voices, chosen, language, limits)
