"""A feature is one thing Hiwar can talk about: a dialogue's function with a name, a place in the menu and the words that start it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from bot.messages import Outgoing
from bot.phrases import Phrase

if TYPE_CHECKING:
    from bot.dialogue import Talk

Tell = Callable[["Talk"], Outgoing]

# What a wish (understanding/words.yml) starts where the feature of its own name does not exist.
_STANDS_IN = {"remark": "propose", "register": "events", "registrations": "events"}

_ASKING = frozenset({"choice", "words", "number", "date", "picture", "pictures", "document", "documents", "place", "contact", "yes"})


@dataclass(frozen=True)
class Feature:
    """A dialogue and how a person comes to it."""

    name: str
    tell: Tell
    menu: Phrase | None = None  # its line in the menu; None keeps it out
    command: str = ""  # "/help" is the command "help"; a-z, 0-9 and _ (Bot API, BotCommand)
    summary: Phrase | None = None  # what the command does, shown by channels that list commands
    words: tuple[str, ...] = ()  # words of command (understanding/words.yml) that start it
    gives_way: bool = False  # not worth going on with when the person turns to something else
    is_linkable: bool = False  # a deep link, or the words after its command, may start it with an argument
    link: str = ""  # its short name in deep links, as "e" in "e-12", beside its own
    seldom: frozenset[str] = frozenset()  # questions that few are asked: they count as a step only once they are

    @cached_property
    def asks(self) -> bool:
        """Whether it asks anything at all, so that there may be a draft of it."""
        return _asks_anything(self.tell)

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The names of its questions in the order of the source, for the progress n/m; a loop's numbered names are not known."""
        return _questions_in(self.tell, set())


@dataclass
class Contents:
    """The table of contents: every feature, by name, command and word."""

    features: tuple[Feature, ...]
    by_name: dict[str, Feature] = field(init=False)
    by_command: dict[str, Feature] = field(init=False)
    by_word: dict[str, Feature] = field(init=False)
    by_link: dict[str, Feature] = field(init=False)

    def __post_init__(self) -> None:
        self.by_name = {feature.name: feature for feature in self.features}
        self.by_command = {feature.command: feature for feature in self.features if feature.command}
        self.by_word = {word: feature for feature in self.features for word in feature.words}
        linkable = [feature for feature in self.features if feature.is_linkable]
        self.by_link = {name: feature for feature in linkable for name in (feature.name, feature.link) if name}

    def wished(self, wish: str) -> Feature | None:
        """The feature a wish of this name asks for, or what stands in for it; None where there is neither."""
        return self.by_name.get(wish) or self.by_name.get(_STANDS_IN.get(wish, ""))


def feature(
    name: str,
    *,
    menu: Phrase | None = None,
    command: str = "",
    summary: Phrase | None = None,
    words: tuple[str, ...] = (),
    gives_way: bool = False,
    is_linkable: bool = False,
    link: str = "",
    seldom: Iterable[str] = (),
) -> Callable[[Tell], Feature]:
    """Make a dialogue's function a feature."""
    return lambda tell: Feature(name, tell, menu, command, summary, words, gives_way, is_linkable, link, frozenset(seldom))


def _questions_in(function: Callable[..., object], seen: set[Callable[..., object]]) -> tuple[str, ...]:
    """The literal names of the questions a function asks, following the functions of its module that it hands its talk to."""
    seen.add(function)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = sorted((node for node in ast.walk(tree) if isinstance(node, ast.Call)), key=lambda call: (call.lineno, call.col_offset))
    names: list[str] = []
    for call in calls:
        match call:
            case ast.Call(func=ast.Attribute(attr=attr), args=[ast.Constant(value=str(name)), *_]) if attr in _ASKING:
                names.append(name)
            case ast.Call(func=ast.Name(id=called), args=[ast.Name(id="talk"), *_]):
                inner = getattr(function, "__globals__", {}).get(called)
                if inspect.isfunction(inner) and inner not in seen:
                    names.extend(_questions_in(inner, seen))
    return tuple(dict.fromkeys(names))


def _asks_anything(function: Callable[..., object]) -> bool:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return bool(_questions_in(function, set())) or any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ASKING for node in ast.walk(tree)
    )
