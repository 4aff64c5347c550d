"""Golden conversations: what a citizen writes and what the bot shows, as text files in tests/transcripts/.

Lines: `citizen: words`, `citizen: [Label]` presses the newest button with that label, `citizen sends: picture a.jpg`,
`notice: words` is told unasked (`notice for 2 days: words` is worth no more after them), and shows what arrives,
`restart` (every turn is one anyway), `clock: +3 days`, `channel: webchat`, `person: idir`, `kept: ...` what was filed so far.
Of events: `event: training, 20 seats, in 10 days, 2 dates, sign language` announces one, `desk: cancel 1`, `desk: move 1 +3 days`,
`desk: seats 1 3`, `desk: came R-1` is what its organisers do, and `due` what the clock does and tells (tests/events/organisers.py).
`moderator: publish 1` decides, also `ask 1 <question>`, `reject 1 <reason> <message>`, `merge 1 2`, `answer 1 <outcome> <words>`,
and `another moderator: ...`, to whom an appeal goes;
after it, and after `clock:`, which runs the jobs that are due, `told amina: ...` is what a person hears unasked. Codes are written CODE-1.
`editor publishes: fr trainings | title | text`, `editor announces` the newest news, `letters due` sends what is due to the person.
`citizen opens: n-1` follows a deep link. The code that moves a conversation is another each time; here it is 12345678.
A line that begins with `#` explains. `pytest --accept` rewrites what the bot says.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.messages import Contact, File, FileKind, Place
from channels.console import Console, written
from storage.sealing import Seal
from tests.announcements.desk import Desk, announce_newest, publish
from tests.events.organisers import organise
from tests.moderators import SALMA, TUDA
from tests.stage import Stage, picture

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))
_CLOCK = re.compile(r"\+(\d+) (day|hour|minute|second)s?")


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(path: Path, database_url: str, seal: Seal, request: pytest.FixtureRequest) -> None:
    """The bot says today what the transcript says."""
    script = path.read_text("utf-8")
    played = play(script, database_url, seal)
    if request.config.getoption("--accept"):
        path.write_text(played, "utf-8")
    assert played == script


def play(script: str, url: str, seal: Seal) -> str:
    """The script with what the bot says now."""
    stage = Stage(url, seal)
    people = {stage.person: stage}
    told: list[str] = []
    codes = Codes()
    code = ""
    for line in script.splitlines():
        what, _, rest = line.partition(": ")
        if line.startswith("#") or line in ("", "restart"):
            told.append(line)
            continue
        if what in ("bot", "kept") or what.startswith("told ") or line.startswith("     "):
            if what == "kept":
                told.append(f"kept: {'; '.join(stage.filed()) or 'nothing'}")
            continue
        told.append(line)
        if stage.last and (found := re.search(r"/move (\d{8})", stage.last[0].text)):
            code = found[1]
        rest = rest.replace("12345678", code) if code else rest
        match what:
            case "clock":
                found = _CLOCK.fullmatch(rest)
                assert found, f"not a time to add: {rest!r}"
                stage.now += dt.timedelta(**{f"{found[2]}s": int(found[1])})
                for other in people.values():
                    other.now = max(other.now, stage.now)
                stage.runs_jobs()
                told.extend(_told(people.values()))
            case "moderator" | "another moderator":
                stage.moderates(rest, SALMA if what == "moderator" else TUDA)
                told.extend(_told(people.values()))
            case "channel":
                stage.channel = rest
            case "person":
                if rest not in people:
                    people[rest] = Stage(url, seal, person=rest, now=stage.now, with_knowledge=False)
                    people[rest]._events, people[rest]._codes = stage._events, stage._codes
                people[rest].now = max(people[rest].now, stage.now)
                stage = people[rest]
            case "notice" | "notice for 2 days":
                told.extend(written(shown) for shown in stage.told(rest, dt.timedelta(days=2) if "days" in what else None))
            case "citizen":
                _say(stage, codes.known(rest, told).replace("\\n", "\n"))
                told.extend(written(shown) for shown in stage.last)
            case "citizen opens":
                stage.says("/start", opened=True, payload=rest)
                told.extend(written(shown) for shown in stage.last)
            case "citizen sends":
                _send(stage, rest)
                told.extend(written(shown) for shown in stage.last)
            case "citizen edits":
                message, _, text = rest.partition(" ")
                stage.says(text, message=message, edits=True)
                told.extend(written(shown) for shown in stage.last)
            case "event" | "desk" | "due":
                told.extend(organise(stage, people, what, rest))
                _told(people.values())
            case "editor publishes":
                about, title, text = rest.replace("\\n", "\n").split(" | ")
                language, *topics = about.split(" ")
                stage.writes(publish, language, tuple(topics), title, text, stage.now)
            case "editor announces":
                stage.writes(announce_newest, stage.now)
            case "letters due":
                asyncio.run(_send_due(stage))
                told.extend(written(shown) for shown in stage.hears_unasked())
            case _:
                raise AssertionError(f"a line no transcript knows: {line!r}")
    if stage.last and (found := re.search(r"/move (\d{8})", stage.last[0].text)):
        code = found[1]
    whole = codes.hidden("\n".join(told)) + "\n"
    return whole.replace(code, "12345678").replace(f"{code[:4]} {code[4:]}", "1234 5678") if code else whole


class Codes:
    """Claim codes differ from run to run: a transcript names them by the order in which the bot told them."""

    _code = re.compile(r"\b(?!K7PM-2XQR-90AB)[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}\b")

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def hidden(self, text: str) -> str:
        return self._code.sub(lambda found: self._found.setdefault(found[0], f"CODE-{len(self._found) + 1}"), text)

    def known(self, words: str, told: list[str]) -> str:
        """What the citizen writes, with the codes themselves."""
        self.hidden("\n".join(told))
        for code, name in self._found.items():
            words = words.replace(name, code)
        return words


def _told(people: Iterable[Stage]) -> list[str]:
    """What people heard unasked since they spoke last."""
    return [f"told {stage.person}: {written(shown).removeprefix('bot: ')}" for stage in people for shown in stage.hears_unasked()]


async def _send_due(stage: Stage) -> None:
    """Send the announcements that are due."""
    async with Desk(stage.url, stage.seal, Console(), signer=stage.house().signer) as desk:
        desk.now = stage.now
        await desk.send()


def _say(stage: Stage, words: str) -> None:
    if words.startswith("[") and words.endswith("]"):
        stage.presses(words[1:-1])
        return
    if repeated := re.fullmatch(r"\((\d+) times (.+)\)", words):
        stage.says(repeated[2] * int(repeated[1]))
        return
    message, marked, text = words.partition("» ")
    stage.says(text, message=message) if marked else stage.says(words)


def _send(stage: Stage, what: str) -> None:
    """`picture a.jpg`, `document a.pdf`, `place 31.6 -8.0`, `phone 0612345678`, `voice`; with `caption "..."` and `album x`."""
    kind, _, rest = what.partition(" ")
    caption = re.search(r'caption "([^"]*)"', rest)
    album = re.search(r"album (\w+)", rest)
    more: dict[str, object] = {"album": album[1] if album else ""}
    name = rest.split(" ")[0]
    match kind:
        case "picture":
            more["files"] = (picture(name),)
        case "document":
            more["files"] = (File(name, FileKind.DOCUMENT, name, "application/pdf", 1000),)
        case "place":
            latitude, longitude = rest.split(" ")[:2]
            more["place"] = Place(float(latitude), float(longitude))
        case "phone":
            more["contact"] = Contact("Amina", name)
        case "voice" | "sticker" | "video":
            more["unread"] = kind
        case _:
            raise AssertionError(f"nobody can send this: {what!r}")
    stage.says(caption[1] if caption else "", **more)
