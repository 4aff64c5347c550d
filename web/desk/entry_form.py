"""An entry as a form: what stands in its fields, what was typed into them, and what is wrong with that."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping

from bot.phrases import Phrase, _
from civic.knowledge import LANGUAGES, Entry, Source
from handlers.desk.content_check import (
    LONGEST_ANSWER,
    LONGEST_ID,
    LONGEST_TITLE,
    MOST_LINKS,
    check_answer,
    is_link,
)
from handlers.desk.editing import Draft
from handlers.topics import TOPICS

ASKED_IN = ("ar", "fr", "en", "zgh", "ary", "ary-Latn")  # the languages of example questions
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_DATE = re.compile(r"(\d{4})(-(0[1-9]|1[0-2]))?\Z")


def fields_of(entry: Entry | None) -> dict[str, str]:
    """What the form shows at first."""
    fields = dict.fromkeys((*(f"{part}-{language}" for part in ("title", "answer") for language in LANGUAGES), "id", "topic"), "")
    fields |= {"as_of": "", "sources": "", "links": "", "next": ""} | {f"examples-{language}": "" for language in ASKED_IN}
    fields |= {f"reviewed-{language}": "" for language in LANGUAGES}
    if entry is None:
        return fields
    for language in LANGUAGES:
        fields[f"title-{language}"] = entry.title.get(language, "")
        fields[f"answer-{language}"] = entry.answer.get(language, "")
        fields[f"reviewed-{language}"] = "yes" if entry.review.get(language) == "reviewed" else ""
    for language in ASKED_IN:
        fields[f"examples-{language}"] = "\n".join(entry.examples.get(language, ()))
    return fields | {
        "id": entry.id,
        "topic": entry.topic,
        "as_of": entry.as_of,
        "sources": "\n".join(f"{source.name} | {source.date}" if source.date else source.name for source in entry.sources),
        "links": "\n".join(entry.links),
        "next": " ".join(entry.next),
    }


def typed(posted: Mapping[str, str], before: Entry | None) -> dict[str, str]:
    """What the form shows after it was posted: what was typed, with a box that is not checked counting as empty."""
    shown = {name: posted.get(name, "").replace("\r\n", "\n").strip() for name in fields_of(None)}
    return shown | ({"id": before.id, "topic": before.topic} if before else {})


def entry_of(fields: Mapping[str, str], before: Entry | None) -> Entry:
    """The entry that the fields say; what they do not speak of stays as it was."""
    answer = {language: fields[f"answer-{language}"] for language in LANGUAGES if fields[f"answer-{language}"]}
    title = {language: fields[f"title-{language}"] for language in LANGUAGES if fields[f"title-{language}"]}
    first = next(iter(answer), "")
    old = before.instead if before else {}
    examples = {language: _lines(fields[f"examples-{language}"]) for language in ASKED_IN}
    return Entry(
        id=fields["id"],
        topic=fields["topic"],
        as_of=fields["as_of"],
        title=title,
        answer=answer,
        review={language: "reviewed" if fields[f"reviewed-{language}"] else "draft" for language in answer},
        sources=tuple(_source(line) for line in _lines(fields["sources"])),
        examples={language: texts for language, texts in examples.items() if texts},
        instead={language: old[language] if old.get(language) in answer else first for language in LANGUAGES if language not in answer},
        links=_lines(fields["links"]),
        next=tuple(fields["next"].replace(",", " ").split()),
        held_out=before.held_out if before else {},
    )


def draft_of(fields: Mapping[str, str], before: Entry | None) -> Draft:
    """What an editor writes to answer questions: only what is not as it was."""
    old = fields_of(before)
    changed = [
        language for language in LANGUAGES if fields[f"answer-{language}"] and fields[f"answer-{language}"] != old[f"answer-{language}"]
    ]
    source = next((_source(line) for line in _lines(fields["sources"])), Source(""))
    return Draft(
        id=fields["id"],
        topic=fields["topic"],
        title={language: text for language in LANGUAGES if (text := fields[f"title-{language}"]) and text != old[f"title-{language}"]},
        answer={language: fields[f"answer-{language}"] for language in changed},
        source=source.name,
        date=fields["as_of"],
        links=_lines(fields["links"]),
    )


def wrong_with(entry: Entry, known: Collection[str], today: dt.date, *, is_new: bool = False) -> dict[str, Phrase]:
    """What has to be mended before an entry can be published, by field; `known` are the ids there are."""
    wrong: dict[str, Phrase] = {}
    if not _ID.match(entry.id) or len(entry.id) > LONGEST_ID:
        wrong["id"] = _("A short name has at most {n} small letters, digits and hyphens, as in ati-delay.", n=LONGEST_ID)
    elif is_new and entry.id in known:
        wrong["id"] = _("There is an entry of this name already. Open it and change it there.")
    if entry.topic not in TOPICS:
        wrong["topic"] = _("Choose a subject.")
    if not entry.answer:
        wrong["answer-ar"] = _("Write the answer in at least one language.")
    for language in entry.answer:
        wrong |= _wrong_with_words(language, entry.title.get(language, ""), entry.answer[language])
    for language in entry.title:
        if language not in entry.answer:
            wrong[f"answer-{language}"] = _("There is a title in this language, but no answer.")
    date = _DATE.match(entry.as_of)
    if date is None:
        wrong["as_of"] = _("Write the month when the facts were checked, as in 2026-11.")
    elif entry.as_of > f"{today:%Y-%m}"[: len(entry.as_of)]:
        wrong["as_of"] = _("This month is still to come.")
    if not entry.sources or not all(source.name for source in entry.sources):
        wrong["sources"] = _("Say where the facts come from: no answer without a source.")
    if len(entry.links) > MOST_LINKS:
        wrong["links"] = _("At most {n} links fit under an answer.", n=MOST_LINKS)
    elif bad := [link for link in entry.links if not is_link(link)]:
        wrong["links"] = _("This is not a web address: {address}", address=bad[0])
    if missing := [other for other in entry.next if other not in known or other == entry.id]:
        wrong["next"] = _("There is no other entry of this name: {name}", name=missing[0])
    if not wrong:
        for mistake in check_answer(entry, today, TOPICS):  # what the rules of the files know beyond this
            wrong[mistake.field.replace(".", "-")] = _("This cannot be published: {what}", what=mistake.what)
    return wrong


def _wrong_with_words(language: str, title: str, answer: str) -> dict[str, Phrase]:
    wrong: dict[str, Phrase] = {}
    if not title:
        wrong[f"title-{language}"] = _("Buttons show a title: write one in your own words, without names.")
    elif len(title) > LONGEST_TITLE:
        wrong[f"title-{language}"] = _("{n} characters, at most {most} fit on a button.", n=len(title), most=LONGEST_TITLE)
    elif title.endswith("."):
        wrong[f"title-{language}"] = _("A title has no full stop.")
    if len(answer) > LONGEST_ANSWER:
        wrong[f"answer-{language}"] = _("{n} characters, at most {most} can be read on a phone.", n=len(answer), most=LONGEST_ANSWER)
    elif "://" in answer:
        wrong[f"answer-{language}"] = _("Web addresses belong into the links, not into the answer.")
    return wrong


def same(one: Entry | None, other: Entry) -> bool:
    """Whether two entries are found by the same questions, so that nothing has to be rehearsed."""
    return one is not None and one.examples == other.examples


def _lines(text: str) -> tuple[str, ...]:
    return tuple(" ".join(line.split()) for line in text.splitlines() if line.strip())


def _source(line: str) -> Source:
    name, _bar, date = line.partition("|")
    return Source(name.strip(), date.strip())
