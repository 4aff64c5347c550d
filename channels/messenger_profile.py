"""What Messenger shows of the page before anyone writes: greeting, "Get started", first questions and the menu, per locale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from channels.contract import Failed, Sent
from channels.messenger_client import Answer, Client
from channels.messenger_errors import read_answer, vendor_down
from channels.messenger_updates import GET_STARTED, SAY

LONGEST_GREETING = 160  # characters; Messenger Profile API
LONGEST_MENU_TITLE = 30
LONGEST_QUESTION = 80
MOST_QUESTIONS = 4  # ice breakers a locale
MOST_MENU = 3  # top-level lines that every version of the apps shows
FIELDS = ("greeting", "get_started", "persistent_menu", "ice_breakers")
LOCALES = {"ar": "ar_AR", "fr": "fr_FR", "en": "en_US"}  # Meta's names; it knows no Tamazight


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The profile in one language."""

    greeting: str
    menu: Mapping[str, str]  # command -> title
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The whole profile: `default` for clients in any other language."""

    default: Words
    languages: Mapping[str, Words] = field(default_factory=dict)


class _Told(msgspec.Struct, gc=False):
    data: tuple[dict[str, object], ...] = ()


_read = msgspec.json.Decoder(_Told).decode


def settings_of(profile: Profile) -> dict[str, object]:
    """The body of `messenger_profile`."""
    words = [("default", profile.default), *((LOCALES[language], inside) for language, inside in profile.languages.items())]
    return {
        "get_started": {"payload": GET_STARTED},
        "greeting": [{"locale": locale, "text": inside.greeting} for locale, inside in words],
        "persistent_menu": [
            {
                "locale": locale,
                "composer_input_disabled": False,
                "call_to_actions": [
                    {"type": "postback", "title": title, "payload": f"/{command}"} for command, title in inside.menu.items()
                ],
            }
            for locale, inside in words
        ],
        "ice_breakers": [
            {"locale": locale, "call_to_actions": [{"question": question, "payload": SAY} for question in inside.questions]}
            for locale, inside in words
        ],
    }


async def publish(client: Client, profile: Profile) -> Sent | Failed:
    """Bring Meta's copy to `profile`, changing only what differs."""
    wanted = settings_of(profile)
    told = await client.call("me/messenger_profile", query={"fields": ",".join(FIELDS)})
    if isinstance(told, Failed):
        return told
    if not told.is_ok:
        return read_answer(told.status, told.body)
    try:
        found = _read(told.body).data
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return vendor_down(unknown=False)
    known = found[0] if found else {}
    different = {name: value for name, value in wanted.items() if known.get(name) != value}
    if not different:
        return Sent()
    if "persistent_menu" in different:
        different["get_started"] = wanted["get_started"]  # Meta takes a menu only with or after it
    answer = await client.call("me/messenger_profile", different)
    if isinstance(answer, Answer):
        return Sent() if answer.is_ok else read_answer(answer.status, answer.body)
    return answer
