"""A finished run is read back with no more of PyTorch than it takes."""

from __future__ import annotations

import subprocess
import sys

BUILT = """
import sys
from pathlib import Path
from types import SimpleNamespace

from carryover.models import build
from carryover.settings.models import Classifier, Seq2seq, Tagger
from carryover.tasks.encoded import Sizes
from carryover.training.runs import _built

sizes = Sizes(alphabet=12, channels=2, classes=10, target_length=4, padding_index=None)
for model in (
    Tagger.read({"kind": "tagger", "cell": "gru"}),
    Seq2seq.read({"kind": "seq2seq", "cell": "lstm"}),
    Classifier.read({"kind": "classifier", "cell": "rnn"}),
    Classifier.read({"kind": "classifier", "cell": "lstm", "initialisation": "xavier_orthogonal"}),
):
    tensors = build(model, sizes).state_dict()
    _built(Path("run.json"), SimpleNamespace(model=model), sizes, tensors).load_state_dict(tensors)
    print(model.kind, "torch._dynamo" in sys.modules)
"""


def test_no_model_is_described_with_pytorchs_compiler() -> None:
    told = subprocess.run([sys.executable, "-c", BUILT], capture_output=True, text=True, check=False)
    assert told.stdout.split("\n") == [
        "tagger False",
        "seq2seq False",
        "classifier False",
        "classifier False",
        "",
    ], told.stderr
