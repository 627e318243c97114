"""Architectures: parameter counts of the reports, and padded batches against packed sequences."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from carryover.models import build
from carryover.models.architecture import Architecture
from carryover.models.classifier import shifted_right
from carryover.models.recurrent import CELLS, RecurrentStack, last_valid, reorder, reversal_index
from carryover.settings.models import Classifier, Seq2seq, Tagger

torch.set_num_threads(1)


def sizes(**values: Any) -> Any:
    standard = {"alphabet": 12, "channels": 1, "classes": 5, "target_length": 4, "padding_index": 0}
    return SimpleNamespace(**(standard | values))


def count(model: Any, **values: Any) -> int:
    return sum(parameter.numel() for parameter in build(model, sizes(**values)).parameters())


# --- parameter counts, as printed in the reports ---------------------------------------------------------------------


def test_tagger_has_the_parameters_of_the_handout() -> None:
    model = Tagger(cell="rnn", hidden=64, layers=2, embedding=32)
    assert count(model, alphabet=10, channels=2, classes=10, padding_index=None) == 17_610


@pytest.mark.parametrize("words", [500, 37_996])
def test_classifiers_have_the_parameters_of_the_report(words: int) -> None:
    def parameters(**values: Any) -> int:
        return count(Classifier(hidden=100, **values), alphabet=words, classes=2, target_length=1)

    assert parameters(cell="lstm", embedding=1) == words + 41_402
    assert parameters(cell="gru", embedding=1) == words + 31_102
    assert parameters(cell="lstm", embedding=32, layers=2) == 32 * words + 134_602
    assert parameters(cell="lstm", embedding=32, layers=2, bidirectional=True) == 32 * words + 349_002
    # Both directions read: 100 more inputs to each of two classes.
    mended = parameters(cell="lstm", embedding=32, layers=2, bidirectional=True, readout="both_directions")
    assert mended == 32 * words + 349_202


# --- padded batches against packed sequences -------------------------------------------------------------------------


def packed_twin(stack: RecurrentStack, cell: str, inputs: int) -> nn.RNNBase:
    """PyTorch's own multi-layer module with the same weights."""
    layers = len(stack.forward_layers)
    twin = CELLS[cell](
        inputs, stack.hidden, layers, batch_first=True, bidirectional=len(stack.backward_layers) > 0
    )
    with torch.no_grad():
        for number in range(layers):
            for suffix, group in (("", stack.forward_layers), ("_reverse", stack.backward_layers)):
                if len(group) > 0:
                    for name, parameter in group[number].named_parameters():
                        getattr(twin, name.replace("_l0", f"_l{number}{suffix}")).copy_(parameter)
    return twin


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True])
@settings(max_examples=10, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    layers=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_padded_batch_equals_packed_sequences(
    cell: str, bidirectional: bool, lengths: list[int], layers: int, seed: int
) -> None:
    torch.manual_seed(seed)
    stack = RecurrentStack(cell, 3, 6, layers, bidirectional=bidirectional)
    twin = packed_twin(stack, cell, 3)
    x = torch.randn(len(lengths), max(lengths) + 2, 3)
    length = torch.tensor(lengths)

    packed, state = twin(pack_padded_sequence(x, length, batch_first=True, enforce_sorted=False))
    hidden = state[0] if cell == "lstm" else state
    expected, _ = pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])
    valid = (torch.arange(x.shape[1]) < length.unsqueeze(1)).unsqueeze(2)

    outputs = stack(x, length)
    torch.testing.assert_close(torch.cat(outputs, dim=2) * valid, expected)
    if bidirectional:
        torch.testing.assert_close(outputs[1][:, 0], hidden[-1])
        torch.testing.assert_close(last_valid(outputs[0], length), hidden[-2])
    else:
        torch.testing.assert_close(last_valid(outputs[0], length), hidden[-1])

    # Gradients too: of a weighted sum of the valid outputs, with respect to the first layers' input weights.
    weight = torch.randn_like(expected)
    (torch.cat(outputs, dim=2) * valid * weight).sum().backward()
    (expected * weight).sum().backward()
    pairs = [(stack.forward_layers[0].weight_ih_l0.grad, twin.weight_ih_l0.grad)]
    if bidirectional:
        pairs.append((stack.backward_layers[0].weight_ih_l0.grad, twin.weight_ih_l0_reverse.grad))
    for mine, theirs in pairs:
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


@given(
    lengths=st.lists(st.integers(0, 7), min_size=1, max_size=4),
    width=st.integers(7, 9),
)
@settings(deadline=None)
def test_reversal_turns_valid_parts_and_leaves_padding(lengths: list[int], width: int) -> None:
    rows = torch.arange(len(lengths) * width).view(len(lengths), width, 1).double()
    reordered = reorder(rows, reversal_index(torch.tensor(lengths), width)).squeeze(2).tolist()
    for row, length, result in zip(rows.squeeze(2).tolist(), lengths, reordered, strict=True):
        assert result == row[:length][::-1] + row[length:]


def test_gradient_of_reordering_is_exact() -> None:
    x = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    index = reversal_index(torch.tensor([3, 2]), 4)
    assert torch.autograd.gradcheck(lambda value: reorder(value, index), (x,))


# --- what a model reads ----------------------------------------------------------------------------------------------

EVERY_MODEL = [
    Tagger(cell="lstm", hidden=6, embedding=3, layers=2, bidirectional=True),
    Classifier(cell="gru", hidden=6, embedding=3, layers=2),
    Classifier(cell="rnn", hidden=6, embedding=3, bidirectional=True),
    Classifier(cell="lstm", hidden=6, embedding=3, bidirectional=True, readout="both_directions"),
    Seq2seq(cell="lstm", hidden=6, embedding=3, layers=2),
    Seq2seq(cell="gru", hidden=6, embedding=3, decoder="teacher_forcing", activation="relu"),
]


def made(model: Any, **values: Any) -> Architecture:
    torch.manual_seed(1)
    return build(model, sizes(**values)).eval()


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_more_padding_changes_nothing_that_is_valid(model: Any) -> None:
    network = made(model)
    inputs = torch.randint(1, 12, (3, 5, 1))
    lengths = torch.tensor([5, 2, 3])
    for row, length in enumerate(lengths.tolist()):
        inputs[row, length:] = 0
    wider = torch.cat([inputs, torch.full((3, 4, 1), 7)], dim=1)  # any symbol may stand in padding
    expected, logits = network(inputs, lengths), network(wider, lengths)
    if model.kind == "tagger":
        for row, length in enumerate(lengths.tolist()):
            torch.testing.assert_close(logits[row, :length], expected[row, :length])
    else:
        torch.testing.assert_close(logits, expected)


def test_published_bidirectional_readout_is_the_backward_direction_of_the_last_layer() -> None:
    network = made(Classifier(cell="lstm", hidden=6, embedding=3, layers=2, bidirectional=True))
    inputs, lengths = torch.randint(1, 12, (3, 5, 1)), torch.tensor([5, 2, 3])
    twin = packed_twin(network.recurrent, "lstm", 3)
    packed = pack_padded_sequence(network.embedding(inputs), lengths, batch_first=True, enforce_sorted=False)
    _, (hidden, _) = twin(packed)
    torch.testing.assert_close(network(inputs, lengths)[:, 0], network.linear(hidden[-1]))


def test_unread_direction_has_no_gradient_and_everything_else_has() -> None:
    network = made(Classifier(cell="lstm", hidden=6, embedding=3, layers=2, bidirectional=True))
    network(torch.randint(1, 12, (3, 5, 1)), torch.tensor([5, 2, 3])).sum().backward()
    without = {name for name, parameter in network.named_parameters() if parameter.grad is None}
    assert {name.rsplit(".", 1)[0] for name in without} == {"recurrent.forward_layers.1"}


def test_left_padding_is_read_first() -> None:
    inputs = torch.tensor([[4, 5, 0, 0], [1, 2, 3, 0], [6, 7, 8, 9]]).unsqueeze(2)
    shifted = shifted_right(inputs, torch.tensor([2, 3, 4])).squeeze(2)
    assert shifted.tolist() == [[0, 0, 4, 5], [0, 1, 2, 3], [6, 7, 8, 9]]

    left = made(Classifier(cell="lstm", hidden=6, embedding=3, padding="left"))
    masked = made(Classifier(cell="lstm", hidden=6, embedding=3))
    assert masked.ignores_padding
    assert not left.ignores_padding
    masked.load_state_dict(left.state_dict())
    lengths = torch.tensor([2, 3, 4])
    # Reading the shifted sequences whole is what the masked model does when they count as full.
    expected = masked(shifted.unsqueeze(2), torch.tensor([4, 4, 4]))
    torch.testing.assert_close(left(inputs, lengths), expected)
    assert not torch.allclose(left(inputs, lengths)[0], masked(inputs, lengths)[0])
    # Its padding vector is trained like any other; the masked model's never is.
    left(inputs, lengths).sum().backward()
    masked(inputs, lengths).sum().backward()
    assert left.embedding.weight.grad[0].abs().sum() > 0
    assert masked.embedding.weight.grad[0].abs().sum() == 0


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_report_initialisation(cell: str) -> None:
    torch.manual_seed(0)
    model = Classifier(cell=cell, hidden=20, embedding=30, layers=2, initialisation="xavier_orthogonal")
    network = build(model, sizes(alphabet=400, classes=2))
    for name, parameter in network.named_parameters():
        if "bias" in name:
            assert parameter.abs().sum() == 0, name
        elif "recurrent" in name:
            small = parameter if parameter.shape[0] < parameter.shape[1] else parameter.T
            torch.testing.assert_close(small @ small.T, torch.eye(small.shape[0]), atol=1e-5, rtol=0)
    spread = (2 / (400 + 30)) ** 0.5
    assert network.embedding.weight.std().item() == pytest.approx(spread, rel=0.05)
    assert network.linear.weight.std().item() == pytest.approx((2 / 22) ** 0.5, rel=0.35)


# --- seq2seq ---------------------------------------------------------------------------------------------------------


def by_hand(
    network: Any, inputs: Tensor, length: int, symbols: list[int] | None, cell: str, steps: int
) -> Tensor:
    """Logits (T, classes) of one sequence, decoded with PyTorch's multi-layer modules, prefix anew at each step.

    `symbols`: what the decoder reads (None: its own greedy choices).
    """
    encoder = packed_twin(network.encoder, cell, network.embedding.embedding_dim)
    context = encoder(network.embedding(inputs[:length].unsqueeze(0)))[0][0, -1]
    decoder = packed_twin(network.decoder, cell, network.decoder.forward_layers[0].input_size)
    read = [5]  # the start symbol of 5 classes
    logits = torch.zeros(0)
    for step in range(steps):
        vectors = context.expand(len(read), -1)
        if network.reads_targets:
            vectors = torch.cat([vectors, network.previous(torch.tensor(read))], dim=1)
        logits = network.head(decoder(vectors.unsqueeze(0))[0][0])
        read.append(symbols[step] if symbols is not None else int(logits[-1].argmax()))
    return logits


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("decoder", ["repeat_state", "teacher_forcing"])
def test_decoder_follows_its_definition(cell: str, decoder: str) -> None:
    network = made(Seq2seq(cell=cell, hidden=6, embedding=3, layers=2, decoder=decoder))
    inputs, lengths = torch.randint(1, 12, (3, 5, 1)), torch.tensor([5, 2, 3])
    targets = torch.randint(0, 5, (3, 4))
    with torch.no_grad():
        forced, free = network(inputs, lengths, targets), network(inputs, lengths)
        for row in range(3):
            arguments = (network, inputs[row], int(lengths[row]))
            torch.testing.assert_close(forced[row], by_hand(*arguments, targets[row].tolist(), cell, 4))
            torch.testing.assert_close(free[row], by_hand(*arguments, None, cell, 4))
    if decoder == "repeat_state":
        torch.testing.assert_close(forced, free)


def test_target_outside_the_classes_can_be_read() -> None:
    network = made(Seq2seq(cell="gru", hidden=6, embedding=3, decoder="teacher_forcing"))
    targets = torch.full((2, 4), -1)
    assert network(torch.ones(2, 3, 1, dtype=torch.long), torch.tensor([3, 3]), targets).isfinite().all()
