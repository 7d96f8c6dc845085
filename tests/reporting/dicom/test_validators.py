"""Independent judges: dciodvfy of dicom3tools, and the readers of dcmtk."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from brainscan.imaging.correction import Correction
from brainscan.imaging.dicom import read_dicom_scan
from brainscan.imaging.volume import Volume
from brainscan.reporting.dicom import KINDS, Findings, write_results
from tests.imaging.patient import OBLIQUE
from tests.reporting.dicom import answers, sources

# What dciodvfy warns about, and why that is right.
ACCEPTED = (
    # It knows the standard's coding schemes; a private one is named in the object (C.12.1.1.6).
    "Unrecognized defined term <99BRAINSCAN>",
    # A name without carets is the source's own, and names are copied letter by letter.
    "Retired Person Name form",
    # The source states no study time or number, so neither does the result.
    "needed to build DICOMDIR",
)
# dciodvfy does not know Source Pixel Planes Characteristics, which requires them (C.8.8.6.4).
# It names each attribute it does not expect, and sums up that there are some.
OF_PLANES = re.compile(
    r"not present in standard DICOM IOD - (\(0x0028,0x00(08|10|11)\)|this is a Standard Extended)"
)
# A source's identifiers are repeated as they are, or nothing would refer to it.
SOURCE_UID = re.compile(r"Illegal root for UID - \"0\.0\.0\.0\.")


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (packages dicom3tools and dcmtk)")
    return found


def said_by(*command: str) -> Iterator[str]:
    """Run a tool, which must succeed or have said why not; yield its lines."""
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    yield from text.splitlines()
    if done.returncode:
        yield f"Error - {command[0]} ended with {done.returncode}"


def check(path: Path, kind: str) -> None:
    """No judge finds an error, nor warns of anything but what is accepted."""
    for line in said_by(tool("dciodvfy"), str(path)):
        if SOURCE_UID.search(line) or "dciodvfy ended with" in line:
            continue
        if kind == "rtstruct" and OF_PLANES.search(line):
            continue
        assert not line.startswith("Error"), line
        assert not line.startswith("Warning") or any(one in line for one in ACCEPTED), line
    readers = ["dcmdump", "dsrdump"] if kind == "sr" else ["dcmdump"]
    for name in readers:
        for line in said_by(tool(name), str(path)):
            assert not line.startswith(("E:", "F:", "Error")), line


def outlined(volume: Volume) -> np.ndarray:
    """Return an outline with holes, in canonical order."""
    stored = volume.source.to_source(volume.voxels)
    return volume.source.to_canonical(np.stack([answers.ringed(one) for one in stored]))


def of_phantom(folder: Path) -> Findings:
    volume = sources.volume_of(sources.series(folder, OBLIQUE))
    return Findings.of_volume(volume, answers.volume_prediction(volume, mask=outlined(volume)))


def of_corrected_phantom(folder: Path) -> Findings:
    volume = sources.volume_of(sources.series(folder))
    answer = answers.volume_prediction(volume, mask=outlined(volume))
    reader = Correction(outlined(volume), "Åsa Lind", "2026-11-26T12:00:00+00:00", answers.MODEL)
    return Findings.of_volume(volume, answer, correction=reader)


def of_phantom_across(folder: Path) -> Findings:
    volume = sources.volume_of(sources.series(folder))
    return Findings.of_volume(volume, answers.volume_prediction(volume, "sagittal"))


def of_enhanced(folder: Path) -> Findings:
    folder.mkdir()
    volume = sources.volume_of(sources.enhanced(folder / "enhanced.dcm"))
    return Findings.of_volume(volume, answers.volume_prediction(volume, mask=outlined(volume)))


def of_small_slice(folder: Path) -> Findings:
    scan = read_dicom_scan(Path(get_testdata_file("MR_small.dcm", download=False) or ""))
    bright = (scan.pixels > 0.6 * scan.pixels.max()).astype("float32")
    drawn = answers.exact_outline(bright > 0)
    return Findings.of_slice(scan, answers.prediction(scan, bright, segmentation=drawn))


@pytest.mark.parametrize(
    "make", [of_phantom, of_corrected_phantom, of_phantom_across, of_enhanced, of_small_slice]
)
def test_no_judge_objects(tmp_path: Path, make: object) -> None:
    findings = make(tmp_path / "source")  # type: ignore[operator]
    for kind in KINDS:
        written = write_results(tmp_path / "out", findings, [kind])
        if kind == "rtstruct" and findings.outline is None:
            assert list(written.refusals) == ["rtstruct"]
            continue
        assert written.paths and not written.refusals
        for path in written.paths:
            check(path, kind)


@pytest.mark.parametrize("name", ["series-brain-20", "series-defaced-t1"])
def test_no_judge_objects_to_results_of_real_series(
    tmp_path: Path, data_dir: Path, name: str
) -> None:
    volume = sources.volume_of(data_dir / "dicom" / name)
    block = np.zeros(volume.shape, bool)
    block[tuple(slice(side // 3, side // 2) for side in volume.shape)] = True
    answer = answers.volume_prediction(volume, mask=block)
    findings = Findings.of_volume(volume, answer)
    for kind in KINDS:
        for path in write_results(tmp_path, findings, [kind]).paths:
            check(path, kind)


def test_a_real_frame_without_a_place(tmp_path: Path, data_dir: Path) -> None:
    scan = read_dicom_scan(data_dir / "dicom" / "enhanced-multiframe" / "emri_small.dcm")
    bright = (scan.pixels > 0.6 * scan.pixels.max()).astype("float32")
    findings = Findings.of_slice(scan, answers.prediction(scan, bright))
    written = write_results(tmp_path, findings, KINDS)
    assert sorted(written.refusals) == ["evidence", "rtstruct", "seg"]
    for path, kind in zip(written.paths, ("sc", "sr"), strict=True):
        check(path, kind)
