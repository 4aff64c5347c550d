"""Subscribe to news: which topics, how often, at which hours; and stop, one topic or all. Nothing else changes a subscription."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Button, Outgoing
from bot.phrases import Paragraphs, Phrase, Text, _
from civic.commitments import Commitment, Plan
from civic.errors import Refusal
from civic.regions import REGIONS
from civic.subscriptions import COMMITMENT, REGION, Habits, Standing, habits
from handlers.news_topics import GENERAL_NAMES, is_known, region_name, topic_name
from handlers.places import another_way
from handlers.sources import page, paged, said
from storage import announcements, people, records, subscriptions

# Translators: how often news are sent; on buttons and in "How often: …".
OFTEN: dict[str, Phrase] = {
    "once": _("At once"),
    "daily": _("Once a day, at 9:00"),
    "weekly": _("Once a week, on Monday at 9:00"),
}
_HOURS = ((21, 8), (20, 9), (22, 7), (0, 0))  # offered as quiet hours; 0 to 0 is none
_QUIET = re.compile(r"quiet-(\d{1,2})-(\d{1,2})\Z")
_OF_ANNOUNCEMENT = re.compile(r"(end|mine)-a(\d{1,18})\Z")


@feature(
    "subscribe",
    command="subscribe",
    summary=_("Receive news, or stop them"),
    is_linkable=True,
    link="sub",
)
def subscribe(talk: Talk) -> Outgoing:
    """What the person is subscribed to; or, by the argument, a topic to subscribe to, one to stop ("off-"), or a choice to make."""
    name, number = paged(talk.argument)
    if found := _OF_ANNOUNCEMENT.match(name):
        return _under_announcement(talk, found[1], int(found[2]))
    if name.startswith("off-"):
        return _end(talk, name.removeprefix("off-"))
    if found := _QUIET.match(name):
        return _set(talk, quiet=(int(found[1]), int(found[2])))
    if name.startswith("often-"):
        return _set(talk, frequency=name.removeprefix("often-"))
    if name == "again":
        subscriptions.resume(talk.db, talk.person.id)
        return _overview(talk, _("News come again from now on."))
    if name in _CHOICES:
        return _CHOICES[name](talk, number)
    if name.startswith("plan-"):
        return _commitments_of(talk, name.removeprefix("plan-"), number)
    if name and is_known(talk.db, name):
        return _begin(talk, name)
    return _overview(talk)


# Subscribing and ending


def _begin(talk: Talk, topic: str) -> Outgoing:
    before = subscriptions.standing(talk.db, talk.person.id)
    name = topic_name(talk.db, topic, talk.language)
    is_new = subscriptions.subscribe(talk.db, talk.person.id, topic, talk.now)
    now = subscriptions.standing(talk.db, talk.person.id)
    done = _("You will receive news about this: {topic}", topic=name) if is_new else _("You receive this already: {topic}", topic=name)
    parts: list[Text] = [done]
    parts.append(Paragraphs((_often(now.habits), _quiet(now.habits)), "\n"))
    buttons = [talk.button(_("Stop this news"), "subscribe", f"off-{topic}"), talk.button(_("My news"), "subscribe", "mine")]
    if before.is_stopped and now.paused:
        parts.append(_("Your earlier topics stay stopped until you say otherwise."))
        buttons.insert(0, talk.button(_("Receive the earlier ones too"), "subscribe", "again"))
    later, ways = another_way(talk)
    return talk.end(Paragraphs((*parts, *later)), buttons=[*buttons, *ways])


def _end(talk: Talk, topic: str) -> Outgoing:
    name = topic_name(talk.db, topic, talk.language)
    if subscriptions.unsubscribe(talk.db, talk.person.id, topic):
        text = _("Done: no more news about this: {topic}", topic=name)
    else:
        text = _("You receive no news about this: {topic}", topic=name)
    return talk.end(text, buttons=[*_undo(talk, topic), talk.button(_("My news"), "subscribe", "mine")])


def _undo(talk: Talk, topic: str) -> list[Button]:
    return [talk.button(_("Receive it again"), "subscribe", topic)] if is_known(talk.db, topic) else []


def _under_announcement(talk: Talk, wish: str, number: int) -> Outgoing:
    """A button under an announcement: "My news", or the end of what brought it. It is counted, and not who pressed it."""
    announcement = announcements.find(talk.db, number)
    if announcement is None:
        return _overview(talk)
    announcements.count(talk.db, number, "stopped" if wish == "end" else "pressed")
    if wish == "mine":
        return _overview(talk)
    audience = announcement.bulletin.audience
    meant = set(audience.topics) | set(audience.regions)
    mine = subscriptions.standing(talk.db, talk.person.id).topics
    topics = [topic for topic in mine if topic in meant or not meant]
    if len(topics) == 1:
        return _end(talk, topics[0])
    if not topics:
        return _overview(talk)
    return _which_to_stop(talk, topics)


def _which_to_stop(talk: Talk, topics: Sequence[str]) -> Outgoing:
    buttons = [talk.button(topic_name(talk.db, topic, talk.language), "subscribe", f"off-{topic}") for topic in topics]
    return talk.end(_("Which news do you no longer want?"), buttons=[*buttons, talk.button(_("Stop everything"), "stop")])


def _set(talk: Talk, *, frequency: str = "", quiet: tuple[int, int] | None = None) -> Outgoing:
    now = subscriptions.standing(talk.db, talk.person.id).habits
    hours = quiet or (now.quiet_from, now.quiet_to)
    try:
        wanted = habits(frequency or now.frequency, *hours)
    except Refusal:
        return _overview(talk)
    subscriptions.set_habits(talk.db, talk.person.id, wanted, talk.now)
    return _overview(talk, _("Done."))


# What there is to choose


def _overview(talk: Talk, first: Text = "") -> Outgoing:
    standing = subscriptions.standing(talk.db, talk.person.id)
    if not standing.topics and not standing.paused:
        return _begin_here(talk, first)
    parts: list[Text] = [first]
    buttons: list[Button] = []
    if standing.is_stopped:
        parts.append(_("You stopped all messages, so no news come. These are your topics:"))
        parts.append(_listed(talk, (*standing.topics, *standing.paused)))
        buttons.append(talk.button(_("Receive them again"), "subscribe", "again"))
        buttons.append(talk.button(_("Choose topics"), "subscribe", "topics"))
        return talk.end(Paragraphs(tuple(parts)), buttons=buttons)
    if standing.topics:
        parts += [_("You receive news about:"), _listed(talk, standing.topics)]
    if standing.paused:
        parts += [_("Stopped for now:"), _listed(talk, standing.paused)]
        buttons.append(talk.button(_("Receive them again"), "subscribe", "again"))
    parts.append(Paragraphs((_often(standing.habits), _quiet(standing.habits)), "\n"))
    buttons += [
        talk.button(_("Add a topic"), "subscribe", "topics"),
        talk.button(_("Stop a topic"), "subscribe", "less"),
        talk.button(_("How often"), "subscribe", "often"),
        talk.button(_("Quiet hours"), "subscribe", "quiet"),
        talk.button(_("Stop everything"), "stop"),
    ]
    return talk.end(Paragraphs(tuple(parts)), buttons=buttons)


def _begin_here(talk: Talk, first: Text) -> Outgoing:
    offered = _topics(talk, 0)
    parts: tuple[Text, ...] = (first, _("I send news only to those who ask for them, and never at night."), offered.text)
    return talk.end(Paragraphs(parts), buttons=offered.buttons)


def _topics(talk: Talk, number: int) -> Outgoing:
    standing = subscriptions.standing(talk.db, talk.person.id)
    mine = () if standing.is_stopped else standing.topics
    buttons = [talk.button(name, "subscribe", topic) for topic, name in GENERAL_NAMES.items() if topic not in mine]
    buttons += [talk.button(_("My region"), "subscribe", "regions"), talk.button(_("A commitment"), "subscribe", "plans")]
    return talk.end(_("What would you like to receive news about?"), buttons=buttons)


def _less(talk: Talk, number: int) -> Outgoing:
    return _which_to_stop(talk, subscriptions.standing(talk.db, talk.person.id).topics)


def _regions(talk: Talk, number: int) -> Outgoing:
    buttons = [talk.button(region_name(region, talk.language), "subscribe", REGION + region) for region in REGIONS]
    return talk.end(_("News of which region?"), buttons=buttons)


def _plans(talk: Talk, number: int) -> Outgoing:
    plans = reversed(records.of_kind(talk.db, Plan))
    buttons = [talk.button(said(talk, plan.title), "subscribe", f"plan-{plan.id}") for plan in plans]
    return talk.end(_("A commitment of which plan?"), buttons=buttons)


def _commitments_of(talk: Talk, plan: str, number: int) -> Outgoing:
    of_plan = [commitment for commitment in records.of_kind(talk.db, Commitment) if commitment.plan == plan]
    buttons = [talk.button(said(talk, commitment.title), "subscribe", COMMITMENT + commitment.id) for commitment in of_plan]
    return talk.end(
        _("News of which commitment?"),
        buttons=[*page(talk, "subscribe", f"plan-{plan}", number, buttons), talk.button(_("All plans"), "subscribe", "plans")],
    )


def _choose_often(talk: Talk, number: int) -> Outgoing:
    buttons = [talk.button(name, "subscribe", f"often-{value}") for value, name in OFTEN.items()]
    return talk.end(_("How often would you like to receive news?"), buttons=buttons)


def _choose_quiet(talk: Talk, number: int) -> Outgoing:
    buttons = []
    for begin, end in _HOURS:
        label = _("From {begin}:00 to {end}:00", begin=begin, end=end) if begin != end else _("No quiet hours")
        buttons.append(talk.button(label, "subscribe", f"quiet-{begin}-{end}"))
    buttons.append(talk.button(_("Other hours"), "quiet_hours"))
    return talk.end(_("Between which hours should no news come? Moroccan time."), buttons=buttons)


_CHOICES = {
    "topics": _topics,
    "less": _less,
    "regions": _regions,
    "plans": _plans,
    "often": _choose_often,
    "quiet": _choose_quiet,
}


@feature("quiet_hours")
def quiet_hours(talk: Talk) -> Outgoing:
    """Quiet hours of one's own choice."""
    begin = talk.number("begin", _("From which hour should no news come? Write a number from 0 to 23."), least=0, most=23)
    end = talk.number("end", _("Until which hour? Write a number from 0 to 23."), least=0, most=23)
    now = subscriptions.standing(talk.db, talk.person.id).habits
    subscriptions.set_habits(talk.db, talk.person.id, Habits(now.frequency, begin, end), talk.now)
    return _overview(talk, _("Done."))


def _listed(talk: Talk, topics: Sequence[str]) -> Text:
    # Translators: one topic in a list.
    return Paragraphs(tuple(_("• {topic}", topic=topic_name(talk.db, topic, talk.language)) for topic in topics), "\n")


def _often(now: Habits) -> Text:
    return _("How often: {often}", often=OFTEN[now.frequency])


def _quiet(now: Habits) -> Text:
    if not now.has_quiet:
        return _("No quiet hours")
    return _("Quiet hours: from {begin}:00 to {end}:00", begin=now.quiet_from, end=now.quiet_to)


@feature("stop", command="stop", summary=_("No more messages"), words=("stop",))
def stop(talk: Talk) -> Outgoing:
    """Stop every message but replies; what was subscribed to is kept, and comes again only when the person says so."""
    standing: Standing = subscriptions.standing(talk.db, talk.person.id)
    people.stop(talk.db, talk.person.id, talk.now)
    text = _("Done: you will get no more messages from me, except answers to what you write here. Your drafts are kept.")
    if not standing.topics:
        return talk.end(text)
    parts = (text, _("Your topics are kept too, should you want the news again."))
    return talk.end(Paragraphs(parts), buttons=[talk.button(_("Receive them again"), "subscribe", "again")])
