"""Published proposals: browse and search them, read one in full with its official answer, support and follow it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Button, Outgoing
from bot.phrases import Paragraphs, Phrase, Text, _, _n
from civic.proposals import PUBLIC, THEMES, Proposal, State, may_support, number_in, reference
from handlers.proposal_pages import supporters, titled, whole
from handlers.proposal_words import REGION_NAMES, THEME_NAMES
from storage import backing, proposals
from storage.proposals import Wanted

A_PAGE = 6  # of titles; with "more" and the ways on still a phone's screen
MOST_FOUND = 10
LONGEST_SEARCH = 100
NEWEST, TOP, BY_THEME, BY_REGION = "new", "top", "themes", "regions"  # arguments of browse
_OFF = "-off"  # behind a number: take it back


@feature(
    "browse", menu=_("Published proposals"), command="browse", summary=_("Read and support published proposals"), is_linkable=True, link="b"
)
def browse(talk: Talk) -> Outgoing:
    """Published proposals in pages: the newest, the most supported, of a theme, of a region."""
    what, _dashes, place = talk.argument.partition("--")
    last = [int(part) for part in place.split("-") if part.isdecimal() and len(part) < 12]
    match what.split("-", 1):
        case ["new"]:
            return _page(talk, what, _("The newest proposals"), proposals.newest(talk.db, _wanted(), A_PAGE + 1, *last[:1]))
        case ["top"]:
            before = (last[0], last[1]) if len(last) == 2 else None
            return _page(talk, what, _("The most supported proposals"), proposals.most_supported(talk.db, _wanted(), A_PAGE + 1, before))
        case ["theme", theme] if theme in THEME_NAMES:
            found = proposals.newest(talk.db, _wanted(theme=theme), A_PAGE + 1, *last[:1])
            return _page(talk, what, _("Proposals on: {theme}", theme=THEME_NAMES[theme]), found)
        case ["region", region] if region in REGION_NAMES:
            found = proposals.newest(talk.db, _wanted(region=region), A_PAGE + 1, *last[:1])
            return _page(talk, what, _("Proposals of the region: {region}", region=REGION_NAMES[region]), found)
        case ["themes"]:
            themes = [talk.button(THEME_NAMES[theme], "browse", f"theme-{theme}") for theme in THEMES]
            return talk.end(_("Which theme?"), buttons=[*themes, _back(talk)])
        case ["regions"]:
            regions = [talk.button(name, "browse", f"region-{region}") for region, name in REGION_NAMES.items()]
            return talk.end(_("Which region?"), buttons=[*regions, _back(talk)])
    return talk.end(
        _("What others have proposed, with the official answers. You can support a proposal and follow what becomes of it."),
        buttons=[
            talk.button(_("The newest"), "browse", NEWEST),
            talk.button(_("The most supported"), "browse", TOP),
            talk.button(_("By theme"), "browse", BY_THEME),
            talk.button(_("By region"), "browse", BY_REGION),
            talk.button(_("Search by words"), "search"),
            talk.button(_("My proposals"), "proposals"),
            talk.button(_("Submit a proposal"), "propose"),
        ],
    )


@feature("search", command="search", summary=_("Search published proposals"), gives_way=True, is_linkable=True)
def search(talk: Talk) -> Outgoing:
    """Published proposals that have every word, or the one whose number was written."""
    words = talk.argument or talk.words("words", _("Which words? A number such as P-12 will do too."), longest=LONGEST_SEARCH)
    number = number_in(words)
    known = proposals.find(talk.db, number) if number is not None else None
    if known is not None and known.is_public:
        return one_in_full(talk, known)
    found = proposals.newest(talk.db, _wanted(words=words), MOST_FOUND + 1)
    if not found:
        return talk.end(
            _("No published proposal has all of these words. Fewer words find more."),
            buttons=[talk.button(_("Search again"), "search"), _back(talk), talk.button(_("Submit a proposal"), "propose")],
        )
    text: Text = _n("{n} proposal found.", "{n} proposals found.", len(found))
    if len(found) > MOST_FOUND:
        text = _("These are the newest {most}. More words find fewer.", most=MOST_FOUND)
    buttons = [titled(talk, one) for one in found[:MOST_FOUND]]
    return talk.end(text, buttons=[*buttons, talk.button(_("Search again"), "search"), _back(talk)])


@feature("proposal", command="proposal", summary=_("Read one proposal"), is_linkable=True, link="p")
def proposal(talk: Talk) -> Outgoing:
    """One published proposal in full; links `p-<number>` lead here."""
    number = number_in(talk.argument)
    found = proposals.find(talk.db, number) if number is not None else None
    if found is None:
        return _not_there(talk)
    if found.is_public:
        return one_in_full(talk, found)
    if _is_own(talk, found):
        return talk.end(
            _("Only you can see {number} for now.", number=found.reference),
            buttons=[talk.button(_("See where it stands"), "proposals", str(found.number))],
        )
    if found.state is State.MERGED and found.merged_into is not None:
        target = reference(found.merged_into)
        return talk.end(
            _("{number} was joined to {target}, which says the same.", number=found.reference, target=target),
            buttons=[talk.button(target, "proposal", str(found.merged_into)), _back(talk)],
        )
    return _not_there(talk)


@feature("support")
def support(talk: Talk) -> Outgoing:
    """Support a published proposal, or take the support back."""
    found, is_off = _meant(talk)
    if found is None or not found.is_public:
        return _not_there(talk)
    if is_off:
        is_gone = backing.take_back(talk.db, found.number, talk.person.id)
        return _noted(talk, found, _("Your support was taken back.") if is_gone else _("You do not support it."))
    if found.author == talk.person.id:
        return _noted(talk, found, _("This is your own proposal: others can support it."))
    if not may_support(found, talk.person.id):
        return _noted(talk, found, _("It has an official answer already and cannot be supported any more."))
    is_new = backing.support(talk.db, found.number, talk.person.id, talk.now)
    word = _("Thank you: you support it now. I will tell you when there is an answer.") if is_new else _("You support it already.")
    return _noted(talk, found, word, talk.button(_("Take back my support"), "support", f"{found.number}{_OFF}"))


@feature("follow")
def follow(talk: Talk) -> Outgoing:
    """Follow a published proposal, or follow it no more."""
    found, is_off = _meant(talk)
    if found is None or not (found.is_public or _is_own(talk, found)):
        return _not_there(talk)
    if is_off:
        backing.unfollow(talk.db, found.number, talk.person.id)
        return _noted(talk, found, _("You do not follow it any more."))
    is_new = backing.follow(talk.db, found.number, talk.person.id, talk.now)
    word = _("You follow it now. I will tell you when something happens.") if is_new else _("You follow it already.")
    return _noted(talk, found, word, talk.button(_("Follow it no more"), "follow", f"{found.number}{_OFF}"))


def _noted(talk: Talk, found: Proposal, word: Phrase, *ways: Button) -> Outgoing:
    """A short word on what was pressed; the proposal itself stands above it in the conversation."""
    heading = _("{number}: {title}", number=found.reference, title=found.title)
    return talk.end(Paragraphs((word, heading)), buttons=[*ways, talk.button(_("See it"), "proposal", str(found.number)), _back(talk)])


def one_in_full(talk: Talk, found: Proposal) -> Outgoing:
    """The whole of a published proposal, and what can be done about it."""
    number = str(found.number)
    buttons = []
    if _is_own(talk, found):
        buttons.append(talk.button(_("See where it stands"), "proposals", number))
    else:
        if backing.supported(talk.db, found.number, talk.person.id):
            buttons.append(talk.button(_("Take back my support"), "support", f"{number}{_OFF}"))
        elif may_support(found, talk.person.id):
            buttons.append(talk.button(_("Support it"), "support", number))
        if backing.follows_it(talk.db, found.number, talk.person.id):
            buttons.append(talk.button(_("Follow it no more"), "follow", f"{number}{_OFF}"))
        else:
            buttons.append(talk.button(_("Follow it"), "follow", number))
    return talk.end(whole(talk.db, found, talk.language), buttons=[*buttons, _back(talk)], note=shared(talk, found))


def shared(talk: Talk, found: Proposal) -> Text:
    """How to show a published proposal to others."""
    if not talk.terms.public_url:
        return ""
    return _("To share it: {link}", link=f"{talk.terms.public_url}/p/{found.number}")


def _wanted(theme: str = "", region: str = "", words: str = "") -> Wanted:
    return Wanted(states=PUBLIC, theme=theme, region=region, words=words)


def _page(talk: Talk, what: str, heading: Phrase, found: Sequence[Proposal]) -> Outgoing:
    """A page of titles; one more than a page was looked for, so that "More" leads somewhere."""
    if not found:
        return talk.end(_("There is nothing to show here yet."), buttons=[_back(talk), talk.button(_("Submit a proposal"), "propose")])
    shown, buttons = found[:A_PAGE], [titled(talk, one) for one in found[:A_PAGE]]
    lines = [_("{number}: {title}", number=one.reference, title=supporters(one)) for one in shown]
    if len(found) > A_PAGE:
        last = shown[-1]
        place = f"{last.supports}-{last.number}" if what == TOP else str(last.number)
        buttons.append(talk.button(_("More"), "browse", f"{what}--{place}"))
    return talk.end(Paragraphs((heading, Paragraphs(tuple(lines), "\n"))), buttons=[*buttons, _back(talk)])


def _back(talk: Talk) -> Button:
    return talk.button(_("Published proposals"), "browse")


def _meant(talk: Talk) -> tuple[Proposal | None, bool]:
    number = number_in(talk.argument.removesuffix(_OFF))
    return (proposals.find(talk.db, number) if number is not None else None), talk.argument.endswith(_OFF)


def _is_own(talk: Talk, found: Proposal) -> bool:
    """Whether the person wrote it, or showed its claim code."""
    return found.author == talk.person.id or talk.person.id in backing.holders(talk.db, found.number)


def _not_there(talk: Talk) -> Outgoing:
    return talk.end(
        _("There is no published proposal with this number."), buttons=[_back(talk), talk.button(_("My proposals"), "proposals")]
    )
