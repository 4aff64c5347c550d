"""What there is to read: the four shelves of the portal and the documents on them whose links are known."""

from __future__ import annotations

from typing import Literal

import msgspec

from civic.knowledge import Source


class Shelf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shelf of the portal; `note` says where to look for what is not here."""

    id: str
    title: dict[str, str]
    note: dict[str, str]
    url: str
    sources: tuple[Source, ...]


class Document(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One document; `languages` are those it is written in, `translated` those whose title is ours."""

    id: str
    shelf: str
    title: dict[str, str]
    year: str
    url: str
    publisher: dict[str, str]
    languages: tuple[str, ...]
    sources: tuple[Source, ...]
    as_of: str
    translated: tuple[Literal["ar", "fr", "en"], ...] = ()
    note: dict[str, str] = {}


class Library(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of content/documents.yml."""

    shelves: tuple[Shelf, ...]
    documents: tuple[Document, ...]
