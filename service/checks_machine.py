"""What `hiwar doctor` looks at on this machine: settings, data folder, time zone data, clock, catalogues, content."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import importlib.resources
import os
import pwd
import re
import shutil
import sysconfig
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from babel.messages.pofile import PoFileError, read_po

from bot.phrases import LOCALES, open_voices
from civic.errors import ContentWrong
from service import library
from service.findings import Finding, attention, broken, ok
from service.settings import Settings
from service.wiring import LOCALES as CATALOGUES
from service.wiring import TIME_ZONE

MIB, GIB = 2**20, 2**30
LITTLE_SPACE = GIB  # bytes free: about a year of a busy chat; time to make room
NO_SPACE = 200 * MIB  # PostgreSQL and SQLite stop writing, and so does Hiwar, when there is none
TELEGRAM_PORTS = (443, 80, 88, 8443)  # Bot API, setWebhook
CLOCK_OFF = 10.0  # seconds; the Date of an answer is exact to one second
CLOCK_WRONG = 120.0  # times told to citizens, and certificates just issued, are wrong from here
WINTER = dt.datetime(2026, 12, 1, 12)  # noqa: DTZ001  # the zone is put in: a day on which old data say +1 (platforms.md, section 4)

_TOKEN = re.compile(r"\d{6,12}:[A-Za-z0-9_-]{20,}\Z")


def settings_given(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Public address and token, and variables that look like settings but are none."""
    what = "settings"
    yield _public_address(settings)
    if settings.public_url and not settings.trusted_proxies:
        yield attention(
            what,
            "there is a public address, but no proxy is trusted, so all citizens share one limit",
            "set HIWAR_TRUSTED_PROXIES to the number of proxies before Hiwar (usually 1) and let them send X-Forwarded-For",
        )
    token = settings.telegram_token.get_secret_value()
    if not token:
        yield ok(what, "no Telegram token: the web chat only (HIWAR_TELEGRAM_TOKEN adds Telegram)")
    elif not is_token(token):
        yield broken(
            what, "the Telegram token has not the form 123456789:letters", "copy the whole token from BotFather into HIWAR_TELEGRAM_TOKEN"
        )
    else:
        yield ok(what, "a Telegram token is set")
    known = {f"HIWAR_{name}".upper() for name in Settings.model_fields}
    for name in sorted(name for name in environment if name.upper().startswith("HIWAR_") and name.upper() not in known):
        yield attention(what, f"{name} is set, but there is no such setting", "correct its name (docs/settings.md lists all), or remove it")


def is_token(text: str) -> bool:
    """Whether a text has the form of a Telegram token."""
    return _TOKEN.match(text) is not None


def _public_address(settings: Settings) -> Finding:
    what = "settings"
    if not settings.public_url:
        return ok(what, f"no public address: the web chat is on {settings.host} port {settings.port}, Telegram is polled")
    parts = urlsplit(settings.public_url)
    try:
        port = parts.port or 443
    except ValueError:
        port = -1
    if not parts.hostname or port < 0:
        return broken(
            what, "the public address has no host, or a port that is none", "set HIWAR_PUBLIC_URL to https:// and the host's name"
        )
    if settings.telegram_webhook and settings.telegram_token.get_secret_value() and port not in TELEGRAM_PORTS:
        return broken(
            what,
            f"Telegram does not deliver to port {port}",
            f"let the proxy listen on one of {', '.join(map(str, TELEGRAM_PORTS))}, or set HIWAR_TELEGRAM_WEBHOOK=false to poll",
        )
    return ok(what, f"the public address is {settings.public_url}")


def data_folder(folder: Path, user: int) -> Iterator[Finding]:
    """Whether the data folder is there, ours, and can be written."""
    what = "data folder"
    if not folder.exists():
        parent = nearest(folder)
        if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
            yield ok(what, f"{folder} is not there yet: `hiwar run` makes it")
        else:
            yield broken(
                what,
                f"{folder} is not there, and cannot be made in {parent}",
                f"make it: `install -d -m 700 {folder}`, as the service's user",
            )
        return
    if not folder.is_dir():
        yield broken(what, f"{folder} is not a folder", "set HIWAR_DATA to a folder, or move the file away")
        return
    status = folder.stat()
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield broken(what, f"{folder} cannot be written", f"give it to the service's user: `chown -R USER {folder}`")
    elif status.st_uid != user:
        yield attention(
            what,
            f"{folder} belongs to {_name(status.st_uid)}, and this is {_name(user)}",
            "run Hiwar and its commands as one user; files another one makes there can stop the service",
        )
    elif status.st_mode & 0o077:
        yield attention(what, f"{folder} is open to other users (mode {status.st_mode & 0o777:03o})", f"`chmod 700 {folder}`")
    else:
        yield ok(what, f"{folder} can be written, by its owner only")


def disk(folder: Path) -> Finding:
    """How much room there is where the data are, or will be."""
    return room(shutil.disk_usage(nearest(folder)).free)


def room(free: int) -> Finding:
    """Whether this many free bytes are enough."""
    found = f"{free / GIB:.1f} GiB free" if free >= GIB else f"{free // MIB} MiB free"
    if free < NO_SPACE:
        return broken("disk", found, "make room at once: when the disk is full, no message can be stored")
    if free < LITTLE_SPACE:
        return attention("disk", found, "make room, or move the data folder to a larger disk")
    return ok("disk", found)


def nearest(folder: Path) -> Path:
    """The folder itself, or the nearest one above that is there."""
    folder = folder.absolute()
    return next(known for known in (folder, *folder.parents) if known.exists())


def time_zone_data(system: Iterable[Path]) -> Iterator[Finding]:
    """Whether Morocco's hour is known: by our own package, which counts, and by the operating system."""
    what = "time zone"
    right = dt.timedelta()
    try:
        version = importlib.metadata.version("tzdata")
        with importlib.resources.files("tzdata").joinpath("zoneinfo", *TIME_ZONE.split("/")).open("rb") as file:
            ours = zoneinfo.ZoneInfo.from_file(file, TIME_ZONE)
    except (ImportError, OSError, ValueError):
        yield broken(what, "the package tzdata cannot be read", "install the locked requirements again")
        return
    if WINTER.replace(tzinfo=ours).utcoffset() == right:
        yield ok(what, f"tzdata {version} knows that Morocco is at UTC+0")
    else:
        yield broken(
            what,
            f"tzdata {version} does not know that Morocco is at UTC+0",
            "install tzdata 2026.3 or newer: Hiwar does not start with this one",
        )
    path = next((folder / TIME_ZONE for folder in system if (folder / TIME_ZONE).is_file()), None)
    if path is None:
        return
    try:
        with path.open("rb") as file:
            theirs = WINTER.replace(tzinfo=zoneinfo.ZoneInfo.from_file(file, TIME_ZONE)).utcoffset()
    except (OSError, ValueError):
        theirs = None
    if theirs != right:
        yield attention(
            what,
            "the operating system's data say otherwise; Hiwar does not use them, other programs here are an hour off",
            "update the system's package tzdata",
        )


def system_folders() -> tuple[Path, ...]:
    """Where Python would look for the operating system's time zone data."""
    return tuple(Path(folder) for folder in (sysconfig.get_config_var("TZPATH") or "").split(os.pathsep) if folder)


def clock(theirs: dt.datetime | None, ours: dt.datetime | None) -> Finding:
    """This machine's clock beside the Date that Telegram's answer carried, which is exact to a second."""
    if theirs is None or ours is None:
        return ok("clock", "could not be checked: only an answer of Telegram tells the hour")
    off = (ours - theirs).total_seconds()
    if abs(off) <= CLOCK_OFF:
        return ok("clock", "agrees with Telegram's")
    found = f"{abs(off):.0f} seconds {'ahead of' if off > 0 else 'behind'} Telegram's"
    do = "let the system set it: `timedatectl set-ntp true`, and look at `timedatectl`"
    return broken("clock", found, do) if abs(off) > CLOCK_WRONG else attention("clock", found, do)


def catalogues(folder: Path = CATALOGUES) -> Finding:
    """Whether the four catalogues open and lack no sentence."""
    what = "catalogues"
    try:
        open_voices(folder)
        said = {language: _translated(folder / f"{language}.po", language) for language in LOCALES}
    except (OSError, ValueError, PoFileError) as error:
        return broken(what, f"a catalogue cannot be read ({error})", "install Hiwar again, or mend the file in locales/")
    every = set().union(*(set(messages) for messages in said.values()))
    lacking = {language: sum(not messages.get(message, False) for message in every) for language, messages in said.items()}
    if any(lacking.values()):
        counts = ", ".join(f"{language} {count}" for language, count in lacking.items() if count)
        return attention(
            what, f"sentences without a translation: {counts}; they are said in English", "`python -m service.catalogues` names them"
        )
    return ok(what, f"{len(said)} languages, {len(every)} sentences each")


def _translated(path: Path, language: str) -> dict[str, bool]:
    """Every sentence of a catalogue, and whether it is translated for good."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=LOCALES[language], abort_invalid=True)
    said: dict[str, bool] = {}
    for message in catalogue:
        if message.id:
            forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
            said[message.id if isinstance(message.id, str) else message.id[0]] = not message.fuzzy and all(forms)
    return said


def content(folder: Path = library.FOLDER) -> Finding:
    """Whether what Hiwar knows can be read."""
    try:
        entries = library.read_entries(folder)
    except (ContentWrong, OSError, UnicodeDecodeError) as error:
        return broken("content", str(error), "mend it; `hiwar content check` looks at all of it")
    if not entries:
        return broken("content", f"no entry in {folder / 'knowledge'}", "install Hiwar again: it would answer nothing")
    return ok("content", f"{len(entries)} entries in {len({entry.topic for entry in entries})} subjects")


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
