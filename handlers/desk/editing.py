"""What an editor writes to answer questions, and the entry of the knowledge base that comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from civic.errors import ContentWrong
from civic.knowledge import LANGUAGES, Entry, Source
from storage.questions import OpenQuestion
from understanding.language import Languages, shipped_text
from understanding.text import LANGUAGES as READ
from understanding.text import fold
from understanding.words import Words

# A citizen's words become an example only without what may say who they are: an address, a telephone or identity card number.
_PERSONAL = re.compile(r"@|\d(?:[ .-]?\d){4}", re.ASCII)
LONGEST_EXAMPLE = 200  # characters; a longer message is a story, and teaches the matcher nothing


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An answer as an editor gives it: at the desk, in a YAML file, on the command line."""

    id: str = ""
    topic: str = ""
    title: dict[str, str] = {}
    answer: dict[str, str] = {}
    source: str = ""
    date: str = ""  # YYYY-MM or YYYY: when the facts were checked
    links: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    review: dict[str, str] = {}
    examples: dict[str, tuple[str, ...]] = {}


def joined(draft: Draft, more: Draft) -> Draft:
    """A draft with what another one says put over it, field by field and language by language."""
    return Draft(
        id=more.id or draft.id,
        topic=more.topic or draft.topic,
        title=draft.title | more.title,
        answer=draft.answer | more.answer,
        source=more.source or draft.source,
        date=more.date or draft.date,
        links=more.links or draft.links,
        next=more.next or draft.next,
        review=draft.review | more.review,
        examples=draft.examples | more.examples,
    )


def compose(draft: Draft, before: Entry | None, questions: Sequence[OpenQuestion], others: Iterable[Entry]) -> Entry:
    """The entry that answers questions: a new one, or the one there was with answers replaced; raises ContentWrong.

    What was asked becomes its examples, but for what stands elsewhere already, and for what found this entry and was not
    helped by it.
    """
    others = tuple(others)
    if before is None:
        missing = [field for field in ("id", "topic", "answer", "source", "date") if not getattr(draft, field)]
        if missing:
            raise ContentWrong(f"there is no entry {draft.id or 'with this id'} yet; for a new one this is missing: {', '.join(missing)}")
        before = Entry(id=draft.id, topic=draft.topic, as_of=draft.date, title={}, answer={}, review={}, sources=(), examples={})
    elif draft.topic not in ("", before.topic):
        raise ContentWrong(f"the entry {before.id} belongs to the topic {before.topic}, which does not change")
    if draft.answer and not (draft.source and draft.date):
        raise ContentWrong("an answer needs a source and a date")
    answer = before.answer | draft.answer
    sources = before.sources
    if draft.answer:
        named = Source(draft.source, draft.date)
        sources = (named, *(source for source in sources if source.name != named.name))
    title = before.title | draft.title
    if untitled := [language for language in draft.answer if language not in title]:
        raise ContentWrong(f"a title is missing in {', '.join(untitled)}: it is what buttons show, so write it yourself, without names")
    return msgspec.structs.replace(
        before,
        title=title,
        answer=answer,
        as_of=draft.date if draft.answer else before.as_of,
        review=before.review | dict.fromkeys(draft.answer, "draft") | draft.review,
        sources=sources,
        links=draft.links or before.links,
        next=draft.next or before.next,
        instead={language: before.instead.get(language) or next(iter(answer)) for language in LANGUAGES if language not in answer},
        examples=_examples(draft, before, questions, others),
    )


def _examples(draft: Draft, before: Entry, questions: Sequence[OpenQuestion], others: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    examples = {language: list(texts) for language, texts in before.examples.items()}
    used = {fold(text) for entry in (*others, before) for texts in _texts(entry) for text in texts}
    teller = languages_of(others)
    asked = [(teller.tell(question.text), question.text) for question in questions if question.entry != before.id]
    usable = [(language, text) for language, text in asked if len(text) <= LONGEST_EXAMPLE and not _PERSONAL.search(text)]
    written = [(language, text) for language, texts in draft.examples.items() for text in texts]
    for language, text in (*written, *usable):
        text = " ".join(text.split())
        if language in READ and fold(text) and fold(text) not in used:
            used.add(fold(text))
            examples.setdefault(language, []).append(text)
    return {language: tuple(texts) for language, texts in examples.items()}


def _texts(entry: Entry) -> Iterable[tuple[str, ...]]:
    return (*entry.examples.values(), *entry.held_out.values())


def languages_of(entries: Iterable[Entry]) -> Languages:
    """What tells the language of a question, without building the whole understanding."""
    known = [(text, language) for entry in entries for language, texts in entry.examples.items() for text in texts]
    return Languages([*shipped_text(), *Words.shipped().phrases(), *known])
