"""A person's own proposals: where each stands, and everything its author may do about it, also from another channel by its code."""

from __future__ import annotations

import datetime as dt

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Button, Outgoing
from bot.phrases import Paragraphs, Phrase, Text, _, _n
from civic import claims, working_days
from civic.proposals import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_FILES,
    SHORTEST_TEXT,
    SHORTEST_TITLE,
    Draft,
    Proposal,
    State,
    may_appeal,
    may_correct,
    may_withdraw,
    number_in,
)
from civic.working_days import Promise
from handlers.proposal_pages import about, official_answer, promised, question_of, reason_of, state, supporters, timeline, titled
from handlers.proposal_words import EVERYWHERE, REGION_NAMES, THEME_NAMES, ask_region, ask_theme
from storage import attachments, backing, proposals, steps

A_PAGE = 6
LONGEST_REPLY = 2000
LONGEST_REASON, SHORTEST_REASON = 1000, 20
LONGEST_CODE = 40


@feature("proposals", command="proposals", summary=_("My proposals"), is_linkable=True)
def mine(talk: Talk) -> Outgoing:
    """Own and followed proposals, or one of them with all that happened to it."""
    if (number := number_in(talk.argument)) is not None:
        found = _own(talk, number)
        return _gone(talk) if found is None else one(talk, found)
    before = number_in(talk.argument.removeprefix("before-"))
    page = proposals.of_author(talk.db, talk.person.id, A_PAGE + 1, before)
    buttons = [titled(talk, found, "proposals") for found in page[:A_PAGE]]
    if len(page) > A_PAGE:
        buttons.append(talk.button(_("More"), "proposals", f"before-{page[A_PAGE - 1].number}"))
    lines: list[Text] = [
        Paragraphs((_("{number}: {title}", number=found.reference, title=found.title), state(found)), "\n") for found in page[:A_PAGE]
    ]
    if before is None:
        followed = proposals.all_of(talk.db, backing.followed_by(talk.db, talk.person.id, A_PAGE))
        others = [found for found in followed if found.author != talk.person.id]
        holding = {found.number for found in others if talk.person.id in backing.holders(talk.db, found.number)}
        seen = [found for found in others if found.is_public or found.number in holding]
        if seen:
            lines.append(_("You follow or support:"))
            lines += [Paragraphs((_("{number}: {title}", number=found.reference, title=found.title), state(found)), "\n") for found in seen]
            buttons += [titled(talk, found, "proposals" if found.number in holding else "proposal") for found in seen]
    opening = _("Your proposals:") if page else _("You have not sent a proposal yet.")
    return talk.end(
        Paragraphs((opening, *lines)),
        buttons=[
            *buttons,
            talk.button(_("Follow with a code"), "claim"),
            talk.button(_("Submit a proposal"), "propose"),
            talk.button(_("Menu"), "menu"),
        ],
    )


@feature("claim", command="claim", summary=_("Follow a proposal with its code"), gives_way=True, is_linkable=True, link="c")
def claim(talk: Talk) -> Outgoing:
    """Follow an anonymous proposal with its code, from any channel; whoever has the code is told what its author is told."""
    text = talk.argument or talk.words("code", _("Please write the code you were given."), longest=LONGEST_CODE)
    code = claims.read(text)
    found = proposals.find_by_claim(talk.db, code) if code else None
    if found is None:
        return talk.end(
            _("No proposal has this code. It has twelve letters and digits, such as {example}.", example="K7PM-2XQR-90AB"),
            buttons=[talk.button(_("Try again"), "claim"), talk.button(_("Menu"), "menu")],
        )
    if found.author != talk.person.id:
        backing.follow(talk.db, found.number, talk.person.id, talk.now, is_own=True)
    return one(talk, found, _("You follow {number} here from now on.", number=found.reference))


@feature("reply")
def reply(talk: Talk) -> Outgoing:
    """Answer a moderator's question; the proposal waits for a moderator again."""
    found = _own(talk, number_in(talk.argument))
    if found is None:
        return _gone(talk)
    if found.state is not State.ASKED:
        return one(talk, found, _("No question is open about it."))
    question = question_of(talk.db, found.number)
    words = talk.words(
        "words",
        Paragraphs((_("The question about {number}:", number=found.reference), question, _("What is your answer?"))),
        longest=LONGEST_REPLY,
    )
    promise = _promise(talk)
    proposals.change(talk.db, found, talk.now, state=State.WAITING, promised=promise.day, missed_at=None)
    steps.note(talk.db, found.number, talk.now, "replied", "author", words)
    return _done(talk, found, Paragraphs((_("Thank you. A moderator reads your answer next."), promised(promise))))


@feature("correct", seldom=("theme", "region"))
def correct(talk: Talk) -> Outgoing:
    """Correct a proposal that is not published, and send it again."""
    found = _own(talk, number_in(talk.argument))
    if found is None:
        return _gone(talk)
    if not may_correct(found):
        return one(talk, found, _("It cannot be corrected any more."))
    talk.offer("title", found.title)
    title = talk.words("title", _("What is the title now?"), shortest=SHORTEST_TITLE, longest=LONGEST_TITLE, label=_("Title"))
    talk.offer("text", found.text)
    text = talk.words("text", _("What is the text now?"), shortest=SHORTEST_TEXT, longest=LONGEST_TEXT, label=_("Text"))
    room = MOST_FILES - len(attachments.of(talk.db, found.number))
    files = (
        talk.documents(
            "files", _n("You can add {n} picture or document.", "You can add up to {n} pictures or documents, all at once.", room),
            most=room, optional=True, label=_("Files"),
        )
        if room > 0
        else ()
    )  # fmt: skip
    talk.take("theme", found.theme)
    theme = ask_theme(talk)
    talk.take("region", found.region or EVERYWHERE)
    region = ask_region(talk)
    more = (_n("{n} file", "{n} files", len(files)),) if files else ()
    where = Paragraphs((THEME_NAMES[theme], REGION_NAMES.get(region, _("The whole country"))), " · ")
    talk.review(Paragraphs((where, title, text, *more)), send=_("Send"), change=("title", "text", "theme", "region", "files"))
    promise = _promise(talk)
    draft = Draft(
        kind=found.kind,
        theme=theme,
        title=title,
        text=text,
        language=found.language,
        about=found.about,
        region="" if region == EVERYWHERE else region,
        spot=found.spot,
        name=found.name,
    )
    proposals.correct(talk.db, found, draft, promise.day, talk.now)
    attachments.want(talk.db, found.number, talk.channel, files, talk.now)
    return _done(talk, found, Paragraphs((_("Thank you. A moderator reads the new text next."), promised(promise))))


@feature("appeal")
def appeal(talk: Talk) -> Outgoing:
    """Ask once for a second look, by another moderator, at a rejection or an official answer."""
    found = _own(talk, number_in(talk.argument))
    if found is None:
        return _gone(talk)
    if not may_appeal(found):
        return one(talk, found, _("A second look can be asked for once, after a rejection or an official answer."))
    reason = talk.words(
        "reason",
        _("What did the decision about {number} miss? Another moderator will read it. This can be asked for once.", number=found.reference),
        shortest=SHORTEST_REASON,
        longest=LONGEST_REASON,
        label=_("Reason"),
    )
    talk.review(reason, send=_("Send"), change=("reason",))
    promise = _promise(talk)
    back_to = State.PUBLISHED if found.state is State.ANSWERED else State.WAITING  # what is public stays so until it is decided
    proposals.change(talk.db, found, talk.now, state=back_to, appealed_at=talk.now, promised=promise.day, missed_at=None)
    steps.note(talk.db, found.number, talk.now, "appealed", "author", reason)
    return _done(talk, found, Paragraphs((_("Thank you. A moderator who did not decide before will look at it."), promised(promise))))


@feature("withdraw")
def withdraw(talk: Talk) -> Outgoing:
    """Take a proposal back, for good."""
    found = _own(talk, number_in(talk.argument))
    if found is None:
        return _gone(talk)
    if not may_withdraw(found):
        return one(talk, found, _("It cannot be withdrawn any more."))
    is_meant = talk.yes(
        "sure", _("Withdraw {number} for good? Nobody will read it any more: {title}", number=found.reference, title=found.title)
    )
    if not is_meant:
        return one(talk, found, _("Nothing was changed."))
    proposals.change(talk.db, found, talk.now, state=State.WITHDRAWN, promised=None)
    steps.note(talk.db, found.number, talk.now, "withdrawn", "author")
    return _done(talk, found, _("{number} is withdrawn.", number=found.reference))


def one(talk: Talk, found: Proposal, word: Text = "") -> Outgoing:
    """All that its author may know of a proposal, and may do about it."""
    parts: list[Text] = [word, _("{number}: {title}", number=found.reference, title=found.title), found.text]
    lines = Paragraphs(tuple(about(talk.db, found, talk.language)), "\n")
    standing: list[Text] = [state(found)]
    if found.promised is not None and found.state in (State.WAITING, State.PUBLISHED):
        standing.append(_stands(found, talk.now))
    parts += [lines, Paragraphs(tuple(standing), "\n")]
    if found.state is State.ASKED:
        parts += [_("A moderator asks:"), question_of(talk.db, found.number)]
    if found.state is State.REJECTED:
        parts += reason_of(talk.db, found.number)
    if found.is_public:
        parts.append(supporters(found))
        parts += official_answer(talk.db, found.number, talk.language)
    parts.append(timeline(talk.db, found, talk.language))
    if files := attachments.of(talk.db, found.number):
        parts.append(_n("{n} file", "{n} files", len(files)))
    return talk.end(Paragraphs(tuple(parts)), buttons=_ways_on(talk, found))


def _ways_on(talk: Talk, found: Proposal) -> list[Button]:
    number = str(found.number)
    ways: list[tuple[bool, Phrase, str, str]] = [
        (found.state is State.ASKED, _("Answer the question"), "reply", number),
        (may_correct(found), _("Correct it"), "correct", number),
        (may_appeal(found), _("Ask for a second look"), "appeal", number),
        (found.is_public, _("See it as others do"), "proposal", number),
        (found.merged_into is not None, _("See the other proposal"), "proposal", str(found.merged_into)),
        (may_withdraw(found), _("Withdraw it"), "withdraw", number),
    ]
    buttons = [talk.button(label, name, argument) for is_possible, label, name, argument in ways if is_possible]
    return [*buttons, talk.button(_("My proposals"), "proposals"), talk.button(_("Menu"), "menu")]


def _stands(found: Proposal, now: dt.datetime) -> Phrase:
    if found.promised is not None and found.promised < now.date():
        return _("An answer was promised by {date}. That day has passed; it is not forgotten.", date=found.promised)
    return promised(working_days.until(now.date(), found.promised or now.date()))


def _promise(talk: Talk) -> Promise:
    return working_days.after(talk.now.date(), talk.terms.promise_days)


def _done(talk: Talk, found: Proposal, word: Text) -> Outgoing:
    return talk.end(word, buttons=[talk.button(_("See it"), "proposals", str(found.number)), talk.button(_("Menu"), "menu")])


def _own(talk: Talk, number: int | None) -> Proposal | None:
    """A proposal of this person's, or one whose code was shown; nobody else's."""
    found = proposals.find(talk.db, number) if number is not None else None
    if found is None or not (found.author == talk.person.id or talk.person.id in backing.holders(talk.db, found.number)):
        return None
    return found


def _gone(talk: Talk) -> Outgoing:
    return talk.end(
        _("This is not one of your proposals. With its code you can follow it from here."),
        buttons=[
            talk.button(_("Follow with a code"), "claim"),
            talk.button(_("My proposals"), "proposals"),
            talk.button(_("Menu"), "menu"),
        ],
    )
