"""Telegram's HTML as its server reads it: a few tags, strictly nested, four named entities."""

from __future__ import annotations

import re

from tests.fakes.telegram_spec import Refusal, bad

TAGS = frozenset("b strong i em u ins s strike del span tg-spoiler a code pre blockquote tg-emoji tg-time".split())  # noqa: SIM905
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ENTITY = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));")
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)?((?:\s+[\w-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>\"']+))?)*)\s*>")


def plain(html: str) -> str:
    """The text a person reads, as Telegram counts it; raises Refusal as the Bot API does."""
    read: list[str] = []
    opened: list[str] = []
    position = 0
    while position < len(html):
        mark = html.find("<", position)
        if mark < 0:
            mark = len(html)
        read.append(_unescaped(html[position:mark]))
        if mark == len(html):
            break
        tag = _TAG.match(html, mark)
        at = len(html[:mark].encode())
        if tag is None or not (tag[2] or tag[1]):
            raise _unparsed(f"Unclosed start tag at byte offset {at}")
        name = (tag[2] or "").lower()
        if tag[1]:
            if not opened:
                raise _unparsed(f"Unexpected end tag at byte offset {at}")
            if name and opened[-1] != name:
                raise _unparsed(f'Unmatched end tag at byte offset {at}, expected "</{opened[-1]}>", found "</{name}>"')
            opened.pop()
        else:
            if name not in TAGS:
                raise _unparsed(f'Unsupported start tag "{name}" at byte offset {at}')
            opened.append(name)
        position = tag.end()
    if opened:
        raise _unparsed(f'Can\'t find end tag corresponding to start tag "{opened[-1]}"')
    return "".join(read).strip()


def _unescaped(text: str) -> str:
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(found: re.Match[str]) -> str:
    if found[3]:
        return _NAMED.get(found[3], found[0])
    code = int(found[1], 16) if found[1] else int(found[2])
    return chr(code) if 0 < code <= 0x10FFFF else found[0]


def _unparsed(words: str) -> Refusal:
    return bad(f"can't parse entities: {words}")
