"""Task `digit_sum`: two whole numbers are read digit by digit, lowest first, and their sum is written the same way.

    a = 123, b = 958, length 5

    inputs    3  2  1  0  0      digits of a, zero-padded
              8  5  9  0  0      digits of b
    targets   1  8  0  1  0      digits of 1081

The answer is correct when every digit is, the padding's zeros included.
"""

from __future__ import annotations

from carryover.tasks.digit_sum.asking import parse
from carryover.tasks.digit_sum.columns import columns
from carryover.tasks.digit_sum.drawing import batches
from carryover.tasks.digit_sum.encoding import answer, decode, encode, question, sizes
from carryover.tasks.digit_sum.hashing import seen_key

__all__ = ["answer", "batches", "columns", "decode", "encode", "parse", "question", "seen_key", "sizes"]
