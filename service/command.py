"""The command line: `hiwar run`, `console`, `migrate`, `doctor`, `content`, `key` and `letters`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.settings import Settings

# Before numpy is loaded by anything: matrices here are small, and a second BLAS thread only costs.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 when all is well, 1 when not, 2 for a wrong call."""
    wanted = _parser().parse_args(arguments)
    from pydantic import ValidationError

    from service import logs
    from service.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        for mistake in error.errors():
            where = "HIWAR_" + "_".join(str(part) for part in mistake["loc"]).upper()
            print(f"hiwar: the setting {where} cannot be used: {mistake['msg']}. See docs/settings.md.", file=sys.stderr)  # noqa: T201
        return 2
    logs.set_up(settings.log_level, as_json=settings.log_json)
    try:
        return int(wanted.do(settings, wanted))
    except KeyboardInterrupt:
        return 130
    except _expected() as error:
        print(f"hiwar: {error}", file=sys.stderr)  # noqa: T201
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hiwar", description="The chat bot through which citizens talk with their open government.")
    commands = parser.add_subparsers(required=True, metavar="command")

    commands.add_parser("run", help="start everything: web chat, Telegram if there is a token, deliveries").set_defaults(do=_run)
    console = commands.add_parser("console", help="talk with Hiwar in the terminal or through a pipe")
    console.add_argument("--person", default="me", help="who is talking; each name has a conversation of its own")
    console.add_argument("--language", default="", choices=("ar", "fr", "zgh", "en"), help="the language to talk in")
    console.set_defaults(do=_console)
    commands.add_parser("migrate", help="bring the database to the newest schema").set_defaults(do=_migrate)
    commands.add_parser("doctor", help="check token, webhook, clock, disk, database, catalogues and key").set_defaults(do=_doctor)
    content = commands.add_parser("content", help="what Hiwar knows: list or check the files, load them into the database, export it")
    content.add_argument("what", choices=("list", "check", "load", "export"))
    content.add_argument("folder", nargs="?", type=Path, help="where to export to")
    content.add_argument("--json", action="store_true", help="one JSON object a line")
    content.set_defaults(do=_content)
    key = commands.add_parser("key", help="rotate the key that seals personal data; stop every running Hiwar first")
    key.add_argument("what", choices=("rotate",))
    key.set_defaults(do=_key)
    letters = commands.add_parser("letters", help="messages that could not be answered: list, answer again, or drop")
    letters.add_argument("what", choices=("list", "answer", "drop"))
    letters.add_argument("number", nargs="?", type=int)
    letters.set_defaults(do=_letters)
    return parser


def _expected() -> tuple[type[Exception], ...]:
    """Errors whose text is written for an operator."""
    from service.library import ContentWrong
    from service.wiring import ClockWrong
    from storage.sealing import KeyUnreadable, SealBroken
    from storage.upgrade import Newer

    return (ContentWrong, ClockWrong, KeyUnreadable, SealBroken, Newer, OSError)


def _run(settings: Settings, wanted: argparse.Namespace) -> int:
    from service.server import serve

    asyncio.run(serve(settings))
    return 0


def _console(settings: Settings, wanted: argparse.Namespace) -> int:
    from service.console import talk

    return asyncio.run(talk(settings, wanted.person, wanted.language))


def _migrate(settings: Settings, wanted: argparse.Namespace) -> int:
    from service import operations

    return operations.migrate(settings)


def _doctor(settings: Settings, wanted: argparse.Namespace) -> int:
    from service.doctor import examine

    return asyncio.run(examine(settings))


def _content(settings: Settings, wanted: argparse.Namespace) -> int:
    from service import content

    match wanted.what:
        case "list":
            return content.list_content(wanted.json, settings.content)
        case "check":
            return content.check_content(settings.content)
        case "load":
            return content.load_content(settings)
    if wanted.folder is None:
        print("hiwar: say where to: `hiwar content export FOLDER`", file=sys.stderr)  # noqa: T201
        return 2
    return content.export_content(settings, wanted.folder)


def _key(settings: Settings, wanted: argparse.Namespace) -> int:
    from service import operations

    return operations.rotate_key(settings)


def _letters(settings: Settings, wanted: argparse.Namespace) -> int:
    from service import operations

    return asyncio.run(operations.letters(settings, wanted.what, wanted.number))
