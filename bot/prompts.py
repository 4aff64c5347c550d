"""How a question looks: the prompt with its buttons, how far along it is, and the way out."""

from __future__ import annotations

from bot.answers import Choice, Files, NoLongerOffered, YesNo
from bot.conversation import TalkState
from bot.dialogue import BACK, KEEP, LEAVE, OWN_BUTTONS, POCKET, REVIEW, SKIP, Asked, Scene
from bot.features import Feature
from bot.messages import Button, ButtonKind, Outgoing
from bot.phrases import Paragraphs, Text, _


def prompt(asked: Asked, feature: Feature, state: TalkState, scene: Scene) -> Outgoing:
    """How a question looks: why the last reply did not do, the question, what can be pressed, how far along, the way out."""
    question = asked.question
    parts: list[Text] = [asked.refused.phrase] if asked.refused else []
    parts.append(question.text)
    if state.tries > 1 and question.hint is not None:
        parts.append(question.hint)
    if asked.name in state.former and state.former[asked.name] is not None:
        try:
            parts.append(_("Your answer so far: {answer}", answer=question.shown(state.former[asked.name])))
        except NoLongerOffered:
            del state.former[asked.name]
    if state.tries > 2:
        parts.append(_("If you would rather stop here, write “cancel”: your answers are kept."))

    def button(label: Text, value: str, name: str = asked.name) -> Button:
        return Button(label, scene.signer.make(scene.owner, state.id, name, value))

    buttons = [
        button(option.label, option.value) if option.kind is ButtonKind.REPLY else Button(option.label, kind=option.kind)
        for option in question.options
    ]
    if isinstance(question, Files) and state.pocket:
        buttons.append(button(OWN_BUTTONS[POCKET], POCKET))
    if asked.name in state.former:
        buttons.append(button(OWN_BUTTONS[KEEP], KEEP))
    if question.optional:
        buttons.append(button(OWN_BUTTONS[SKIP], SKIP))
    if state.order:
        buttons.append(button(_("Back"), "", BACK))
    if not feature.gives_way:
        buttons.append(button(_("Cancel"), "", LEAVE))
    return Outgoing(
        Paragraphs(tuple(parts)), tuple(buttons), _progress(asked, feature, state), numbered=isinstance(question, Choice | YesNo)
    )


def _progress(asked: Asked, feature: Feature, state: TalkState) -> Text:
    """Step n of m: m counts what was answered on this path, what stands after this question in the source, and what a loop will ask."""
    if asked.name == REVIEW:
        return _("Please check your answers before you send them.")
    step, known = len(state.order) + 1, feature.steps
    if asked.name not in (*known, *asked.ahead):
        return _("Step {n}", n=step)
    reached = max((known.index(name) for name in (*state.order, asked.name) if name in known), default=-1)
    later = [*(name for name in known[reached + 1 :] if name not in feature.seldom), *asked.ahead]
    steps = step + len([name for name in later if name not in (*state.order, asked.name)])
    return _("Step {n} of {m}", n=step, m=steps) if steps > 1 else ""
