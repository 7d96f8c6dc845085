"""``python -m brainscan models``: the released models on this machine."""

from __future__ import annotations

import argparse

from brainscan.errors import ModelUnavailable
from brainscan.inference.release import broken_models, list_models, models_root


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "models",
        help="list the released models",
        description="List the released models with version, types, size and state of their files, "
        "which are compared with their checksums. Exit code 0: every model is whole; 1: one is "
        "incomplete, altered or cannot be read.",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    releases, broken = list_models(), broken_models()
    if not releases and not broken:
        print(f"No released model in {models_root()}.")
    code = 1 if broken else 0
    for release in releases:
        files = [path for path in release.folder.iterdir() if path.is_file()]
        size = sum(path.stat().st_size for path in files) / 1e6
        try:
            release.verify()
            state = "files verified"
        except ModelUnavailable as error:
            state, code = str(error), 1
        print(f"{release.name:12s} {release.version:8s} {size:5.0f} MB  {state}")
        print(f"{'':12s} types: {', '.join(release.types) or 'none (tumour or not)'}")
        print(f"{'':12s} threshold: {release.threshold:.3f}; card: {release.folder}/MODEL_CARD.md")
    for sentence in broken:
        print(sentence)
    return code
