"""What waited while a person could not be written to: shown when they come back, newest first, before the answer to what they wrote."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from bot.messages import ButtonKind, Shown
from bot.phrases import Paragraphs, Voice, _, _n
from storage.outbox import Kept, Lane

MOST_SHOWN = 10  # the newest; who was away for long is not buried
MOST_APART = 3  # messages of their own, because they have choices of their own


def shown(kept: Sequence[Kept], voice: Voice, *, is_stopped: bool) -> tuple[Shown, ...]:
    """One message with everything that waited, and a few of their own for what has buttons to answer with. Somebody who wants no messages
    gets only what concerns their own case."""
    wanted = [one.shown for one in kept if not is_stopped or one.lane is not Lane.BULK]
    if not wanted:
        return ()
    opening = voice.say(_("While you were away:"))
    newest = wanted[:MOST_SHOWN]
    apart = [one for one in newest if _has_choices(one) or one.files][:MOST_APART]
    merged = [one for one in newest if one not in apart]
    if not merged:  # all of them stand alone: the first one says why it comes now
        return tuple(replace(one, text=f"{opening}\n\n{one.text}" if one is apart[0] else one.text, numbered=False) for one in apart)
    parts = [opening, *(_plain(one) for one in merged)]
    if left := len(wanted) - len(newest):
        parts.append(voice.say(_n("{n} older message is not shown.", "{n} older messages are not shown.", left)))
    links = {button.url: button for one in merged for button in one.buttons if button.kind is ButtonKind.LINK}
    whole = Shown(voice.say(Paragraphs(tuple(parts))), tuple(links.values()), language=voice.language)
    return (whole, *(replace(one, numbered=False) for one in apart))


def _has_choices(one: Shown) -> bool:
    return any(button.kind is ButtonKind.REPLY for button in one.buttons)


def _plain(one: Shown) -> str:
    return f"{one.text}\n{one.note}" if one.note else one.text
