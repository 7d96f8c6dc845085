"""What a command says and returns when Ctrl-C stops it."""

import sys

INTERRUPTED = 130
"""Exit code after Ctrl-C, as a shell reports it."""


def stopped(command: str, consequence: str) -> int:
    """Say on stderr that a command was stopped and what that leaves; return its exit code.

    Parameters
    ----------
    command
        Name of the command; empty for the program as a whole.
    consequence
        One or more sentences on what was written and what was not.
    """
    print(f"{f'brainscan {command}'.strip()}: stopped. {consequence}", file=sys.stderr)
    return INTERRUPTED
