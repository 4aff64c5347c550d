"""Browse what there is to read: the four shelves of the portal and the documents on them."""

from __future__ import annotations

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Outgoing
from bot.phrases import Paragraphs, Text, _
from civic.documents import Document, Shelf
from handlers.language import LANGUAGE_NAMES
from handlers.sources import named, page, paged, said, shown_in, site, sourced
from storage import records


@feature("documents", menu=_("Documents"), command="documents", summary=_("Reports, guides and studies"), is_linkable=True)
def documents(talk: Talk) -> Outgoing:
    """The shelves; or, by the argument, one shelf "<shelf>--<page>" or one document."""
    name, number = paged(talk.argument)
    if shelf := records.find(talk.db, Shelf, name):
        return _shelf(talk, shelf, number)
    if document := records.find(talk.db, Document, name):
        return _document(talk, document)
    shelves = records.of_kind(talk.db, Shelf)
    if not shelves:
        return talk.end(_("There is nothing to show here yet."), buttons=[talk.button(_("Menu"), "menu")])
    return talk.end(
        _("Which documents? I show those whose address is known, and say where to look for the others."),
        buttons=[
            *(talk.button(said(talk, shelf.title), "documents", shelf.id) for shelf in shelves),
            talk.button(_("Questions and answers"), "topics", "documents"),
        ],
    )


def _shelf(talk: Talk, shelf: Shelf, number: int) -> Outgoing:
    here = [document for document in records.of_kind(talk.db, Document) if document.shelf == shelf.id]
    buttons = [talk.button(said(talk, document.title), "documents", document.id) for document in here]
    parts: list[Text] = [*shown_in(talk, shelf.note), named(talk, shelf.title), said(talk, shelf.note)]
    return talk.end(
        Paragraphs(tuple(parts)),
        buttons=[
            *page(talk, "documents", shelf.id, number, buttons),
            talk.link(site(shelf.url), shelf.url),
            talk.button(_("All documents"), "documents"),
        ],
    )


def _document(talk: Talk, document: Document) -> Outgoing:
    heading: list[Text] = [named(talk, document.title)]
    if talk.language in document.translated:
        heading.append(_("The official title in this language was not seen: this one is a plain translation."))
    facts: list[Text] = [
        _("Published by: {publisher}", publisher=said(talk, document.publisher)),
        _("Year: {year}", year=document.year),
        *(_("Written in: {language}", language=LANGUAGE_NAMES[language]) for language in document.languages if language in LANGUAGE_NAMES),
    ]
    parts: list[Text] = [*shown_in(talk, document.title), Paragraphs(tuple(heading), "\n"), Paragraphs(tuple(facts), "\n")]
    parts.append(said(talk, document.note))
    shelf = records.find(talk.db, Shelf, document.shelf)
    back = [talk.button(said(talk, shelf.title), "documents", shelf.id)] if shelf else []
    return talk.end(
        Paragraphs(tuple(parts)),
        buttons=[talk.link(site(document.url), document.url), *back, talk.button(_("All documents"), "documents")],
        note=sourced(document.sources, document.as_of, document.url),
    )
