"""Published proposals that say the same as a draft in another language, on pairs frozen in proposals.yml."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from understanding.alike import BEST, MOST, Alike
from understanding.reading import Example

FROZEN: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "proposals.yml").read_text("utf-8"))  # its first lines tell its shape
KEYS = list(FROZEN["published"])


@pytest.fixture(scope="module")
def alike() -> Alike:
    """By letters and glosses alone: the same on a machine without the encoder."""
    known = Alike.shipped(background=list(FROZEN["published"].values()))
    known.replace({number: FROZEN["published"][key] for number, key in enumerate(KEYS)})
    return known


def found(alike: Alike, draft: dict[str, str]) -> list[str]:
    return [KEYS[number] for number in alike.find(draft["text"])]


def test_most_drafts_find_what_says_the_same_and_little_else(alike: Alike) -> None:
    right = shown = 0
    same = [draft for draft in FROZEN["asking"] if "same" in draft]
    for draft in FROZEN["asking"]:
        keys = found(alike, draft)
        shown += len(keys)
        right += draft.get("same") in keys

    assert right / len(same) >= 0.75  # recall; measured: docs/understanding.md
    assert right / shown >= 0.75  # precision


def test_a_draft_finds_itself_first_and_never_more_than_three(alike: Alike) -> None:
    for number, key in enumerate(KEYS):
        numbers = alike.find(FROZEN["published"][key])
        assert numbers[0] == number
        assert len(numbers) <= BEST


def test_rows_are_taken_over_and_what_is_gone_is_not_found(alike: Alike) -> None:
    renewed = copy.copy(alike)
    renewed.replace({1: FROZEN["published"]["library"], 99: "A swimming pool in each town\nChildren have no place to swim."}, alike)

    assert len(renewed) == 2
    assert renewed.find("A swimming pool in every town where children can swim") == (99,)
    assert alike.find(FROZEN["published"]["budget"])[0] == KEYS.index("budget")


def test_nothing_is_alike_when_nothing_is_published() -> None:
    assert Alike.shipped().find("A bench at every bus stop") == ()


def test_memory_is_bounded() -> None:
    many = Alike.shipped()
    many.replace(dict.fromkeys(range(MOST + 10), "bench"))

    assert len(many) == MOST
    assert many._rows.nbytes <= 16 * 1024**2


def test_the_frozen_texts_are_enough(examples: list[Example]) -> None:
    drafts = [*FROZEN["choosing"], *FROZEN["asking"]]

    assert len(FROZEN["published"]) + len(drafts) >= 60
    assert all(draft.get("same", KEYS[0]) in KEYS for draft in drafts)
