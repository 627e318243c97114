"""Task `expression`: an arithmetic expression is read, its answer is one class or is written out.

Two readings of one row, told apart by the run's model:

    classifier   12+34-5    → class 41 - (smallest answer)                      report three-number
    seq2seq      12+34-5=   → 4 1 END, then padding                             report expression-seq2seq

The answer is correct when the whole number is. Classes come from the settings of the training distribution, so an
answer that it cannot produce has no class and counts as wrong.
"""

from __future__ import annotations

from carryover.tasks.expression.asking import parse
from carryover.tasks.expression.columns import columns
from carryover.tasks.expression.drawing import batches
from carryover.tasks.expression.encoding import answer, decode, encode, question, sizes
from carryover.tasks.expression.hashing import seen_key

__all__ = ["answer", "batches", "columns", "decode", "encode", "parse", "question", "seen_key", "sizes"]
