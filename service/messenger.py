"""What Hiwar tells Meta at its start: the page's profile, its subscription, and where to deliver."""

from __future__ import annotations

import asyncio

import structlog

from channels.contract import Failed
from channels.messenger import Messenger
from channels.messenger_profile import Profile, Words
from handlers import profile
from service.wiring import Program
from web.messenger_hook import PATH

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between two tries to set the webhook

log = structlog.get_logger(__name__)


async def introduce(program: Program, messenger: Messenger) -> None:
    """Publish the profile, subscribe the page, and set the webhook where the app's id is known; each failure is logged with what to do."""
    me = await messenger.me()
    if isinstance(me, Failed):
        log.error("messenger_refused", reason=me.reason, what=me.operator)
        if not me.retry:
            return
    for what, made in (("profile", messenger.publish_profile(page_profile(program))), ("subscription", messenger.subscribe())):
        done = await made
        if isinstance(done, Failed):
            log.warning("page_not_set_up", part=what, reason=done.reason, what=done.operator)
    settings, pause = program.settings, FIRST_PAUSE
    if not (settings.public_url and settings.messenger_app):
        return
    verify = settings.messenger_verify_token.get_secret_value()
    while isinstance(result := await messenger.set_webhook(settings.public_url + PATH, verify), Failed):
        log.error("webhook_not_set", channel=messenger.name, reason=result.reason, what=result.operator)
        if not result.retry:
            return
        await asyncio.sleep(max(result.after, pause))
        pause = min(pause * 2, LONGEST_PAUSE)
    log.info("webhook_set", channel=messenger.name)


def page_profile(program: Program) -> Profile:
    """The page's words: Arabic unless the client says otherwise; Meta knows no Tamazight."""

    def words(language: str) -> Words:
        voice = program.voices[language]
        return Words(
            greeting=profile.greeting(voice),
            menu=profile.short_menu(program.house.contents, voice),
            questions=profile.first_questions(voice),
        )

    return Profile(default=words("ar"), languages={language: words(language) for language in ("ar", "fr", "en")})
