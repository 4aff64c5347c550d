"""Each setting has its heading in docs/settings.md, with its default; and nothing there is no setting."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "settings.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL))
SETTINGS = {f"HIWAR_{name.upper()}": field for name, field in Settings.model_fields.items()}


def written(default: object) -> str:
    """A default as an operator would write it."""
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, Path) and default.is_absolute():
        default = default.relative_to(ROOT)
    if default is None or default == "":
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_documented_with_its_default(name: str) -> None:
    section = SECTIONS[name]
    assert section.startswith(f"Default: {written(SETTINGS[name].default)}. ")
    assert len(section.split()) >= 10  # says what it means


def test_nothing_else_is_documented_as_a_setting() -> None:
    assert list(SECTIONS) == list(SETTINGS)


def test_settings_named_anywhere_in_the_documentation_exist() -> None:
    for path in (*(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").iterdir(), ROOT / "README.md"):
        named = set(re.findall(r"\bHIWAR_[A-Z_]*[A-Z]\b", path.read_text("utf-8")))
        assert named <= set(SETTINGS), path.name
