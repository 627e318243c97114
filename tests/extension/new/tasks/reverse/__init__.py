"""Task `reverse`: a string is written back to front."""

from __future__ import annotations

from carryover.tasks.record import Code, Length, Task

TASK = Task(
    name="reverse",
    label="writing strings back to front",
    readings=("tags",),
    code=Code(
        generation=("data.py", "settings.py"),
        encoding=("data.py", "settings.py"),
        evaluation=("data.py", "strata.py"),
    ),
    strata={"letters": "different letters", "position": "position in the answer"},
    length=Length(label="letters", stratum="letters"),
)
