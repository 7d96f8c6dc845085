"""``python -m brainscan``: the command line."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from brainscan.commands.interruption import INTERRUPTED, stopped
from brainscan.errors import BrainScanError
from brainscan.notice import RESEARCH_USE

COMMANDS = (
    "predict", "anonymize", "evaluate", "gate", "audit", "train", "release", "add_outlines",
    "volume_rule", "fit_gate", "measure", "faithfulness", "models", "contact_sheet",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        The exit code: 0 done, 1 some errors, 2 wrong usage, 130 stopped with Ctrl-C.
    """
    try:
        # The commands bring NumPy, SciPy and more with them: seconds in which Ctrl-C is likely.
        parser = _parser()
    except KeyboardInterrupt:
        return stopped("", "Nothing was done.")
    args = parser.parse_args(arguments)
    try:
        code: int = args.run(args)
    except BrainScanError as error:
        print(f"brainscan {args.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"brainscan {args.command}: stopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (for example `head`) has gone: that is not an error.
        sys.stderr.close()
        return 0
    except OSError as error:
        print(f"brainscan {args.command}: {_sentence(error)}", file=sys.stderr)
        return 2
    return code


def _sentence(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.filename is None:
        return f"The system reports an error: {reason}."
    place = os.fsdecode(error.filename)
    return f"{place} cannot be read or written: {reason}. Check the path and its permissions."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m brainscan",
        description=f"Reads brain MRI slices: tumor or not, which type, and where. {RESEARCH_USE}",
        epilog="`python -m brainscan COMMAND --help` explains a command, with examples.",
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        importlib.import_module(f"brainscan.commands.{name}").add_parser(subparsers)
    return parser
