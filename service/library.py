"""Reads the content folder; a mistake in it is told by file, entry and field."""

from __future__ import annotations

from pathlib import Path

import msgspec
import yaml

from civic.knowledge import Entry

FOLDER = Path(__file__).parent.parent / "content"


class ContentWrong(ValueError):
    """The content cannot be read; the text names the file, the entry and what is wrong."""


def read_entries(folder: Path = FOLDER) -> tuple[Entry, ...]:
    """Every entry of `<folder>/knowledge/*.yml`, by file and in its order; raises ContentWrong."""
    entries: list[Entry] = []
    for path in sorted((folder / "knowledge").glob("*.yml")):
        for place, raw in enumerate(_read(path)):
            name = raw.get("id", f"entry {place + 1}") if isinstance(raw, dict) else f"entry {place + 1}"
            try:
                entries.append(msgspec.convert(raw, Entry, strict=False))
            except msgspec.ValidationError as error:
                raise ContentWrong(f"{path.name}, {name}: {error}") from None
    return tuple(entries)


def _read(path: Path) -> list[object]:
    try:
        content = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
    except yaml.YAMLError as error:
        raise ContentWrong(f"{path.name}: {error}") from None
    if not isinstance(content, list):
        raise ContentWrong(f"{path.name}: a list of entries is expected")
    return content
