"""Browse what was promised: the national plans, their commitments, and the plans of the House and of local members."""

from __future__ import annotations

from collections.abc import Iterable

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Outgoing
from bot.phrases import Paragraphs, Phrase, Text, _
from civic.commitments import Commitment, HousePlan, LocalPlan, Plan, Progress, Rating, Theme, Undertaking
from handlers.sources import A_PAGE, headed, named, page, paged, period, said, shown_in, site, source_site, sourced, when
from storage import records

OTHERS = "others"  # the argument for the plans that are not national
# Translators: IRM is the Independent Reporting Mechanism of the Open Government Partnership; a heading.
EVALUATION = _("Independent evaluation (IRM, the reporting mechanism of OGP)")


@feature("commitments", menu=_("Commitments"), command="commitments", summary=_("Commitments of the action plans"), is_linkable=True)
def commitments(talk: Talk) -> Outgoing:
    """The plans; or, by the argument, one plan "<plan>--<page>", one commitment, or a plan of the House or of a local member."""
    name, number = paged(talk.argument)
    if name == OTHERS:
        return _others(talk)
    if plan := records.find(talk.db, Plan, name):
        return _plan(talk, plan, number, is_list=name != talk.argument)
    if commitment := records.find(talk.db, Commitment, name):
        return _commitment(talk, commitment)
    if house := records.find(talk.db, HousePlan, name):
        parts: tuple[Text, ...] = (named(talk, house.title), said(talk, house.lead_institution))
        return _with_undertakings(talk, house, Paragraphs(parts, "\n"), "")
    if local := records.find(talk.db, LocalPlan, name):
        return _with_undertakings(talk, local, named(talk, local.member), local.url)
    return _plans(talk)


def _plans(talk: Talk) -> Outgoing:
    plans = records.of_kind(talk.db, Plan)
    if not plans:
        return talk.end(_("There is nothing to show here yet."), buttons=[talk.button(_("Menu"), "menu")])
    newest_first = reversed(plans)
    return talk.end(
        _("Which plan? Each one is a list of commitments that Morocco made as a member of the Open Government Partnership."),
        buttons=[
            *(talk.button(said(talk, plan.title), "commitments", plan.id) for plan in newest_first),
            talk.button(_("Parliament, regions, municipalities"), "commitments", OTHERS),
            talk.button(_("Questions and answers"), "topics", "commitments"),
        ],
    )


def _others(talk: Talk) -> Outgoing:
    houses, locals_ = records.of_kind(talk.db, HousePlan), records.of_kind(talk.db, LocalPlan)
    return talk.end(
        _("Parliament, regions and municipalities have plans of their own. Which one?"),
        buttons=[
            *(talk.button(said(talk, house.title), "commitments", house.id) for house in houses),
            *(talk.button(said(talk, local.member), "commitments", local.id) for local in locals_),
            talk.button(_("All plans"), "commitments"),
        ],
    )


def _plan(talk: Talk, plan: Plan, number: int, *, is_list: bool) -> Outgoing:
    """A page of a plan's commitments; under what is known of the plan, unless the person comes for the list alone."""
    known = _of_plan(talk, plan.id)
    parts: list[Text] = shown_in(talk, plan.summary)
    parts.append(named(talk, plan.title))
    if not is_list:
        parts += [_state(plan), said(talk, plan.summary), *_rates(talk, plan.progress)]
        if plan.evaluation:
            parts.append(headed(EVALUATION, said(talk, plan.evaluation)))
        parts.append(said(talk, plan.missing))
    parts.append(_("Choose a commitment. Known here: {known} of {all}.", known=len(known), all=plan.commitments))
    buttons = [talk.button(said(talk, commitment.title), "commitments", commitment.id) for commitment in known]
    return talk.end(
        Paragraphs(tuple(parts)),
        buttons=[
            *page(talk, "commitments", plan.id, number, buttons),
            talk.button(_("All plans"), "commitments"),
            talk.link(site(plan.url), plan.url),
        ],
        note=sourced(plan.sources, plan.as_of, plan.url),
    )


def _of_plan(talk: Talk, plan: str) -> list[Commitment]:
    return [commitment for commitment in records.of_kind(talk.db, Commitment) if commitment.plan == plan]


def _state(plan: Plan) -> Phrase:
    return _("This plan is under way.") if plan.state == "running" else _("This plan has ended.")


def _commitment(talk: Talk, commitment: Commitment) -> Outgoing:
    plan = records.find(talk.db, Plan, commitment.plan)
    theme = records.find(talk.db, Theme, commitment.theme)
    parts: list[Text] = shown_in(talk, commitment.summary)
    parts.append(_heading(talk, commitment, plan))
    parts.append(said(talk, commitment.summary))
    facts: list[Text] = []
    if theme is not None:
        facts.append(_("Theme: {theme}", theme=said(talk, theme.title)))
    facts.append(period(commitment.start, commitment.end) if commitment.start else period(commitment.period))
    lead = said(talk, commitment.lead_institution)
    if lead and commitment.lead_basis == "commitment-text":
        facts.append(_("Led by, according to the text of the commitment: {institution}", institution=lead))
    elif lead:
        facts.append(_("Led by: {institution}", institution=lead))
    if plan is not None:
        facts.append(_state(plan))
    parts += [Paragraphs(tuple(facts), "\n"), *_rates(talk, commitment.progress)]
    if commitment.irm:
        judged = (records.find(talk.db, Rating, rating) for rating in commitment.irm)
        lines = "\n".join(f"• {said(talk, rating.text)}" for rating in judged if rating is not None)
        parts.append(headed(EVALUATION, lines))
    parts += [said(talk, commitment.result), said(talk, commitment.missing)]
    place = [one.id for one in _of_plan(talk, commitment.plan)].index(commitment.id)
    return talk.end(
        Paragraphs(tuple(parts)),
        buttons=[
            talk.link(site(commitment.url), commitment.url),
            talk.button(_("Comment on this commitment"), "propose", commitment.id),
            talk.button(_("Commitments of this plan"), "commitments", f"{commitment.plan}--{place // A_PAGE}"),
            talk.button(_("All plans"), "commitments"),
        ],
        note=sourced(commitment.sources, commitment.as_of, commitment.url),
    )


def _heading(talk: Talk, commitment: Commitment, plan: Plan | None) -> Text:
    lines: list[Text] = [named(talk, commitment.title)]
    if talk.language in commitment.translated:
        lines.append(_("The official title in this language was not seen: this one is a plain translation."))
    if plan is not None:
        lines.append(said(talk, plan.title))
    if commitment.number is not None:
        lines.append(_("Commitment number {number}", number=commitment.number))
    return Paragraphs(tuple(lines), "\n")


def _rates(talk: Talk, progress: Iterable[Progress]) -> list[Text]:
    """The declared rates, newest first, each with its date, who declared it and where that was read."""
    newest_first = sorted(progress, key=lambda rate: rate.date, reverse=True)
    lines = [_rate(talk, rate) for rate in newest_first]
    return [Paragraphs(tuple(lines), "\n")] if lines else []


def _rate(talk: Talk, rate: Progress) -> Phrase:
    values: dict[str, object] = {
        "value": rate.value,
        "date": said(talk, rate.when) or when(rate.date),
        "source": source_site(rate.sources),
    }
    by_administration = rate.basis == "administration"
    if rate.scope == "theme" and by_administration:
        return _("Progress of the whole theme, as the administration declared it: {value}% ({date}, {source})", **values)
    if rate.scope == "theme":
        return _("Progress of the whole theme, as civil society sees it: {value}% ({date}, {source})", **values)
    if by_administration:
        return _("Progress, as the administration declared it: {value}% ({date}, {source})", **values)
    return _("Progress, as civil society sees it: {value}% ({date}, {source})", **values)


def _with_undertakings(talk: Talk, plan: HousePlan | LocalPlan, heading: Text, url: str) -> Outgoing:
    """A plan whose commitments are told by their title and page alone."""
    parts: list[Text] = [*shown_in(talk, plan.summary), heading]
    if plan.period:
        parts.append(period(plan.period))
    parts.append(said(talk, plan.summary))
    if plan.commitments:
        parts.append(headed(_("Commitments known here"), _listed(talk, plan.commitments)))
    parts.append(said(talk, plan.missing))
    buttons = [talk.link(promise.ogp_id, promise.url) for promise in plan.commitments]
    if url and url not in [promise.url for promise in plan.commitments]:
        buttons.append(talk.link(site(url), url))
    buttons.append(talk.button(_("Parliament, regions, municipalities"), "commitments", OTHERS))
    return talk.end(
        Paragraphs(tuple(parts)),
        buttons=[*buttons, talk.button(_("All plans"), "commitments")],
        note=sourced(plan.sources, plan.as_of, url),
    )


def _listed(talk: Talk, promises: Iterable[Undertaking]) -> str:
    return "\n".join(f"• {promise.ogp_id}: {said(talk, promise.title)}" for promise in promises)
