"""The built-in web chat: our own channel. Its messages are lines in our tables, which the page fetches."""

from __future__ import annotations

from bot.layout import Limits
from bot.messages import Shown
from channels.contract import Capabilities

NAME = "webchat"


class WebChat:
    """As wide as a page; nothing has to be fitted or sent."""

    name = NAME
    limits = Limits(text=20_000, caption=20_000, buttons=100, label=200, files=10)
    capabilities = Capabilities(push=True, keeps=True)

    def instant(self, address: str, part: Shown) -> bytes | None:
        """Never: the page gets its lines in its own answer."""
        return None
