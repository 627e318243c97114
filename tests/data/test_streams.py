from __future__ import annotations

import numpy as np

from carryover.data.streams import stream


def words(key: tuple[str | int, ...], block: int = 0, count: int = 4) -> list[int]:
    return stream(key, block).integers(0, 2**64, size=count, dtype=np.uint64).tolist()


def test_a_stream_is_found_again_by_its_name() -> None:
    assert words(("a", 1), 5) == words(("a", 1), 5)


def test_streams_of_other_names_and_blocks_are_others() -> None:
    names = [("a", 1), ("a", 2), ("a", "1"), ("a1",), ("1", "a"), ("a",), ()]
    found = [tuple(words(name, block)) for name in names for block in range(3)]
    assert len(set(found)) == len(found)


def test_blocks_do_not_run_into_each_other() -> None:
    first = set(words(("a",), 0, 100_000))
    assert not first & set(words(("a",), 1, 100_000))


def test_the_bits_are_philox_of_the_hashed_name() -> None:
    """Frozen: a change here changes every dataset and every initialisation there is."""
    assert words(("carryover", 0)) == [
        10034247559653275436,
        10162077435898813730,
        6766880794393568536,
        14279056114790152820,
    ]
    assert words(("carryover", 0), 7)[0] == 15985637361396717659
