"""The kinds of structured records, and how the files of content/ hold them."""

from __future__ import annotations

import msgspec

from civic.bodies import Body
from civic.commitments import Commitment, HousePlan, LocalPlan, Plan, Rating, Register, Theme
from civic.contacts import Contact
from civic.documents import Document, Library, Shelf

Record = Plan | Rating | Theme | Commitment | HousePlan | LocalPlan | Body | Shelf | Document | Contact

KINDS: dict[type[object], str] = {
    Plan: "plan",
    Rating: "rating",
    Theme: "theme",
    Commitment: "commitment",
    HousePlan: "house-plan",
    LocalPlan: "local-plan",
    Body: "body",
    Shelf: "shelf",
    Document: "document",
    Contact: "contact",
}


class Collection(msgspec.Struct, frozen=True):
    """All structured content, by the file that holds it."""

    commitments: Register
    bodies: tuple[Body, ...]
    documents: Library
    contacts: tuple[Contact, ...]

    def records(self) -> tuple[Record, ...]:
        """Every record, each kind in the order of its file."""
        register, library = self.commitments, self.documents
        return (
            *register.plans,
            *register.ratings,
            *register.themes,
            *register.commitments,
            *register.parliament,
            *register.local,
            *self.bodies,
            *library.shelves,
            *library.documents,
            *self.contacts,
        )


NOTHING = Collection(Register((), (), (), (), (), ()), (), Library((), ()), ())
