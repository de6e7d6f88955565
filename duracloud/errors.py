"""Errors of the command line: each is one line for the person at the keyboard."""


class CommandError(Exception):
    """The command could not do its work; the text says what to do."""

    status = 1


class UsageError(CommandError):
    """An argument is not allowed; the text says what was got and what is allowed."""

    status = 2


class BrokenOffError(CommandError):
    """The user pressed Ctrl-C; the text says what keeps running."""

    status = 130
