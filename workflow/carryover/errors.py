"""The one error that is the user's to mend."""

from __future__ import annotations


class UserError(Exception):
    """A mistake in a config, a file or a command: one line saying what, where, and what would be right.

    The command line prints the message and exits with 2; nothing else catches it.
    """


class UserErrors(UserError):
    """Several mistakes found together, one line each."""

    def __init__(self, messages: list[str]) -> None:
        self.messages = messages
        super().__init__("\n".join(messages))
