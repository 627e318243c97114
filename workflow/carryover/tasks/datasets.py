"""The datasets of all tasks, as one settings type told apart by `task`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from carryover.tasks.digit_sum.settings import DigitSumDataset
from carryover.tasks.expression.settings import ExpressionDataset
from carryover.tasks.sentiment.settings import SentimentDataset

Dataset = Annotated[DigitSumDataset | ExpressionDataset | SentimentDataset, Field(discriminator="task")]
