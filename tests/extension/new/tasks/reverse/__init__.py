"""Task `reverse`: a string is written back to front."""

from __future__ import annotations

from carryover.tasks.record import Code, Length, Stratum, Task
from carryover.tasks.strata_titles import after, counted

TASK = Task(
    name="reverse",
    label="writing strings back to front",
    readings=("tags",),
    code=Code(
        generation=("data.py", "settings.py"),
        encoding=("data.py", "settings.py"),
        evaluation=("data.py", "strata.py"),
    ),
    strata={
        "letters": Stratum("different letters", counted("letter", "different letters")),
        "position": Stratum("position in the answer", after("position")),
    },
    length=Length(label="letters", stratum="letters"),
)
