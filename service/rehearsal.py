"""`hiwar content rehearse`: what loading the content would break, and the rehearsal of a change beside a running Hiwar."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from civic.knowledge import Entry
from handlers.desk.rehearsal import Lost, examples_of, rehearse
from service import library
from service.operations import done, not_ready, refuse
from service.settings import Settings
from storage import knowledge
from storage.sealing import open_seal
from storage.soundness import open_to_look
from understanding import encoders


def rehearse_content(settings: Settings, against: Path | None = None) -> int:
    """Print what loading the content folder would break of what the database says now, or of another folder; 1 when anything."""
    files = library.read_entries(settings.content)
    if against is not None:
        old, by_hand = library.read_entries(against), {}
    else:
        if told := not_ready(settings):
            return refuse(told)
        engine = open_to_look(settings.url, open_seal(settings.key_path))
        try:
            with engine.connect() as db:
                old, by_hand = knowledge.everything(db), {entry.id: entry for entry in knowledge.edited(db)}
        finally:
            engine.dispose()
    new = {entry.id: entry for entry in files} | by_hand  # an editor's text stands when the files are loaded
    lost = rehearse(old, tuple(new.values()), encoder=encoders.load() if settings.encoder else None)
    for one in lost:
        print(one)  # noqa: T201
    asked = len(examples_of(old))
    if lost:
        return refuse(f"{len(lost)} of {asked} example questions used to find their entry and no longer do")
    return done(f"All example questions that found their entry still do; {asked} were asked.")


class _Change(msgspec.Struct):
    old: tuple[Entry, ...]
    new: tuple[Entry, ...]
    encoder: bool


async def rehearse_beside(old: Sequence[Entry], new: Sequence[Entry], *, encoder: bool) -> tuple[Lost, ...]:
    """As `rehearse`, in a process of its own with less right to the machine: it takes minutes, and nobody who writes may wait for it.

    Raises OSError when that process fails.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.rehearsal", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        told, _nothing = await process.communicate(msgspec.json.encode(_Change(tuple(old), tuple(new), encoder)))
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise OSError(f"the rehearsal ended with status {process.returncode}")
    return msgspec.json.decode(told, type=tuple[Lost, ...])


def main() -> None:
    """What the process of `rehearse_beside` does: reads a change, writes what it would break."""
    os.nice(10)
    change = msgspec.json.decode(sys.stdin.buffer.read(), type=_Change)
    lost = rehearse(change.old, change.new, encoder=encoders.load() if change.encoder else None)
    sys.stdout.buffer.write(msgspec.json.encode(lost))


if __name__ == "__main__":
    main()
