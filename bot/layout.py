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
    numbers: bool = False  # a label too long for a button stands in the list, and its number on the button
    devices: frozenset[ButtonKind] = frozenset({ButtonKind.PLACE, ButtonKind.CONTACT})  # what a button can ask of the person's device
    links: int | None = None  # buttons that open addresses a message can carry, None as many as others; past it addresses stand in the text
    linked_text: int | None = None  # how long a text with such buttons may be, where that is less than `text`


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
    shown = _spelled(shown, limits, measure)
    if not shown.files and not shown.buttons and measure(shown.text) + measure(shown.note) + len(GAP) <= limits.text:
        return (shown,)
    shown = _listed(shown, limits, measure)
    files = tuple(
        msgspec.structs.replace(shown, text="", buttons=(), note="", files=shown.files[at : at + limits.files])
        for at in range(0, len(shown.files), limits.files)
    )
    room = limits.text - (measure(shown.note) + len(GAP) if shown.note else 0)
    if shown.files and not (shown.text or shown.note or shown.buttons):
        return files
    texts = _parted(shown.text, room, limits.text, measure)
    parts = [msgspec.structs.replace(shown, text=text, buttons=(), note="", files=()) for text in texts[:-1]]
    return (*files, *parts, msgspec.structs.replace(shown, text=texts[-1], files=()))


def _spelled(shown: Shown, limits: Limits, measure: Callable[[str], int]) -> Shown:
    """The message without the buttons its channel does not have: addresses stand in the text, and places are written."""
    buttons = tuple(
        button for button in shown.buttons if button.kind in (ButtonKind.REPLY, ButtonKind.LINK) or button.kind in limits.devices
    )
    links = [button for button in buttons if button.kind is ButtonKind.LINK]
    text = shown.text
    if links and limits.links is not None:
        length = measure(shown.text) + (measure(shown.note) + len(GAP) if shown.note else 0)
        is_long = limits.linked_text is not None and length > limits.linked_text
        if is_long or len(links) > limits.links or any(measure(button.label) > limits.label for button in links):
            text = "\n".join([text, "", *(f"{button.label}: {button.url}" for button in links)])
            buttons = tuple(button for button in buttons if button.kind is not ButtonKind.LINK)
    return shown if buttons == shown.buttons and text == shown.text else msgspec.structs.replace(shown, text=text, buttons=buttons)


def _listed(shown: Shown, limits: Limits, measure: Callable[[str], int]) -> Shown:
    """The message with its choices as a numbered list in the text, where they do not fit on buttons; what has no number stays a button."""
    if len(shown.buttons) <= limits.buttons and all(measure(button.label) <= limits.label for button in shown.buttons):
        return shown
    asking = tuple(button for button in shown.buttons if button.kind in (ButtonKind.PLACE, ButtonKind.CONTACT))
    if limits.numbers:
        asking += tuple(
            button if measure(button.label) <= limits.label else msgspec.structs.replace(button, label=str(number))
            for number, button in enumerate(_replies(shown), start=1)
        )
    lines = [
        f"{number}. {button.label}" if shown.numbered or limits.numbers else f"– {button.label}"
        for number, button in enumerate(_replies(shown), start=1)
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
