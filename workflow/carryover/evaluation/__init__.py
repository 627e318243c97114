"""Evaluation of a checkpoint on all its suites: how correct it is on every split, and on every stratum of it."""
