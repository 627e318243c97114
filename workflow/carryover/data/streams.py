"""Random streams, each with a name. So any block of any dataset can be drawn alone, in any order."""

from __future__ import annotations

import hashlib

import numpy as np

from carryover.settings.canonical import canonical_json

Key = tuple[str | int, ...]


def stream(key: Key, block: int = 0) -> np.random.Generator:
    """The random generator of one block of the stream that `key` names.

    Philox (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) computes its output from a key, here
    the first 128 bits of the SHA-256 of `key`, and a 256-bit counter, whose highest 64 bits are `block`. So blocks
    never overlap and need nothing from each other. What NumPy makes of these bits may differ between its versions.
    """
    digest = hashlib.sha256(canonical_json(list(key)).encode()).digest()
    bits = np.random.Philox(key=int.from_bytes(digest[:16], "little"), counter=block << 192)
    return np.random.Generator(bits)
