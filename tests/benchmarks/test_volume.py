"""The check on labelled volumes: by hand on a phantom, and on real scans."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.volume import LABELS, against, check, find_volumes
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.volume import predict_volume
from tests.inference.fake_network import fake_classifier
from tests.inference.volumes import make_volume


def test_profile_and_peak_are_compared_with_the_labels() -> None:
    volume = make_volume()
    prediction = predict_volume(fake_classifier(), volume)
    tumor = volume.voxels == 1000
    auroc, hit = against(volume, prediction, tumor)
    assert auroc > 0.9 and hit
    # Mirrored labels are on the same slices and in another place.
    assert against(volume, prediction, tumor[::-1]) == (auroc, False)
    upside_down, _ = against(volume, prediction, tumor[:, :, ::-1])
    assert upside_down < 0.6


def test_labels_and_masks_are_no_scans(tmp_path: Path) -> None:
    for name in ("b/t1.nii.gz", f"c/{LABELS}", "c/flair.nii.gz", "c/brainmask.nii.gz"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert [path.parent.name for path in find_volumes(tmp_path)] == ["c", "b"]


@pytest.mark.slow
def test_real_volumes(data_dir: Path) -> None:
    classifier = TumorClassifier.load("resnet50", runtime="openvino-throughput")
    found = {one.name: one for one in
             (check(classifier, path) for path in find_volumes(data_dir / "nifti"))}  # fmt: skip
    labelled = [one for one in found.values() if one.auroc is not None]
    assert len(labelled) == 3
    assert all(one.hit for one in labelled)
    # Labels include oedema, which T1 after contrast hardly shows: only FLAIR is held to them.
    flair = [one.auroc for one in labelled if "Flair" in one.name]
    assert len(flair) == 2 and min(flair) > 0.8
    assert all(one.prediction.decision != "no_tumor" for one in labelled)
    assert found["healthy/chris_t1.nii.gz"].prediction.decision != "tumor"
    assert found["tcga-fg-6692-native/t1ce.nii.gz"].prediction.decision != "no_tumor"
