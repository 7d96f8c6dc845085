"""``python -m brainscan evaluate`` on real volumes with expert masks, with the released model."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from brainscan.cli import main

_MANIFEST = """\
file,label,patient,sequence,mask
Flair_subtrMeanDivStd.nii.gz,glioma,pat0003,flair,OTMultiClass.nii.gz
chris_t1.nii.gz,notumor,chris,t1,
"""


@pytest.mark.slow
def test_the_slices_of_a_real_tumor_rank_above_the_others(data_dir: Path, tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    for name in ("Flair_subtrMeanDivStd", "OTMultiClass"):
        shutil.copy(data_dir / "nifti" / "brats2015-pat0003_1" / f"{name}.nii.gz", scans)
    shutil.copy(data_dir / "nifti" / "healthy" / "chris_t1.nii.gz", scans)
    (scans / "manifest.csv").write_text(_MANIFEST)
    assert main(["evaluate", str(scans / "manifest.csv"), "--out", str(tmp_path / "out")]) == 0
    found = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert found == ["metrics.json", "predictions.csv", "report.html", "volumes.csv"]
    values = json.loads((tmp_path / "out" / "metrics.json").read_text("utf-8"))
    flair, healthy = values["volumes"]["each"]
    assert flair["slice_auroc"]["value"] > 0.9 and flair["peak_in_mask"]
    assert flair["answer"] == "tumor" and healthy["tumor_slices"] is None
    with (tmp_path / "out" / "predictions.csv").open(encoding="utf-8-sig") as stream:
        lines = list(csv.DictReader(stream))
    assert {line["volume"] for line in lines} == {"Flair_subtrMeanDivStd.nii.gz"}
    assert len(lines) == flair["scored"]
