"""Outlines of whole scans: each slice by itself against slices that heed their neighbours.

    python -m benchmarks.volume_outlines --data ../shared/data [--model resnet50] [--choose]

The scans are the numbered slices of one patient and sequence in ``lgg``: of fold 4, which no
training and no choice saw. With ``--choose`` they are those of the validation patients, and every
weight and peak tried is printed: that is where those of the package were chosen from, by the
highest mean Dice with at most 5 % false masks in each sequence. Outlines are those of an answer
other than no tumor; slices that are called tumor-free by themselves have none.

Dice is that of all voxels of a scan, mean over scans; a false mask is one of more than 0.5 % of
the head on a slice without tumor. Intervals are 95 %, bootstrap over patients.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from brainscan.data.dataset import Record, open_dataset
from brainscan.errors import InputRejected
from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.ratios import ratio, share_of
from brainscan.evaluation.segmentation_metrics import dice_of
from brainscan.imaging.head import head_area
from brainscan.imaging.reading import read_scan
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.neighbours import NEIGHBOUR, PEAK, heeding_neighbours
from brainscan.inference.segmentation import Segmentation
from brainscan.progress import ProgressBar
from brainscan.training.segmentation_fit import FALSE_MASK
from brainscan.training.volume_scans import slice_number
from brainscan.training.volume_scores import slices_of_scans, split_of_release

WEIGHTS = (0.1, 0.15, 0.2, 0.25)
PEAKS = (0.5, 0.6, 0.7, 0.8)
ALONE = "each slice alone"


@dataclass(frozen=True)
class Slice:
    """One slice: the expert's mask, the head's area, whether the answer lets it have an outline."""

    truth: np.ndarray = field(repr=False)
    head: float
    suspicious: bool


@dataclass
class Tally:
    """Dice of scans, and tumor-free slices with a mask, each with the patient."""

    dice: list[tuple[float, str]] = field(default_factory=list)
    false: list[tuple[int, str]] = field(default_factory=list)

    def take(self, slices: Sequence[Slice], masks: Sequence[np.ndarray], patient: str) -> None:
        """Count one scan."""
        sums = [
            (int((one.truth & mask).sum()), int(one.truth.sum()), int(mask.sum()))
            for one, mask in zip(slices, masks, strict=True)
        ]
        value = dice_of(*(float(sum(column)) for column in zip(*sums, strict=True)))
        if value is not None and any(truth for _, truth, _ in sums):
            self.dice.append((value, patient))
        for one, (_, truth, drawn) in zip(slices, sums, strict=True):
            if not truth:
                self.false.append((int(drawn > FALSE_MASK * one.head), patient))

    def words(self) -> str:
        """Return the figures as a row."""
        units = [patient for _, patient in self.dice]
        dice = ratio([(value, 1.0) for value, _ in self.dice], units, "no scan")
        false = share_of(
            [(value, 1) for value, _ in self.false], [unit for _, unit in self.false], "no slice"
        )
        return f"Dice {_words(dice)}   false masks {_words(false)}"


def main() -> None:
    """Read the scans, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER",
                        help="holds brain-mri, lgg and healthy-oasis")  # fmt: skip
    parser.add_argument("--model", default="resnet50", metavar="NAME")
    parser.add_argument("--choose", action="store_true", help="try settings on validation scans")
    args = parser.parse_args()
    classifier = TumorClassifier.load(args.model, runtime="openvino-throughput")
    records: Sequence[Record] = open_dataset(args.data / "lgg").select(folds=["4"]).records
    tried: list[tuple[float, float] | None] = [None, (NEIGHBOUR, PEAK)]
    if args.choose:
        folder = classifier.release.folder
        settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        folders = [args.data / name for name in (*settings["datasets"], *settings["tumor_free"])]
        records = split_of_release(classifier.release, settings, folders)[1].records
        tried = [None, *itertools.product(WEIGHTS, PEAKS)]
    tallies: dict[tuple[str, object], Tally] = defaultdict(Tally)
    for (patient, sequence), slices, outlines in scans(classifier, slices_of_scans(records)):
        for setting in tried:
            masks = drawn(slices, outlines, setting)
            tallies[sequence, setting].take(slices, masks, patient)
    for (sequence, setting), tally in sorted(tallies.items(), key=lambda item: item[0][0]):
        name = ALONE if setting is None else "weight {:g}, peak {:g}".format(*setting)
        print(f"{sequence:6s} {name:24s} {tally.words()}")


def scans(
    classifier: TumorClassifier, records: Sequence[Record]
) -> Iterator[tuple[tuple[str, str], list[Slice], list[Segmentation | None]]]:
    """Yield patient and sequence, slices and outlines of each scan, slices in their order."""
    found: dict[tuple[str, str], list[tuple[int, Record]]] = defaultdict(list)
    for record in records:
        number = slice_number(record)
        if number is not None and record.label is not None:
            found[str(record.group), str(record.sequence)].append((number, record))
    with ProgressBar("Reading scans") as bar:
        for done, (key, numbered) in enumerate(sorted(found.items()), start=1):
            ordered = sorted(numbered, key=lambda each: each[0])
            pairs = [read(classifier, record) for _, record in ordered]
            yield key, [one for one, _ in pairs], [outline for _, outline in pairs]
            bar.update(done, len(found))


def read(classifier: TumorClassifier, record: Record) -> tuple[Slice, Segmentation | None]:
    """Read a slice; without an outline where the network cannot."""
    scan = read_scan(record.path)
    truth = np.zeros(scan.pixels.shape, bool)
    if record.mask is not None:
        truth = cv2.imdecode(np.fromfile(str(record.mask), np.uint8), cv2.IMREAD_GRAYSCALE) > 0
    try:
        reading = classifier.read(scan)
    except InputRejected:
        return Slice(truth, head_area(scan.pixels), suspicious=False), None
    suspicious = classifier.decide(reading.probability) != "no_tumor"
    return Slice(truth, head_area(scan.pixels), suspicious), reading.segmentation


def drawn(
    slices: Sequence[Slice],
    outlines: Sequence[Segmentation | None],
    setting: tuple[float, float] | None,
) -> list[np.ndarray]:
    """Return the masks of a scan with a weight and a peak; ``None``: each slice by itself."""
    heeding = list(outlines) if setting is None else heeding_neighbours(outlines, *setting)
    return [
        outline.mask if outline is not None and one.suspicious else np.zeros_like(one.truth)
        for one, outline in zip(slices, heeding, strict=True)
    ]


def _words(found: Estimate) -> str:
    if found.value is None or found.low is None or found.high is None:
        return f"n {found.n}: {found.reason}"
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f}), n {found.n}"


if __name__ == "__main__":
    main()
