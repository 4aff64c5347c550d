"""Cells that a spreadsheet shows and does not calculate."""

from __future__ import annotations

import pytest

from civic.spreadsheet import cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", " =1", "\uff1d1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(("value", "text"), [(None, ""), (12, "12"), ("نعم", "نعم"), ("a=b", "a=b")])
def test_other_cells_stay_as_they_are(value: object, text: str) -> None:
    assert cell(value) == text
