"""Training one run: the loop, its parts, and how it continues after an interruption."""
