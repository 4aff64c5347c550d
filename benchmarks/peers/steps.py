"""The dialogue for the stacks that have no engine of their own: what a state and a text lead to, and the buttons under a prompt."""

from __future__ import annotations

from benchmarks import dialogue

BACK, CANCEL, SKIP = ("Back", "back"), ("Cancel", "cancel"), ("Skip", "skip")
CHANGE = [("Send", "send"), *((f"Change: {what}", f"change-{what.lower()}") for what in ("Theme", "Title", "Idea", "Picture"))]
HINT = "Please write /idea to begin."
CHECK = "Please check your answers before you send them."

Buttons = list[tuple[str, str]]
Data = dict[str, str]


def themes() -> Buttons:
    return [*((label, value) for value, label in dialogue.THEMES.items()), CANCEL]


def advance(state: str, data: Data, text: str) -> tuple[str, Data, str, Buttons, bool]:
    """The next state, its data, the reply, its buttons, and whether an idea is to be filed now."""
    if text.startswith("/idea"):
        return "theme", {}, dialogue.ASK_THEME, themes(), False
    if state == "theme":
        names = list(dialogue.THEMES)
        if text.isdecimal() and 1 <= int(text) <= len(names):
            return "title", {"theme": names[int(text) - 1]}, f"{dialogue.ASK_TITLE}\n\nStep 2 of 4", [BACK, CANCEL], False
        return "theme", data, dialogue.ASK_THEME, themes(), False
    if state == "title":
        return "body", {**data, "title": text[: dialogue.LONGEST_TITLE]}, f"{dialogue.ASK_BODY}\n\nStep 3 of 4", [BACK, CANCEL], False
    if state == "body":
        return "picture", {**data, "body": text}, f"{dialogue.ASK_PICTURE}\n\nStep 4 of 4", [SKIP, BACK, CANCEL], False
    if state == "picture":
        card = dialogue.card(dialogue.THEMES[data["theme"]], data["title"], data["body"])
        return "review", data, f"{card}\n\n{CHECK}", [*CHANGE, BACK, CANCEL], False
    if state == "review" and text == "1":
        return "", data, dialogue.THANKS, [], True
    return state, data, HINT, [], False
