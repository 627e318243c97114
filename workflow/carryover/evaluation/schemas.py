"""The tables that an evaluation writes. They have a file of their own, so that readers need not import PyTorch."""

from __future__ import annotations

import pyarrow as pa

EXAMPLES = pa.schema(
    [
        ("run", pa.string()),
        ("suite", pa.string()),
        ("split", pa.string()),
        ("index", pa.int64()),
        ("exact_match", pa.bool_()),
        ("token_accuracy", pa.float32()),
        ("loss", pa.float32()),  # null where the answer has no class
        ("first_wrong", pa.int32()),  # position from 1 as the answer is written; null where none is
        ("seen", pa.bool_()),  # whether training had an example that the model reads alike
        ("prediction", pa.string()),  # null where the answer is correct
        ("question", pa.string()),  # null but for the first wrong answers of the split
        ("answer", pa.string()),
    ]
)
METRICS = pa.schema(
    [
        ("run", pa.string()),
        ("suite", pa.string()),
        ("split", pa.string()),
        ("stratum", pa.string()),
        ("metric", pa.string()),
        ("value", pa.float64()),
        ("n", pa.int64()),
    ]
)
# A stratum of `metrics` is `family=value`. If a split has seen and unseen examples, those of one value are told apart
# in strata of their own, such as `operands=3+1,seen=yes`.
CROSSED = ",seen="

# `shared` are the rows of a test whose text training had; `shared_commuted` also those with the operands in another
# order; `shared_tokens` those that the model cannot tell from an example of its training: encoded, with its vocabulary,
# unknown words and truncation, they are equal up to padding.
OVERLAP = pa.schema(
    [
        ("dataset", pa.string()),
        ("run", pa.string()),
        ("suite", pa.string()),
        ("split", pa.string()),
        ("rows", pa.int64()),
        ("shared", pa.int64()),
        ("shared_commuted", pa.int64()),
        ("share", pa.float64()),
        ("share_commuted", pa.float64()),
        ("shared_tokens", pa.int64()),
        ("share_tokens", pa.float64()),
        ("coverage", pa.float64()),
    ]
)
