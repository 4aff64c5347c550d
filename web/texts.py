"""Text on its way into a page: addresses become links, everything else is escaped. Same pattern as ADDRESS in web/static/chat.js."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

ADDRESS = re.compile(
    r"https?://[^\s<>\"«»]+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\b(?:[a-z0-9-]+\.)+(?:ma|org|com|net)(?![\w.-]*\w)(?:/[^\s<>\"«»]*)?",
    re.IGNORECASE | re.ASCII,  # JavaScript's \w is ASCII too
)
TRAILING = ".,;:!?)]}'،؛؟…\u2066\u2067\u2068\u2069"


def linked(text: str) -> Markup:
    """Escape `text` and turn its web and mail addresses into links that open in a new tab."""
    parts: list[Markup] = []
    start = 0
    for found in ADDRESS.finditer(text):
        shown = found[0].rstrip(TRAILING)
        href = shown if shown.lower().startswith(("http:", "https:")) else f"mailto:{shown}" if "@" in shown else f"https://{shown}"
        parts.append(escape(text[start : found.start()]))
        parts.append(Markup('<a href="{}" dir="ltr" target="_blank" rel="noopener noreferrer">{}</a>').format(href, shown))
        start = found.start() + len(shown)
    parts.append(escape(text[start:]))
    return Markup("").join(parts)
