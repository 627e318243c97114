"""The texts about a trained model: its name, what it was trained on, and questions that show what it can do."""

from __future__ import annotations

import random
from collections.abc import Sequence

from carryover.settings.models.classifier import Classifier
from carryover.settings.models.recurrent import Recurrent
from carryover.settings.models.seq2seq import Seq2seq
from carryover.tasks.digit_sum.bounds import decimal_length
from carryover.tasks.digit_sum.distributions import MixedLengths, PairsFile, UniformDigits, UniformLength
from carryover.tasks.digit_sum.settings import DigitSumDataset
from carryover.tasks.expression.grammar import Expressions
from carryover.tasks.expression.settings import ExpressionDataset
from carryover.training.trained import Trained

SIGNS = {"+": "+", "-": "−", "*": "×"}
LONGEST_WRITTEN = 12  # digits of a bound that is written out


def labels(runs: Sequence[Trained]) -> list[str]:
    """A short name for each run: what it was trained on, and as much else as tells it from the others."""
    names = [_distribution(run) for run in runs]
    for describe in (_padding, _architecture, _seed, _name):
        parts = [describe(run) for run in runs]
        if len(set(names)) < len(names) and len(set(parts)) > 1:
            names = [f"{name}, {part}" if part else name for name, part in zip(names, parts, strict=True)]
    return [name[:1].upper() + name[1:] for name in names]


def trained(run: Trained) -> str:
    """What a run is, what it was trained on, and how that went."""
    batches = f"{run.info['steps']:,} batches of {run.settings.training.batch:,}"
    what = "sums of numbers" if isinstance(run.settings.dataset, DigitSumDataset) else "expressions"
    padding = f", {_padding(run)}" if _padding(run) else ""
    ended = {
        "solved": f" From step {run.info.get('solved_at')} on it answered such questions correctly.",
        "finished": " It still makes mistakes on such questions.",
        "diverged": " Its training diverged.",
    }
    return (
        f"{_architecture(run)}, trained on {batches} {what}: {_distribution(run)}{padding}."
        f"{ended.get(run.info.get('status', ''), '')}"
    )


def longest_operand(dataset: DigitSumDataset) -> int | None:
    """The most digits that a number has in training. Of a file of pairs, only the longest sum is known."""
    if isinstance(dataset.distribution, PairsFile):
        return dataset.longest_sum()
    return dataset.distribution.longest_operand()


def questions(dataset: ExpressionDataset) -> list[dict[str, str]]:
    """Expressions to try, each with what it is: as in training first, then further and further from it."""
    rng = random.Random(0)
    components = dataset.distribution.components
    asked = [("As in training", _expression([one], max(one.operands), rng)) for one in components[:3]]
    last = components[-1]
    if last.parentheses != "none":
        asked.append(("With parentheses", _expression([last], max(last.operands), rng, group=True)))
    if len(components) > 1:
        asked.append(("Mixed", _expression(components, max(last.operands), rng)))
    asked.append(("One number more", _expression([last], max(last.operands) + 1, rng)))
    return [{"label": label, "text": text} for label, text in asked]


def _expression(
    grammars: Sequence[Expressions], operands: int, rng: random.Random, group: bool = False
) -> str:
    """An expression whose numbers come from each grammar in turn; the first two in parentheses where `group` is set."""
    numbers = []
    for position in range(operands):
        grammar = grammars[position % len(grammars)]
        lists = grammar.values_of(max(grammar.operands))
        numbers.append(str(rng.choice(lists[min(position, len(lists) - 1)])))
    if group:
        numbers[0], numbers[1] = f"({numbers[0]}", f"{numbers[1]})"
    rest = [f"{rng.choice(grammars[-1].operators)}{number}" for number in numbers[1:]]
    return "".join([numbers[0], *rest])


# --- settings in words ---


def _architecture(run: Trained) -> str:
    """Such as `RNN with 2 layers of 32 units`."""
    model = run.settings.model
    assert isinstance(model, Recurrent)
    kind = " classifier" if isinstance(model, Classifier) else ""
    kind = " encoder and decoder" if isinstance(model, Seq2seq) else kind
    layers = f"{model.layers} layers" if model.layers > 1 else "1 layer"
    direction = " in both directions" if getattr(model, "bidirectional", False) else ""
    return f"{model.cell.upper()}{kind} with {layers} of {model.hidden} units{direction}"


def _seed(run: Trained) -> str:
    return f"seed {run.settings.seed}"


def _name(run: Trained) -> str:
    return run.folder.name


def _padding(run: Trained) -> str:
    """Such as `padded with zeros to 11 digits`, where numbers were padded to more than the longest sum has."""
    dataset, length = run.settings.dataset, run.sizes.target_length
    if not isinstance(dataset, DigitSumDataset) or length <= (dataset.longest_sum() or 0):
        return ""
    return f"padded with zeros to {_digits(length)}"


def _distribution(run: Trained) -> str:
    """What the numbers or expressions of training are, such as `up to 2 digits`."""
    dataset = run.settings.dataset
    if isinstance(dataset, ExpressionDataset):
        return _grammars(dataset.distribution.components)
    assert isinstance(dataset, DigitSumDataset)
    return _numbers(dataset)


def _numbers(dataset: DigitSumDataset) -> str:
    distribution = dataset.distribution
    if isinstance(distribution, UniformDigits):
        return f"up to {_digits(distribution.digits)}"
    if isinstance(distribution, UniformLength):
        return f"{distribution.shortest} to {_digits(distribution.longest)}, each length equally often"
    if isinstance(distribution, MixedLengths):
        *shorter, longest = distribution.digits
        lengths = f"{', '.join(f'{digits:,}' for digits in shorter)} or " if shorter else ""
        return f"{lengths}{_digits(longest)}"
    if isinstance(distribution, PairsFile):
        return "pairs from a file"
    low, high = distribution.bounds()
    longest = decimal_length(high - 1)
    if longest <= LONGEST_WRITTEN:
        return f"from {low:,} to {high - 1:,}"
    return f"up to {_digits(longest)}" if low == 0 else f"{decimal_length(low)} to {_digits(longest)}"


def _digits(count: int) -> str:
    return f"{count:,} digit{'s' if count != 1 else ''}"


def _grammars(grammars: Sequence[Expressions]) -> str:
    """Such as `3 numbers, all from 0 to 9 or all from 10 to 99, with + and −`."""
    if len({(_signs(one), one.operands) for one in grammars}) > 1:
        return "; or ".join(_grammars([one]) for one in grammars)
    counts = " or ".join(map(str, grammars[0].operands))
    if len(grammars) == 1:
        return f"{counts} numbers {_ranges(grammars[0])}, with {_signs(grammars[0])}"
    ranges = " or ".join(f"all {_ranges(one)}" for one in grammars)
    return f"{counts} numbers, {ranges}, with {_signs(grammars[0])}"


def _ranges(grammar: Expressions) -> str:
    lists = [grammar.numbers] if grammar.numbers is not None else grammar.numbers_by_position or ()
    return ", then ".join(
        f"from {numbers.smallest:,} to {numbers.largest:,}"
        + "".join(f" without the digit {digit}" for digit in numbers.without_digits)
        + "".join(f" without {number}" for number in numbers.without)
        for numbers in lists
    )


def _signs(grammar: Expressions) -> str:
    """Such as `+, − and ×`."""
    signs = [SIGNS[operator] for operator in grammar.operators]
    signs += ["parentheses"] if grammar.parentheses != "none" else []
    return " and ".join(part for part in (", ".join(signs[:-1]), signs[-1]) if part)
