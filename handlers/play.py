"""Plays one move in a conversation: runs dialogues, keeps the stack of open talks, and words what the engine itself says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from bot import routing
from bot.buttons import OUTSIDE, Signer
from bot.conversation import Conversation, Reply, TalkState, Trace
from bot.dialogue import LEAVE, RESUME, Asked, Scene, Talk, Told, run, take_back
from bot.features import Contents, Feature
from bot.messages import Button, File, Incoming, Outgoing
from bot.phrases import Paragraphs, Text, Voice, _, _n
from bot.prompts import prompt
from civic.people import Person
from civic.terms import Terms
from storage import conversations

DEEPEST = 3  # talks one inside the other; past it the outermost becomes a draft
DRAFT_DAYS = 30  # how long a draft is kept; scheduler/retention.py deletes older ones


@dataclass(slots=True, kw_only=True)
class Play:
    """One message's move in one conversation, which it changes."""

    db: sa.Connection
    conversation: Conversation
    contents: Contents
    person: Person
    voice: Voice
    incoming: Incoming
    heard: routing.Heard
    now: dt.datetime
    signer: Signer
    owner: str
    new_id: Callable[[], str]
    attempt: Callable[[], AbstractContextManager[None]]
    terms: Terms = field(default_factory=Terms)
    language: str = field(init=False)
    language_chosen: bool = field(init=False, default=False)
    _feature: str = field(init=False, default="")  # the one this move started

    def __post_init__(self) -> None:
        self.language = self.voice.language

    def move(self, move: routing.Move) -> list[Outgoing]:
        """What is said in answer to a move; never nothing, but for what belongs to a message already answered."""
        talk = self._talk
        match move:
            case routing.Answer(question, reply) if talk is not None:
                outgoing = self._answer(talk, question, reply)
            case routing.MoreFiles(question, reply) if talk is not None:
                outgoing = self._more_files(talk, question, reply)
            case routing.GoBack() if talk is not None:
                outgoing = self._go_back(talk)
            case routing.Leave(wish) if talk is not None:
                outgoing = self._leave(talk, wish)
            case routing.Resume(wish) if talk is not None:
                outgoing = self._resume(talk, wish)
            case routing.Start(feature, argument):
                outgoing = self._start(feature, argument)
            case routing.OldButton():
                outgoing = self._again(_("This button belongs to an earlier conversation that is over."))
            case routing.ForeignButton():
                outgoing = self._again(_("This button was not made for you, or it is too old to be used."))
            case routing.UnknownCommand():
                outgoing = self._again(_("I do not know this command."))
            case routing.NothingOpen():
                outgoing = self._again(_("No question is open just now."))
            case routing.Ignore():
                outgoing = []
            case _:
                outgoing = self._again("")
        return self._with_switch(outgoing)

    @property
    def _talk(self) -> TalkState | None:
        return self.conversation.talks[-1] if self.conversation.talks else None

    def _scene(self) -> Scene:
        return Scene(
            db=self.db,
            person=self.person,
            voice=self.voice,
            now=self.now,
            signer=self.signer,
            contents=self.contents,
            owner=self.owner,
            heard=self.heard,
            text=self.incoming.text,
            entry=self.conversation.entry,
            asked=self.conversation.asked,
            channel=self.incoming.channel,
            terms=self.terms,
        )

    # Answers

    def _answer(self, talk: TalkState, question: str, reply: Reply) -> list[Outgoing]:
        """Give a reply to its question and go on; an answer given before is replaced, the rest stands."""
        if talk.aside:
            return self._aside(talk)  # neither an option nor a word for it: ask once more
        earlier = question in talk.answers
        if earlier:
            take_back(talk, question)
        elif question != talk.pending and not talk.pending.startswith("_"):
            return self._again(_("This button belongs to an earlier step."))
        if question == talk.pending or earlier:
            talk.held[question] = reply
        result, told = self._run(talk)
        asked = result if isinstance(result, Asked) and result.name == question else None
        refused = asked.refused if asked else None
        is_unsure = asked and refused and not refused.meant and not asked.question.takes_words
        if is_unsure and routing.interrupts(self.heard, self.incoming, self.contents):
            start = routing.asked(self.incoming, self.heard, self.contents)
            talk.tries = 0
            return self._start(start.feature, start.argument)
        if not refused and self.incoming.message:
            talk.sources[self.incoming.message] = question
        self._trace(talk, question)
        return self._after(talk, result, told)

    def _more_files(self, talk: TalkState, question: str, reply: Reply) -> list[Outgoing]:
        """Add a file to the album it belongs to, without a word: the album has been answered already."""
        if not question:
            talk.pocket = (*talk.pocket, *reply.files)
            return []
        known = msgspec.convert(talk.answers[question] or [], tuple[File, ...])
        take_back(talk, question)
        talk.held[question] = Reply(files=(*known, *reply.files))
        result, told = self._run(talk)
        kept = msgspec.convert(talk.answers.get(question) or talk.former.get(question) or [], tuple[File, ...])
        talk.former.pop(question, None)
        if isinstance(result, Told):
            return self._after(talk, result, told)
        if len(kept) == len(known):  # no room for it, or too large: said once, the others of the album go the same way
            talk.answers[question] = msgspec.to_builtins(known)
            talk.pocket = (*talk.pocket, *reply.files)
            if self.conversation.trace is not None:
                self.conversation.trace.question = ""
            return self._again(_n("Only {n} file of the album could be kept.", "Only {n} files of the album could be kept.", len(known)))
        return []

    def _go_back(self, talk: TalkState) -> list[Outgoing]:
        if talk.aside:
            talk.aside = ""
            return self._continue(talk)
        if not talk.order:
            return self._again(_("This is the first question."))
        take_back(talk, talk.order[-1])
        talk.tries = 0
        return self._continue(talk)

    # Leaving and coming back

    def _leave(self, talk: TalkState, wish: str) -> list[Outgoing]:
        if not wish and (talk.answers or talk.former):
            talk.aside = LEAVE
            return self._aside(talk)
        if wish == "stay":
            talk.aside = ""
            return self._continue(talk)
        self.conversation.talks.pop()
        if not talk.answers and not talk.former:
            return self._back_to_outer(self._over(_("Cancelled. Nothing was kept.")))
        if wish == "delete":
            return self._back_to_outer(self._over(_("Deleted. Nothing was kept.")))
        talk.aside = ""
        conversations.keep_draft(self.db, self.person.id, talk, self.now)
        feature = self.contents.by_name[talk.feature]
        kept = _n("Your draft is kept for {n} day.", "Your draft is kept for {n} days.", DRAFT_DAYS)
        go_on = self._outside(_("Continue my draft"), feature.name)
        return self._back_to_outer(Outgoing(kept, (go_on,), numbered=True))

    def _over(self, text: Text) -> Outgoing:
        return Outgoing(text, (self._outside(_("Menu"), "menu"),), numbered=True)

    def _resume(self, talk: TalkState, wish: str) -> list[Outgoing]:
        talk.aside = ""
        if wish == "continue":
            return self._continue(talk)
        self.conversation.talks.pop()
        if wish == "keep":
            conversations.keep_draft(self.db, self.person.id, talk, talk.kept_at or self.now)
            return self._back_to_outer(self._over(_("Your draft is kept.")))
        if wish == "delete":
            return self._back_to_outer(self._over(_("Deleted. Nothing was kept.")))
        return self._start(self.contents.by_name[talk.feature], talk.wanted or talk.argument)

    def _aside(self, talk: TalkState) -> list[Outgoing]:
        """The engine's own question that waits in a talk."""
        if talk.aside == LEAVE:
            text: Text = _("Do you want to keep what you have written so far?")
            offered: list[tuple[str, Text]] = [("keep", _("Keep it as a draft")), ("delete", _("Delete it")), ("stay", _("Go on"))]
        else:
            text = _("You began this on {day} and did not finish it.", day=(talk.kept_at or talk.started).date())
            offered = [
                ("continue", _("Continue where I stopped")),
                ("anew", _("Start again from the beginning")),
                ("delete", _("Delete it")),
            ]
        buttons = tuple(Button(label, self.signer.make(self.owner, talk.id, talk.aside, value)) for value, label in offered)
        return [Outgoing(text, buttons, numbered=True)]

    # Starting

    def _start(self, feature: Feature, argument: str) -> list[Outgoing]:
        """Begin to talk about something; if it needs no answer, the talk that was open goes on after it."""
        self._feature = feature.name
        outer = self._talk
        if outer is None:
            self.conversation.trace = Trace(self.incoming.at, message=self.incoming.message)
        if outer is not None and outer.feature == feature.name and not argument:
            return self._continue(outer)
        if outer is not None and self.contents.by_name[outer.feature].gives_way:
            self.conversation.talks.pop()
        talk = TalkState(self.new_id(), feature.name, self.now, argument)
        if feature.asks and (draft := conversations.take_draft(self.db, self.person.id, feature.name)):
            talk, talk_kept = draft
            talk.kept_at, talk.aside, talk.wanted = talk_kept, RESUME, argument
            self._push(talk)
            return self._aside(talk)
        self._push(talk)
        result, told = self._run(talk)
        return self._after(talk, result, told)

    def _push(self, talk: TalkState) -> None:
        talks = self.conversation.talks
        if any(open_talk.feature == talk.feature for open_talk in talks):
            older = next(open_talk for open_talk in talks if open_talk.feature == talk.feature)
            talks.remove(older)  # begun again: the new beginning counts
        if len(talks) == DEEPEST:
            conversations.keep_draft(self.db, self.person.id, talks.pop(0), self.now)
        talks.append(talk)

    # Running

    def _run(self, talk: TalkState) -> tuple[Asked | Told, Talk]:
        result, told = run(self.contents.by_name[talk.feature], talk, self._scene(), self.attempt)
        self.conversation.entry, self.conversation.asked = told.entry, told.asked
        if told.speaks:
            self.language, self.language_chosen = told.speaks, True
            self.voice = next(voice for voice in self.voice.others if voice.language == told.speaks)
        return result, told

    def _after(self, talk: TalkState, result: Asked | Told, told: Talk) -> list[Outgoing]:
        """The prompt of the question asked, or the last word and then whatever was interrupted."""
        if isinstance(result, Asked):
            return [prompt(result, self.contents.by_name[talk.feature], talk, self._scene())]
        self.conversation.talks.remove(talk)
        return self._back_to_outer(result.outgoing)

    def _back_to_outer(self, last_word: Outgoing) -> list[Outgoing]:
        outer = self._talk
        return [last_word] if outer is None else [last_word, *self._continue(outer)]

    def _continue(self, talk: TalkState) -> list[Outgoing]:
        """The prompt of a talk once more."""
        if talk.aside:
            return self._aside(talk)
        result, told = self._run(talk)
        return self._after(talk, result, told)

    def _again(self, why: Text) -> list[Outgoing]:
        """Say why a message could not be used, and where the person stands."""
        talk = self._talk
        if talk is None:
            return [self._over(why or _("What would you like to do?"))]
        prompts = self._continue(talk)
        return [replace(prompts[0], text=Paragraphs((why, prompts[0].text))), *prompts[1:]] if why else prompts

    # Small things

    def _outside(self, label: Text, feature: str, argument: str = "") -> Button:
        return Button(label, self.signer.make(self.owner, OUTSIDE, feature, argument))

    def _trace(self, talk: TalkState, question: str) -> None:
        text = self.incoming.text
        trace = self.conversation.trace
        if trace is not None and trace.cut and self.incoming.cut and self.incoming.at - trace.at <= routing.REST_WITHIN:
            text = routing.joined(trace.cut, text)
        self.conversation.trace = Trace(
            self.incoming.at, question, talk.id, text if self.incoming.cut else "", self.incoming.album, self.incoming.message
        )

    def _with_switch(self, outgoing: list[Outgoing]) -> list[Outgoing]:
        """Offer the choice of language once to someone who was answered without having chosen."""
        talked_of_it = {"start", "language"} & {self._feature, *(talk.feature for talk in self.conversation.talks)}
        if not outgoing or self.person.chose_language or self.conversation.switch_offered or talked_of_it:
            return outgoing
        self.conversation.switch_offered = True
        switch = self._outside("العربية · Français · ⵜⴰⵎⴰⵣⵉⵖⵜ · English", "language")
        last = outgoing[-1]
        return [*outgoing[:-1], replace(last, buttons=(*last.buttons, switch))]
