"""The datasets of all tasks, as one settings type told apart by `task`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from carryover.config.digit_sum import DigitSumDataset
from carryover.config.expression import ExpressionDataset
from carryover.config.sentiment import SentimentDataset

Dataset = Annotated[DigitSumDataset | ExpressionDataset | SentimentDataset, Field(discriminator="task")]
