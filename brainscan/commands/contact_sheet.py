"""``python -m brainscan contact_sheet``: a picture of what the network sees in training."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from brainscan.commands.predict_outputs import refuse_to_overwrite
from brainscan.data.augmentation import Augmentation
from brainscan.data.contact_sheet import contact_sheet
from brainscan.data.dataset import open_dataset
from brainscan.data.loader import DataLoader
from brainscan.errors import BrainScanError, DatasetError
from brainscan.imaging.preprocessing import Preprocessing

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "contact_sheet",
        help="picture of what the network sees in training",
        description="Draw preprocessed slices (first column) beside augmented versions of them, "
        "with tumour outlines where the dataset has masks.",
    )
    parser.add_argument("dataset", metavar="DATASET", help="labelled scans")
    parser.add_argument("--out", type=Path, default=Path("contact-sheet.png"), metavar="FILE")
    parser.add_argument("--rows", type=int, default=8, metavar="N")
    parser.add_argument("--columns", type=int, default=8, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if not (1 <= args.rows <= 100 and 1 <= args.columns <= 100):
        raise DatasetError("A contact sheet has between 1 and 100 rows and columns.")
    if args.out.suffix.lower() not in SUFFIXES:
        msg = (
            f"{args.out} does not end like a picture. Give --out a name that ends in one of "
            f"{', '.join(SUFFIXES)}."
        )
        raise BrainScanError(msg)
    dataset = open_dataset(args.dataset).images_only("The contact sheet")
    refuse_to_overwrite((record.path for record in dataset.records), [args.out])
    labelled = [record for record in dataset.records if record.label is not None]
    if not labelled:
        raise DatasetError(f"{dataset.root.name} has no labelled image to train on.")
    generator = np.random.default_rng(args.seed)
    picked = generator.permutation(len(labelled))[: args.rows]
    chosen = replace(dataset, records=tuple(labelled[index] for index in picked))
    loader = DataLoader(chosen, Preprocessing())
    sheet = contact_sheet(
        loader, Augmentation(), rows=args.rows, columns=args.columns, seed=args.seed
    )
    Image.fromarray(sheet).save(args.out)
    print(
        f"{args.out}: {len(loader)} slices, each preprocessed and {args.columns - 1} times changed"
    )
    return 0
