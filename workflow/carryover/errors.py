"""The one error that is the user's to mend."""

from __future__ import annotations


class UserError(Exception):
    """A mistake in a config, a file or a command: one line saying what, where, and what would be right.

    The command line prints the message and exits with 2; nothing else catches it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class UserErrors(UserError):
    """Several mistakes found together, one line each."""

    def __init__(self, messages: list[str]) -> None:
        self.messages = [printable(message).replace("\n", "\\n") for message in messages]
        super().__init__("\n".join(self.messages))


def printable(text: str) -> str:
    """Text from files as a terminal may have it: without characters that steer it or turn text round."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
