"""What tests of expressions share."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.tasks.expression.corpora import corpus_grammar, whole


@pytest.fixture(scope="session")
def full_corpus() -> pa.Table:
    """The whole corpus of expression-seq2seq."""
    return whole(corpus_grammar(0, 49))
