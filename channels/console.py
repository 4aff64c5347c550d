"""The terminal as a channel, for developers, operators and scripts."""

from __future__ import annotations

from bot.layout import Limits
from bot.messages import ButtonKind, Shown
from channels.contract import Capabilities

NAME = "console"


class Console:
    """Shows buttons as numbered lines; what is said is printed by whoever reads the terminal."""

    name = NAME
    limits = Limits(text=20_000, caption=20_000, buttons=100, label=200)
    capabilities = Capabilities(push=False, keeps=True)

    def instant(self, address: str, part: Shown) -> bytes | None:
        """Never: there is no webhook."""
        return None


def written(shown: Shown) -> str:
    """A message as text: the words, the quiet line, the files by name, and the buttons, with their numbers where a number can be typed."""
    lines = [f"bot: {shown.text}".replace("\n", "\n     ")]
    if shown.note:
        lines.append(f"     ({shown.note})")
    lines += [f"     <{file.name}>" for file in shown.files]
    number = 0
    for button in shown.buttons:
        if button.kind is ButtonKind.REPLY and shown.numbered:
            number += 1
            lines.append(f"     [{number}] {button.label}")
        elif button.kind is ButtonKind.REPLY:
            lines.append(f"     [{button.label}]")
        elif button.kind is ButtonKind.LINK:
            lines.append(f"     <{button.label}> {button.url}")
    return "\n".join(lines)
