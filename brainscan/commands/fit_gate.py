"""``python -m brainscan fit_gate``: fit the input gate of an existing release anew."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from brainscan.commands.release_version import release_version
from brainscan.inference.release import open_release
from brainscan.notice import RESEARCH_USE
from brainscan.progress import ProgressBar

EXAMPLES = """\
example:
  python -m brainscan fit_gate resnet50 data/brain-mri data/lgg data/healthy-oasis \\
      --not-brain-mri data/not-brain-mri --version 1.2.1

Draws the split of the release again, from its own settings, and compares the images with the
recorded fingerprint. The gate is fitted on training slices and pictures of other things, and
measured with whole kinds of these left out; validation slices only check it. The network does
not change; the gate, the manifest and the model card do, and the version should. Without
--version nothing is written.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "fit_gate",
        help="fit the input gate of a release anew",
        description=f"Fit the input gate of a released model. {RESEARCH_USE}",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", help="released model")
    parser.add_argument("datasets", nargs="+", type=Path, metavar="DATASET",
                        help="the datasets it was trained on")  # fmt: skip
    parser.add_argument("--not-brain-mri", type=Path, metavar="DIR",
                        help="real pictures that it must refuse")  # fmt: skip
    parser.add_argument(
        "--version", type=release_version, metavar="VERSION", help="write the gate as this version"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from brainscan.training.gate_fit import fit_gate
    from brainscan.training.release import rewrite_release
    from brainscan.training.volume_scores import split_of_release

    release = open_release(args.name)
    settings = json.loads((release.folder / "config.json").read_text(encoding="utf-8"))
    training, validation = split_of_release(release, settings, args.datasets)
    with ProgressBar("Looking at pictures") as bar:
        arrays, figures = fit_gate(
            release, training, validation, args.not_brain_mri, progress=bar.update
        )
    print(json.dumps({key: figures[key] for key in ("genuine", "left_out")}, indent=2))
    if args.version:
        rewrite_release(release, {"gate": figures}, args.version, gate=arrays)
        print(f"Wrote {release.name} {args.version} in {release.folder}", file=sys.stderr)
    return 0
