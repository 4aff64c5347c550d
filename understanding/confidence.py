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
    familiarity: float  # the share of what the message says that any example has said
    explanation: float  # the share that an example of the first has said


@dataclass(frozen=True, slots=True)
class Curve:
    """The weight of each sign."""

    start: float
    cosine: float
    prominence: float
    lead: float
    likeness: float
    agreement: float
    familiarity: float
    explanation: float

    def confidence(self, signs: Signs) -> float:
        """Give the share of messages with such signs whose first match is right."""
        total = (
            self.start
            + self.cosine * signs.cosine
            + self.prominence * signs.prominence
            + self.lead * signs.lead
            + self.likeness * signs.likeness
            + self.agreement * signs.agreement
            + self.familiarity * signs.familiarity
            + self.explanation * signs.explanation
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


# Fitted with as much weight on messages out of scope as on questions: better to offer three guesses than to answer what was not asked.
WITH_ENCODER = Curve(-7.06, 9.89, -0.3, 0.39, 3.07, 0.95, 2.65, 2.59)
LETTERS_ONLY = Curve(-6.85, 9.64, -0.22, 0.29, -0.15, 0.64, 2.99, 3.37)
