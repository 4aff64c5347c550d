"""The command line: `hiwar run`, `migrate`, `doctor` and the rest; `hiwar --help` lists them."""

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
    content = commands.add_parser("content", help="what Hiwar knows: list, check or rehearse the files, load them, export what is loaded")
    content.add_argument("what", choices=("list", "check", "load", "export", "rehearse"))
    content.add_argument("folder", nargs="?", type=Path, help="where to export to; for rehearse, the older content to compare with")
    content.add_argument("--json", action="store_true", help="one JSON object a line")
    content.set_defaults(do=_content)
    key = commands.add_parser("key", help="rotate the key that seals personal data; stop every running Hiwar first")
    key.add_argument("what", choices=("rotate",))
    key.set_defaults(do=_key)
    letters = commands.add_parser("letters", help="messages that could not be answered: list, answer again, or drop")
    letters.add_argument("what", choices=("list", "answer", "drop"))
    letters.add_argument("number", nargs="?", type=int)
    letters.set_defaults(do=_letters)
    ask = commands.add_parser("ask", help="how a message is understood, without server or database")
    ask.add_argument("text", nargs="?", help="one message")
    ask.add_argument("--language", default="", help="the language its person chose: ar, ary, ary-Latn, fr, en or zgh")
    ask.add_argument("--json", action="store_true", help="as one JSON object")
    ask.add_argument("--batch", type=Path, metavar="FILE.tsv", help="many messages: columns id, language, text; a JSON line each")
    ask.add_argument("--entries", type=Path, metavar="FILE.tsv", help="another knowledge base: columns text, id, language")
    ask.set_defaults(do=_ask)
    _add_questions(commands.add_parser("questions", help="what nobody could answer: list, show, answer once for all who asked, merge"))
    members = commands.add_parser("staff", help="who works at the desk: list, print a link that lets somebody in, reset, disable")
    members.add_argument("what", choices=("list", "invite", "reset", "disable"))
    members.add_argument("number", nargs="?", type=int)
    members.add_argument("--role", action="append", default=[], choices=("moderator", "editor", "administrator", "auditor"))
    members.set_defaults(do=_staff)
    token = commands.add_parser("token", help="what programs of other systems show: list, create, revoke")
    token.add_argument("what", choices=("list", "create", "revoke"))
    token.add_argument("name", nargs="?", default="", help="create: by which you know the program; revoke: its number, as in 3")
    token.add_argument("--scope", action="append", default=[], help="create: what it may do, as in docs/api.md; several times")
    token.set_defaults(do=_token)
    log = commands.add_parser("audit", help="prove that the log of who did what is unbroken")
    log.add_argument("what", choices=("verify",))
    log.set_defaults(do=_audit)
    return parser


def _add_questions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("list", "show", "answer", "merge"))
    parser.add_argument("numbers", nargs="*", type=_number, metavar="NUMBER", help="as in 7 or Q-7; each stands for its group")
    parser.add_argument("--json", action="store_true", help="list, show: as JSON")
    answer = parser.add_argument_group("answer")
    answer.add_argument("--file", type=Path, help="a YAML file with the answer; what follows here is put over it")
    answer.add_argument("--id", default="", help="of a new entry, or of the one that answers already")
    answer.add_argument("--topic", default="", help="of a new entry, as in content/knowledge")
    for language in ("ar", "fr", "en", "zgh"):
        answer.add_argument(f"--answer-{language}", default="", metavar="TEXT")
        answer.add_argument(f"--title-{language}", default="", metavar="TEXT", help="what buttons show, at most 60 characters")
    answer.add_argument("--source", default="", help="who says so: a web address, or a name")
    answer.add_argument("--date", default="", help="when the facts were checked: YYYY-MM or YYYY")
    answer.add_argument("--link", action="append", default=[], help="where to act or read more; at most three times")
    answer.add_argument("--only", action="store_true", help="only the questions named, not their whole groups")
    answer.add_argument("--anyway", default="", metavar="REASON", help="publish although other questions lose their entry; audited")
    parser.set_defaults(do=_questions)


def _number(text: str) -> int:
    return int(text.upper().removeprefix("Q-"))


def _expected() -> tuple[type[Exception], ...]:
    """Errors whose text is written for an operator."""
    from channels.errors import ExtraMissing
    from civic.errors import ContentWrong
    from service.asking import TableWrong
    from service.wiring import ClockWrong
    from storage.sealing import KeyUnreadable, SealBroken
    from storage.upgrade import Newer

    return (ContentWrong, ExtraMissing, TableWrong, ClockWrong, KeyUnreadable, SealBroken, Newer, OSError)


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
        case "rehearse":
            from service.rehearsal import rehearse_content

            return rehearse_content(settings, wanted.folder)
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


def _staff(settings: Settings, wanted: argparse.Namespace) -> int:
    from service import staff_desk

    match wanted.what:
        case "list":
            return staff_desk.list_staff(settings)
        case "invite":
            return staff_desk.invite(settings, wanted.role)
        case "reset":
            return staff_desk.reset(settings, wanted.number)
    return staff_desk.disable(settings, wanted.number)


def _token(settings: Settings, wanted: argparse.Namespace) -> int:
    from service import tokens_desk

    match wanted.what:
        case "list":
            return tokens_desk.list_tokens(settings)
        case "create":
            return tokens_desk.create(settings, wanted.name, wanted.scope)
    return tokens_desk.revoke(settings, wanted.name)


def _audit(settings: Settings, wanted: argparse.Namespace) -> int:
    from service import staff_desk

    return staff_desk.verify_audit(settings)


def _ask(settings: Settings, wanted: argparse.Namespace) -> int:
    from service import asking

    if (wanted.text is None) == (wanted.batch is None):
        print('hiwar: give one message, `hiwar ask "text"`, or a table of them, `hiwar ask --batch FILE.tsv`', file=sys.stderr)  # noqa: T201
        return 2
    if wanted.batch is not None:
        return asking.ask_all(settings, wanted.batch, entries=wanted.entries)
    return asking.ask(settings, wanted.text, language=wanted.language, as_json=wanted.json, entries=wanted.entries)


def _questions(settings: Settings, wanted: argparse.Namespace) -> int:
    from handlers.desk.editing import Draft, joined
    from service import questions_desk
    from service.library import read_draft

    if wanted.what == "list":
        return questions_desk.list_questions(settings, as_json=wanted.json)
    if not wanted.numbers:
        print(f"hiwar: say which: `hiwar questions {wanted.what} NUMBER`; `hiwar questions list` shows the numbers", file=sys.stderr)  # noqa: T201
        return 2
    if wanted.what == "show":
        return questions_desk.show_questions(settings, wanted.numbers, as_json=wanted.json)
    if wanted.what == "merge":
        return questions_desk.merge_questions(settings, wanted.numbers)
    given = vars(wanted)
    by_hand = Draft(
        id=wanted.id,
        topic=wanted.topic,
        title={language: text for language in ("ar", "fr", "en", "zgh") if (text := given[f"title_{language}"])},
        answer={language: text for language in ("ar", "fr", "en", "zgh") if (text := given[f"answer_{language}"])},
        source=wanted.source,
        date=wanted.date,
        links=tuple(wanted.link),
    )
    draft = joined(read_draft(wanted.file), by_hand) if wanted.file else by_hand
    return questions_desk.answer_questions(settings, wanted.numbers, draft, only=wanted.only, anyway=wanted.anyway)


if __name__ == "__main__":
    sys.exit(main())
