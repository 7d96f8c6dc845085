"""Whole volumes: time against the bare runtime, peak memory, and a check on labelled scans.

    python -m benchmarks.volume DATA/nifti [--model resnet50] [--repeats 3]

"Bare runtime" is OpenVINO called directly with the prepared inputs of the same slices, kept busy
by its own queue: no reading, no preprocessing, no gate, no maps. Ours and bare are measured in
turn, and the ratio is the median of the pairs. DATA/nifti holds a folder for each patient with
scans and, where there is one, the expert's labels as OTMultiClass.nii.gz.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from nibabel import Nifti1Image
from sklearn.metrics import roc_auc_score

from benchmarks.speed_table import as_input, bare_runtime, in_turn
from brainscan.imaging.nifti import read_nifti
from brainscan.imaging.orientation import PLANE_OF_AXIS
from brainscan.imaging.preprocessing import preprocess
from brainscan.imaging.volume import Volume
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.volume import predict_volume
from brainscan.inference.volume_prediction import VolumePrediction

LABELS = "OTMultiClass.nii.gz"
_NO_SCANS = (LABELS, "brainmask.nii.gz")


@dataclass(frozen=True)
class Checked:
    """What the answer for one volume is worth.

    Attributes
    ----------
    name
        Folder and file.
    prediction
        The answer.
    auroc
        Of the scored slices' probabilities: labelled tumor slices against the rest; ``None``
        without labels.
    hit
        Whether the maximum of the evidence lies in the labelled tumor; ``None`` without labels.
    """

    name: str
    prediction: VolumePrediction
    auroc: float | None
    hit: bool | None

    @property
    def refused(self) -> int:
        """Slices that the gate would have refused."""
        return sum(one.gate_refused for one in self.prediction.scored)


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="resnet50")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    scans = find_volumes(args.folder)
    classifier = TumorClassifier.load(args.model, runtime="openvino-throughput")
    print("| Volume | Decision | Value | Slices | Refused by gate | AUROC | Maximum in tumour |")
    print("|---|---|---|---|---|---|---|")
    for path in scans:
        one = check(classifier, path)
        auroc = "" if one.auroc is None else f"{one.auroc:.3f}"
        hit = "" if one.hit is None else ("yes" if one.hit else "no")
        answer = one.prediction
        print(
            f"| {one.name} | {answer.decision} | {answer.tumor_probability:.3f} "
            f"| {len(answer.scored)} | {one.refused} | {auroc} | {hit} |"
        )
    print("\n| Measure | Measured | Against | Ratio | Wanted |\n|---|---|---|---|---|")
    for row in (*timed(classifier, scans[0], args.repeats), *memory(args.model, scans[0])):
        print(f"| {' | '.join(row)} |")


def find_volumes(folder: Path) -> list[Path]:
    """Return the scans under a folder, those with labels first."""
    scans = [path for path in sorted(folder.rglob("*.nii.gz")) if path.name not in _NO_SCANS]
    return sorted(scans, key=lambda path: (not path.with_name(LABELS).is_file(), path))


def check(classifier: TumorClassifier, path: Path) -> Checked:
    """Predict a volume and compare with the labels beside it."""
    volume = read_nifti(path)
    prediction = predict_volume(classifier, volume)
    labels = path.with_name(LABELS)
    auroc = hit = None
    if labels.is_file():
        stored = np.asarray(Nifti1Image.from_filename(str(labels)).dataobj) > 0
        auroc, hit = against(volume, prediction, volume.source.to_canonical(stored))
    return Checked(f"{path.parent.name}/{path.name}", prediction, auroc, hit)


def against(volume: Volume, prediction: VolumePrediction, tumor: np.ndarray) -> tuple[float, bool]:
    """Return AUROC of the slice profile and whether the evidence peaks in the tumor.

    Parameters
    ----------
    tumor
        Bool, the shape of ``volume.voxels``, canonical order.
    """
    axis = PLANE_OF_AXIS.index(prediction.plane)
    others = tuple(other for other in range(3) if other != axis)
    labelled = np.asarray(tumor.any(axis=others))
    scored = prediction.scored
    truth = [bool(labelled[one.index]) for one in scored]
    auroc = float(roc_auc_score(truth, [one.probability for one in scored]))
    evidence = prediction.evidence_volume(volume)
    peak = np.unravel_index(int(evidence.argmax()), evidence.shape)
    return auroc, bool(tumor[peak])


def timed(
    classifier: TumorClassifier, path: Path, repeats: int
) -> Iterator[tuple[str, str, str, str, str]]:
    """Measure a whole volume against the bare forward passes of its scored slices."""
    from openvino import AsyncInferQueue

    volume = read_nifti(path)
    answer = predict_volume(classifier, volume)
    how = classifier.release.preprocessing
    scans = [volume.to_scan(answer.plane, one.index) for one in answer.scored]
    inputs = [as_input(preprocess(scan.pixels, how, scan.aspect)[0]) for scan in scans]
    queue = AsyncInferQueue(bare_runtime(classifier.release.name, "THROUGHPUT"))

    def ours() -> None:
        predict_volume(classifier, volume)

    def bare() -> None:
        for one in inputs:
            queue.start_async([one], share_inputs=True)
        queue.wait_all()

    times = in_turn({"ours": ours, "bare": bare}, repeats)
    count = len(inputs)
    yield (
        f"volume of {' x '.join(map(str, volume.shape))}, {count} slices scored",
        f"{np.median(times['ours']):.2f} s",
        f"bare runtime, {np.median(times['bare']) / count * 1e3:.1f} ms a slice: "
        f"{np.median(times['bare']):.2f} s",
        f"{np.median(times['ours'] / times['bare']):.2f} of it",
        "<= 1.1",
    )


_PEAK = """
import sys
from brainscan.imaging.nifti import read_nifti
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.volume import predict_volume
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.reporting.evidence_nifti import evidence_nifti
from brainscan.reporting.mask_exports import volume_file
classifier = TumorClassifier.load(sys.argv[1], runtime="openvino-throughput")
volume = read_nifti(sys.argv[2])
prediction = predict_volume(classifier, volume)
outline = VolumeOutline.of(volume, prediction)
evidence_nifti(volume, prediction)
volume_file("nifti", volume, prediction)
import resource
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def memory(model: str, path: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """Measure the peak memory of a process that reads, predicts, measures and exports a volume."""
    if sys.platform == "win32":
        return
    unit = 1 if sys.platform == "darwin" else 1024
    command = [sys.executable, "-c", _PEAK, model, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak = int(done.stdout) * unit / 1e6
    what = "peak memory: read, predict, export evidence and mask"
    yield what, f"{peak:.0f} MB", "", "", "< 1500 MB"


if __name__ == "__main__":
    main()
