"""News: the latest, by topic, by a search; one read in full, with its picture, to subscribe from and to pass on."""

from __future__ import annotations

import re

from bot.answers import folded
from bot.dialogue import Talk
from bot.features import feature
from bot.messages import Button, File, FileKind, Outgoing
from bot.phrases import Paragraphs, Text, _
from civic.news import News
from handlers.language import LANGUAGE_NAMES
from handlers.news_topics import is_known, topic_name
from handlers.sources import A_PAGE, paged, site
from storage import announcements, news, subscriptions

MOST_SEARCHED = 500  # newest items a search looks through: years of a ministry's news
_ONE = re.compile(r"(share-)?(\d{1,18})(?:-a(\d{1,18}))?\Z")
PICTURE = "news-"  # before the id of a picture in File.ref
_ALL, _TOPICS, _OF = "all", "topics", "t-"


@feature("news", menu=_("News"), command="news", summary=_("The latest news"), is_linkable=True, link="n")
def latest(talk: Talk) -> Outgoing:
    """The latest news; or, by the argument, an item, a page of all or of one topic, or the topics there are."""
    name, number = paged(talk.argument)
    if found := _ONE.match(name):
        item = news.find(talk.db, int(found[2]))
        if item is None or item.state != "published":
            return talk.end(_("This news is not there any more."), buttons=[talk.button(_("All news"), "news")])
        if found[1]:
            return _share(talk, item)
        if found[3]:
            announcements.count(talk.db, int(found[3]), "opened")
        return _read(talk, item)
    if name == _TOPICS:
        return _topics(talk)
    topic = name.removeprefix(_OF) if name.startswith(_OF) else ""
    return _listed(talk, topic, number)


@feature("news_search")
def search(talk: Talk) -> Outgoing:
    """News in which certain words stand."""
    words = talk.words("words", _("Which words should stand in the news?"), longest=100, shortest=2)
    wanted = folded(words).split()
    found = [item for item in news.published(talk.db, most=MOST_SEARCHED) if _holds(item, wanted)]
    again = [talk.button(_("Search again"), "news_search"), talk.button(_("All news"), "news")]
    if not found:
        return talk.end(_("No news with these words: {words}", words=words), buttons=again)
    buttons = [talk.button(item.title_in(talk.language), "news", str(item.id)) for item in found[:A_PAGE]]
    return talk.end(_("News with these words: {words}", words=words), buttons=[*buttons, *again])


def _holds(item: News, wanted: list[str]) -> bool:
    text = folded(" ".join((*item.item.title.values(), *item.item.text.values())))
    return all(word in text for word in wanted)


def _listed(talk: Talk, topic: str, number: int) -> Outgoing:
    items = news.published(talk.db, topic=topic, most=A_PAGE + 1, after=number * A_PAGE)
    buttons = [talk.button(item.title_in(talk.language), "news", str(item.id)) for item in items[:A_PAGE]]
    if len(items) > A_PAGE:
        buttons.append(talk.button(_("More"), "news", f"{_OF + topic if topic else _ALL}--{number + 1}"))
    if topic and is_known(talk.db, topic):
        buttons += _subscribing(talk, (topic,))
    elif not topic:
        buttons += [talk.button(_("By topic"), "news", _TOPICS), talk.button(_("Search the news"), "news_search")] if items else []
        buttons.append(talk.button(_("Subscriptions to news"), "subscribe"))
    if not items:
        return talk.end(_("There is no news yet. You can be told when there is."), buttons=buttons)
    heading = topic_name(talk.db, topic, talk.language) if topic else _("The latest news")
    return talk.end(heading, buttons=buttons)


def _topics(talk: Talk) -> Outgoing:
    used = sorted(news.topics_with_news(talk.db))
    buttons = [talk.button(topic_name(talk.db, topic, talk.language), "news", _OF + topic) for topic in used]
    return talk.end(_("News about what?"), buttons=[*buttons, talk.button(_("All news"), "news")])


def _read(talk: Talk, item: News) -> Outgoing:
    parts: list[Text] = []
    language = item.language_for(talk.language)
    if language != talk.language:
        parts.append(_("This news exists only in {language} for now.", language=LANGUAGE_NAMES[language]))
    parts += [item.title_in(talk.language), item.text_in(talk.language)]
    buttons = [talk.link(site(item.item.url), item.item.url)] if item.item.url else []
    buttons += _subscribing(talk, item.item.topics)
    # Translators: a button under news; it shows an address to pass on.
    buttons += [talk.button(_("Share"), "news", f"share-{item.id}"), talk.button(_("All news"), "news")]
    files = (File(PICTURE + item.picture, FileKind.PICTURE, "", "image/jpeg"),) if item.picture else ()
    note = _("Published on {date}", date=item.published_at.date()) if item.published_at else ""
    return talk.end(Paragraphs(tuple(parts)), buttons=buttons, note=note, files=files)


def _subscribing(talk: Talk, topics: tuple[str, ...]) -> list[Button]:
    """A button for each topic the person does not receive yet, two at the most."""
    standing = subscriptions.standing(talk.db, talk.person.id)
    mine = () if standing.is_stopped else standing.topics
    missing = [topic for topic in topics if topic not in mine and is_known(talk.db, topic)]
    if len(missing) == 1:
        return [talk.button(_("Subscribe"), "subscribe", missing[0])]
    return [
        talk.button(_("Subscribe: {topic}", topic=topic_name(talk.db, topic, talk.language)), "subscribe", topic) for topic in missing[:2]
    ]


def _share(talk: Talk, item: News) -> Outgoing:
    """What to pass on: the title and where it can be read."""
    addresses = talk.addresses(f"n-{item.id}")
    parts: list[Text] = [item.title_in(talk.language), *addresses]
    if not addresses:
        parts.append(_("To read it here, write: {command}", command=f"/news {item.id}"))
    return talk.end(
        Paragraphs(tuple(parts)), buttons=[talk.button(_("Read in full"), "news", str(item.id)), talk.button(_("All news"), "news")]
    )
