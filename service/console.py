"""`hiwar console`: talk with Hiwar in the terminal or through a pipe, one message a line."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
import sys

import sqlalchemy as sa

from bot.answers import folded
from bot.messages import ButtonKind, Incoming, Shown
from channels.console import NAME, Console, written
from handlers.turn import Answered
from service.running import refuse_half_rotated, running
from service.settings import Settings
from service.wiring import Program, open_program
from storage import lines, people


async def talk(settings: Settings, person: str, language: str) -> int:
    """Read messages from standard input until it ends, write the replies; the talk goes on where an earlier call stopped."""
    with running(settings.data):
        refuse_half_rotated(settings.key_path)
        return await _talk(settings, person, language)


async def _talk(settings: Settings, person: str, language: str) -> int:
    async with open_program(settings, more_channels={NAME: Console()}) as program:
        if language:
            await program.ledger.write(_speak, person, language, program.now())
        if sys.stdin.isatty():
            print("Write to Hiwar; Ctrl+D ends. A button is pressed by its number or its label.", file=sys.stderr)  # noqa: T201
        shown = await _last_shown(program, person)
        while line := await asyncio.to_thread(_read_line):
            said = line.strip()
            if not said:
                continue
            answered = await program.reception.receive(_incoming(person, said, shown, program.now()))
            shown = _print(answered) or shown
    return 0


def _incoming(person: str, said: str, shown: tuple[Shown, ...], at: dt.datetime) -> Incoming:
    """A line as a message; the label of a button in sight presses it."""
    wanted = folded(said)
    buttons = [button for message in shown for button in message.buttons if button.kind is ButtonKind.REPLY]
    pressed = next((button.data for button in reversed(buttons) if folded(button.label) == wanted), "")
    event = secrets.token_hex(8)
    return Incoming(channel=NAME, event=event, address=person, at=at, text="" if pressed else said, pressed=pressed, message=event)


def _print(answered: Answered) -> tuple[Shown, ...]:
    for shown in answered.shown:
        print(written(shown), flush=True)  # noqa: T201
    return answered.shown


def _read_line() -> str:
    if sys.stdin.isatty():
        print("> ", end="", file=sys.stderr, flush=True)  # noqa: T201
    return sys.stdin.readline()


def _speak(db: sa.Connection, person: str, language: str, at: dt.datetime) -> None:
    known = people.find_by_address(db, NAME, person) or people.meet(db, NAME, person, at)
    people.set_language(db, known.id, language, chosen=True)


async def _last_shown(program: Program, person: str) -> tuple[Shown, ...]:
    """What an earlier call showed last, so that its buttons can still be pressed by label."""
    async with program.reader.connect() as db:
        known = await db.run_sync(people.find_by_address, NAME, person)
        if known is None:
            return ()
        said = await db.run_sync(lines.after, known.id, 0, 10)
    return tuple(line.said.shown for line in said if line.side == "bot")
