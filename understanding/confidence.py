"""How sure the first match is: signs of a good match, and a logistic curve that turns them into a share of right answers.

The curve is fitted once, on development data (docs/understanding.md says how), and holds for indexes of other sizes and subjects: fitted on
two of the three development sets, it keeps its promise on the third.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for the first match of a message."""

    cosine: float  # of the discriminant, to the first
    prominence: float  # by how many standard deviations the first stands out of all entries
    lead: float  # over the second, in standard deviations
    likeness: float  # to the most like single example of the first
    agreement: float  # 1 when the discriminant and the regression name the same entry
    coverage: float  # the share of the message's words that have a gloss


@dataclass(frozen=True, slots=True)
class Curve:
    """The weight of each sign."""

    start: float
    cosine: float
    prominence: float
    lead: float
    likeness: float
    agreement: float
    coverage: float

    def confidence(self, signs: Signs) -> float:
        """Give the share of messages with such signs whose first match is right."""
        total = (
            self.start
            + self.cosine * signs.cosine
            + self.prominence * signs.prominence
            + self.lead * signs.lead
            + self.likeness * signs.likeness
            + self.agreement * signs.agreement
            + self.coverage * signs.coverage
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


WITH_ENCODER = Curve(-6.32, 4.88, 0.09, 0.44, 5.91, 0.34, 2.08)
LETTERS_ONLY = Curve(-7.03, 5.31, 0.19, 0.2, 3.65, 0.45, 3.0)
