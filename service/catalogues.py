"""`python -m service.catalogues`: brings the catalogues in locales/ up to the sentences in the source; says what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from bot.phrases import LOCALES

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "locales"

# Pinned, because Babel has numbered the Arabic forms 4 and 5 both ways; CLDR has no plural rule for zgh (tamazight_grammar: one, other).
PLURALS = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5);",
    "fr": "nplurals=2; plural=(n > 1);",
    "zgh": "nplurals=2; plural=(n != 1);",
    "en": "nplurals=2; plural=(n != 1);",
}
_METHODS = [("bot/**.py", "python"), ("handlers/**.py", "python"), ("web/**.py", "python"), ("web/templates/**.html", "jinja2")]
_KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "_n": (1, 2)}


def extract() -> Catalog:
    """Every sentence in the source, with its notes for translators."""
    template = Catalog(project="Hiwar", charset="utf-8", fuzzy=False)
    found = extract_from_dir(
        ROOT,
        _METHODS,
        {"**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}},
        keywords=_KEYWORDS,
        comment_tags=("Translators:",),
        strip_comment_tags=True,
    )
    for filename, _line, message, comments, _context in sorted(found, key=lambda each: (each[0], each[1])):
        if any(part.startswith(("bot", "handlers", "web")) for part in [filename]):
            template.add(message, locations=[(filename, 0)], auto_comments=comments)
    return template


def update(language: str, template: Catalog, *, only_look: bool = False) -> list[str]:
    """Rewrite one catalogue: new sentences come in untranslated, those gone are dropped; returns what is not translated."""
    path = FOLDER / f"{language}.po"
    known = Catalog(locale=LOCALES[language])
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file, locale=LOCALES[language])
    count = int(PLURALS[language].split("=")[1].split(";")[0])
    fresh = Catalog(locale=LOCALES[language], project="Hiwar", charset="utf-8", fuzzy=False)
    missing = []
    for message in template:
        if not message.id:
            continue
        old = known.get(message.id if isinstance(message.id, str) else message.id[0])
        words = old.string if old else ""
        if language == "en":
            words = message.id if isinstance(message.id, str) else tuple(message.id)
        if not isinstance(message.id, str) and (not isinstance(words, tuple) or len(words) != count):
            words = ("",) * count
        if not words or (isinstance(words, tuple) and not all(words)):
            missing.append(message.id if isinstance(message.id, str) else message.id[0])
        fresh.add(
            message.id,
            words,
            locations=message.locations,
            auto_comments=message.auto_comments,
            user_comments=old.user_comments if old else (),
        )
    if not only_look:
        _write(path, fresh, language)
    return missing


def _write(path: Path, catalogue: Catalog, language: str) -> None:
    with path.open("wb") as file:
        write_po(file, catalogue, width=0, omit_header=True, include_lineno=False, sort_output=False)
    head = (
        f'msgid ""\nmsgstr ""\n"Project-Id-Version: Hiwar\\n"\n"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n'
        f'"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {PLURALS[language]}\\n"\n\n'
    )
    path.write_text(head + path.read_text("utf-8"), "utf-8")


def main() -> int:
    """Update every catalogue, or with `--check` only look; the exit status is 1 when a translation is missing."""
    template = extract()
    only_look = "--check" in sys.argv[1:]
    lacking = {language: update(language, template, only_look=only_look) for language in LOCALES}
    for language, missing in lacking.items():
        for message in missing:
            print(f"{language}: not translated: {message}", file=sys.stderr)  # noqa: T201
    return 1 if any(lacking.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
