"""A checkpoint on all its suites: how right it is on every split, and on every part of it that says something."""
