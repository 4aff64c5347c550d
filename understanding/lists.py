"""The word lists that ship with this package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

# libyaml reads the lists in a tenth of the time; not every build of PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def shipped(name: str) -> Any:
    """Give the contents of a list such as "words.yml"; Any, as each list has its own shape, given in the file's first lines."""
    return yaml.load((Path(__file__).parent / name).read_text(encoding="utf-8"), _LOADER)  # noqa: S506  # a safe loader either way
