"""What Morocco has promised: the three national plans, their commitments, and the plans of the House and of local members."""

from __future__ import annotations

from typing import Literal

import msgspec

from civic.knowledge import Source

Confidence = Literal["high", "medium", "low"]
Language = Literal["ar", "fr", "en"]


class Progress(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A rate in percent, as somebody declared it on a date; `scope` says whether it is the plan's, the theme's or the commitment's own."""

    value: int
    date: str
    scope: Literal["plan", "theme", "commitment"]
    basis: Literal["administration", "civil-society"]
    sources: tuple[Source, ...]
    when: dict[str, str] = {}  # the date in words, where the source gives no exact one
    started: int | None = None  # commitments begun by then


class Plan(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One national action plan; `commitments` counts all of them, also those whose title is not known."""

    id: str
    title: dict[str, str]
    period: str
    state: Literal["ended", "running"]
    commitments: int
    summary: dict[str, str]
    missing: dict[str, str]
    url: str
    sources: tuple[Source, ...]
    confidence: Confidence
    as_of: str
    progress: tuple[Progress, ...] = ()
    evaluation: dict[str, str] = {}


class Rating(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One judgement of the independent mechanism, worded for a citizen; commitments name it by its id."""

    id: str
    text: dict[str, str]


class Theme(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An axis of a plan; `inferred` where the numbers under it were not all seen."""

    id: str
    plan: str
    title: dict[str, str]
    numbers: str
    sources: tuple[Source, ...]
    confidence: Confidence
    translated: tuple[Language, ...] = ()
    inferred: bool = False
    progress: tuple[Progress, ...] = ()


class Commitment(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One promise of a national plan; docs/content.md describes each field."""

    id: str
    plan: str
    number: int | None
    title: dict[str, str]
    summary: dict[str, str]
    theme: str
    period: str
    missing: dict[str, str]
    url: str
    sources: tuple[Source, ...]
    confidence: Confidence
    as_of: str
    ogp_id: str = ""
    translated: tuple[Language, ...] = ()
    lead_institution: dict[str, str] = {}
    lead_basis: Literal["", "named", "commitment-text"] = ""
    start: str = ""
    end: str = ""
    irm: tuple[str, ...] = ()
    result: dict[str, str] = {}
    progress: tuple[Progress, ...] = ()


class Undertaking(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One promise inside the plan of the House of Representatives or of a local member."""

    ogp_id: str
    title: dict[str, str]
    url: str
    translated: tuple[Language, ...] = ()
    start: str = ""
    end: str = ""


class HousePlan(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A plan of the House of Representatives; `count` is of all its commitments, known or not."""

    id: str
    title: dict[str, str]
    lead_institution: dict[str, str]
    count: int
    summary: dict[str, str]
    commitments: tuple[Undertaking, ...]
    missing: dict[str, str]
    sources: tuple[Source, ...]
    confidence: Confidence
    as_of: str
    period: str = ""


class LocalPlan(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is known of the plan of a region or municipality that is a member of OGP Local."""

    id: str
    member: dict[str, str]
    summary: dict[str, str]
    missing: dict[str, str]
    url: str
    sources: tuple[Source, ...]
    confidence: Confidence
    as_of: str
    period: str = ""
    commitments: tuple[Undertaking, ...] = ()


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of content/commitments.yml."""

    plans: tuple[Plan, ...]
    ratings: tuple[Rating, ...]
    themes: tuple[Theme, ...]
    commitments: tuple[Commitment, ...]
    parliament: tuple[HousePlan, ...]
    local: tuple[LocalPlan, ...]
