"""Fits what the bot says to what a channel can carry; nothing is cut silently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import msgspec
import regex

from bot.messages import ButtonKind, Shown, ShownButton


class Unit(StrEnum):
    """What a vendor counts when it limits a text."""

    CODE_POINTS = "code points"
    UTF16 = "UTF-16 units"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one message of a channel can carry, as data; with 0 buttons choices are always a numbered list."""

    text: int
    caption: int
    buttons: int
    label: int
    data: int = 64  # bytes a button can carry back
    unit: Unit = Unit.CODE_POINTS
    row: int = 1  # buttons side by side
    files: int = 1


GAP = "\n\n"  # between text and note; a channel that parts them otherwise needs no more room

_MEASURE: dict[Unit, Callable[[str], int]] = {
    Unit.CODE_POINTS: len,
    Unit.UTF16: lambda text: len(text.encode("utf-16-le")) // 2,
    Unit.BYTES: lambda text: len(text.encode()),
}
# Where a text may be parted, best first: between paragraphs, lines, sentences (Latin, Arabic and Tifinagh signs), words.
_BOUNDARIES = (r"\n{2,}", r"\n", r"(?<=[.!?؟؛…])\s+", r"\s+")
_LINK = regex.compile(r"https?://\S+")


def fit(shown: Shown, limits: Limits) -> tuple[Shown, ...]:
    """One message as the parts a channel can carry, in order: buttons and note on the last, files one by one before it.

    Buttons beyond the limit, or with labels too long, become a numbered list. Text is parted between paragraphs,
    sentences or words, never inside a link or a grapheme.
    """
    measure = _MEASURE[limits.unit]
    if not shown.files and not shown.buttons and measure(shown.text) + measure(shown.note) + len(GAP) <= limits.text:
        return (shown,)
    shown = _listed(shown, limits, measure)
    files = tuple(
        msgspec.structs.replace(shown, text="", buttons=(), note="", files=shown.files[at : at + limits.files])
        for at in range(0, len(shown.files), limits.files)
    )
    room = limits.text - (measure(shown.note) + len(GAP) if shown.note else 0)
    texts = _parted(shown.text, room, limits.text, measure)
    parts = [msgspec.structs.replace(shown, text=text, buttons=(), note="", files=()) for text in texts[:-1]]
    return (*files, *parts, msgspec.structs.replace(shown, text=texts[-1], files=()))


def _listed(shown: Shown, limits: Limits, measure: Callable[[str], int]) -> Shown:
    """The message with its choices as a numbered list in the text, where they do not fit on buttons; what has no number stays a button."""
    if len(shown.buttons) <= limits.buttons and all(measure(button.label) <= limits.label for button in shown.buttons):
        return shown
    asking = tuple(button for button in shown.buttons if button.kind in (ButtonKind.PLACE, ButtonKind.CONTACT))
    lines = [
        f"{number}. {button.label}" if shown.numbered else f"– {button.label}" for number, button in enumerate(_replies(shown), start=1)
    ]
    lines += [f"{button.label}: {button.url}" for button in shown.buttons if button.kind is ButtonKind.LINK]
    return msgspec.structs.replace(shown, text="\n".join([shown.text, "", *lines]), buttons=asking[: limits.buttons])


def _replies(shown: Shown) -> tuple[ShownButton, ...]:
    return tuple(button for button in shown.buttons if button.kind is ButtonKind.REPLY)


def _parted(text: str, last_room: int, room: int, measure: Callable[[str], int]) -> list[str]:
    """The text in pieces of at most `room`, the last of at most `last_room`."""
    pieces: list[str] = []
    while measure(text) > last_room:
        piece, text = _split(text, room if measure(text) > room else last_room, measure)
        pieces.append(piece)
    return [*pieces, text]


def _split(text: str, room: int, measure: Callable[[str], int]) -> tuple[str, str]:
    """A first piece of at most `room` and the rest, parted at the best boundary in its second half."""
    fitting = _fitting(text, room, measure)
    links = [found.span() for found in _LINK.finditer(text)]
    for boundary in _BOUNDARIES:
        for found in reversed(list(regex.finditer(boundary, text[: fitting + 1]))):
            if fitting // 2 < found.start() <= fitting and found.start() > 0:
                return text[: found.start()].rstrip(), text[found.end() :].lstrip()
    for start, end in links:
        if 0 < start < fitting < end:
            return text[:start].rstrip(), text[start:]
    return text[:fitting], text[fitting:]


def _fitting(text: str, room: int, measure: Callable[[str], int]) -> int:
    """How many code points of the text fit into `room` without parting a grapheme."""
    fitting = used = 0
    for grapheme in regex.finditer(r"\X", text):
        used += measure(grapheme[0])
        if used > room:
            break
        fitting = grapheme.end()
    return max(fitting, 1)
