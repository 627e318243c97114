"""Whether a user's regular expression takes long on the words of reviews."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

from carryover.errors import UserError

SECONDS = 3  # of CPU time for the sample; the default takes a thousandth of that
PATIENCE = 60  # seconds of a busy machine

# In a process of its own: nothing else can end a pattern that is at work.
_TRY = """
import json, re, resource, sys
seconds, pattern, words = json.load(sys.stdin)
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
special = re.compile(pattern)
for word in words:
    special.sub("", word)
"""
# Words on which patterns with nested repetition try every way to part them.
_HARD_CHARACTERS = "aZ0.!-_/'é"
_LENGTHS = (24, 40, 400)


@cache
def refuse_slow(pattern: str, words: tuple[str, ...] = ()) -> None:
    """Raise UserError for a pattern that takes too long on made-up hard words, or on these."""
    hard = {character for character in pattern if character.isprintable()} | set(_HARD_CHARACTERS)
    made_up = [one * length + end for one in sorted(hard) for length in _LENGTHS for end in ("", "!", "\0")]
    given = json.dumps([SECONDS, pattern, [*made_up, *words]])
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _TRY],
            input=given.encode(),
            timeout=PATIENCE,
            capture_output=True,
        )
    except subprocess.TimeoutExpired:
        pass
    else:
        if done.returncode == 0:
            return
    raise UserError(
        rf"dataset.remove: {pattern[:60]!r} takes more than {SECONDS} seconds on a sample of words; "
        r"write it without repetition inside of repetition, as the default [^\w\s]"
    )
