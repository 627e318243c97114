"""The error for mistakes that the user can correct."""

from __future__ import annotations


class UserError(Exception):
    """A mistake in a config, a file or a command, in one line that says what, where, and what would be right.

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
    """Text that is safe to print: control characters, and those that reverse the direction of text, are escaped."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
