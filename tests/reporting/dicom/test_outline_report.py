"""The size of the outline in structured reports, against figures worked out by hand."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pytest
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from brainscan.imaging.correction import Correction
from brainscan.imaging.dicom import read_dicom_scan
from brainscan.imaging.volume import Volume
from brainscan.reporting.dicom import DicomFile, Findings, structured_report
from tests.imaging.patient import AXIAL, CORONAL, OBLIQUE
from tests.reporting.dicom import answers, sources
from tests.reporting.dicom.sources import Phantom


def read(file: DicomFile) -> Any:
    return hd.sr.srread(io.BytesIO(file.data))


def outline_groups(report: Any) -> list[Any]:
    return [
        group
        for group in report.content.get_image_measurement_groups()
        if "tumour outline" in group.tracking_identifier
    ]


def measured(group: Any) -> dict[tuple[str, str], tuple[float, str]]:
    """Return code and scheme of each measurement with its value and unit."""
    return {
        (one.name.value, one.name.scheme_designator): (float(one.value), one.unit.value)
        for one in group.get_measurements()
    }


AREA, LONG, ACROSS = ("42798000", "SCT"), ("103339001", "SCT"), ("131189007", "SCT")
VOLUME, PIECES = ("118565006", "SCT"), ("LESIONS", "99BRAINSCAN")


def bar(volume: Volume) -> np.ndarray:
    """Return 5 x 3 voxels on each of two slices; 2 x 2 mm pixels and 4 mm between slices."""
    stored = np.zeros(volume.source.shape, bool)
    stored[9:11, 20:23, 10:15] = True
    return volume.source.to_canonical(stored)


def test_a_key_slice_without_an_outline_is_no_finding(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom(AXIAL))
    mask = bar(volume)
    answer = answers.volume_prediction(volume, mask=mask, evidence=mask * 0.8 + 0.1, keys=5)
    findings = Findings.of_volume(volume, answer)
    empty = [key for key in findings.key_slices if not key.measured.measures.lesions]
    assert len(findings.key_slices) == 5 and len(empty) >= 3
    groups = outline_groups(read(structured_report(findings)))
    assert len(groups) == 1 + 5 - len(empty)
    assert all(value > 0 for group in groups for value, _ in measured(group).values())


@pytest.mark.parametrize("orientation", [AXIAL, OBLIQUE])
def test_volume_area_and_diameters(phantom: Phantom, orientation: tuple) -> None:
    path = phantom(orientation)
    volume = sources.volume_of(path)
    mask = bar(volume)
    evidence = np.where(mask, 0.9, 0.1).astype(np.float32)
    answer = answers.volume_prediction(volume, mask=mask, evidence=evidence, keys=1)
    findings = Findings.of_volume(volume, answer)
    whole, key, *others = outline_groups(read(structured_report(findings)))
    assert measured(whole) == {VOLUME: (pytest.approx(0.48), "cm3"), PIECES: (1.0, "1")}
    [volume_item] = [one for one in whole.get_measurements() if one.name == codes.SCT.Volume]
    assert volume_item.derivation == Code("258090004", "SCT", "Calculated")
    assert volume_item.method == Code("126030", "DCM", "Sum of segmented voxel volumes")
    assert whole.finding_type == codes.SCT.Neoplasm
    figures = measured(key)
    assert figures[AREA] == (60.0, "mm2") and figures[PIECES] == (1.0, "1")
    assert figures[LONG][1] == figures[ACROSS][1] == "mm"
    # Between the middles of the outermost pixels' edges: 10 by 4 mm along the diagonal of a bar.
    assert figures[LONG][0] == pytest.approx(np.hypot(10, 4), abs=0.6)
    assert 5.0 < figures[ACROSS][0] <= 6.6
    assert "key slice 1" in key.tracking_identifier
    assert "largest diameter" in (others[-1] if others else key).tracking_identifier


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [(AXIAL, False), (CORONAL, False), (CORONAL, True), ((*AXIAL[:3], 0, -1, 0), True)],
)
def test_the_ends_of_a_diameter_lie_on_the_stored_image(
    phantom: Phantom, orientation: tuple, turned: bool
) -> None:
    """A slice by itself is shown as stored; one from a volume may be turned."""
    path = phantom(orientation)
    volume = sources.volume_of(path)
    stored = np.zeros(volume.source.shape, bool)
    stored[7, 6, 3:30] = True  # one row: its longest diameter is the row
    if turned:
        answer = answers.volume_prediction(volume, mask=volume.source.to_canonical(stored))
        findings = Findings.of_volume(volume, answer)
    else:
        uid = volume.instances[7].sop_instance_uid
        scan = read_dicom_scan(Path(sources.stored_images(path)[uid].filename))
        drawn = answers.exact_outline(stored[7])
        findings = Findings.of_slice(scan, answers.prediction(scan, segmentation=drawn))
    groups = outline_groups(read(structured_report(findings)))
    [group] = [one for one in groups if LONG in measured(one)]
    [longest] = [one for one in group.get_measurements() if one.name == codes.SCT.LongAxis]
    assert longest.value == pytest.approx(54.0)
    assert longest.method == Code("C114879", "NCIt", "RANO")
    [line] = [item for item in longest[0].ContentSequence if item.ValueType == "SCOORD"]
    assert line.GraphicType == "POLYLINE"
    ends = np.array(line.GraphicData).reshape(2, 2)  # columns, rows; first pixel from 0 to 1
    np.testing.assert_allclose(np.sort(ends[:, 0]), [3.0, 30.0])
    np.testing.assert_allclose(ends[:, 1], 6.5)
    reference = line.ContentSequence[0].ReferencedSOPSequence[0]
    assert reference.ReferencedSOPInstanceUID == volume.instances[7].sop_instance_uid


def test_a_cut_across_the_slices_has_figures_and_no_lines(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    answer = answers.volume_prediction(volume, "sagittal", mask=bar(volume), keys=1)
    report = read(structured_report(Findings.of_volume(volume, answer)))
    group = outline_groups(report)[-1]
    assert LONG in measured(group) and measured(group)[AREA] == (pytest.approx(48.0), "mm2")
    for one in group.get_measurements():
        kinds = [item.ValueType for item in one[0].ContentSequence]
        assert "SCOORD" not in kinds


def test_a_correction_has_a_person_as_observer(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    when = "2026-11-26T12:00:00+00:00"
    correction = Correction(bar(volume), "Reader Red", when, "other 1.0.0")
    answer = answers.volume_prediction(volume)
    report = read(structured_report(Findings.of_volume(volume, answer, correction=correction)))
    person, device = report.content.get_observer_contexts()
    if person.observer_type != codes.DCM.Person:
        person, device = device, person
    assert person.observer_identifying_attributes.name.family_name == "Reader Red"
    assert device.observer_type == codes.DCM.Device
    assert report.VerificationFlag == "UNVERIFIED"
    texts = [element.value for element in report.iterall() if element.keyword == "TextValue"]
    assert any("corrected by Reader Red, " + when in text for text in texts)
    assert any(text == "Outlined volume: 0.5 mL." for text in texts)
    whole = outline_groups(report)[0]
    stated = [i.TextValue for i in whole[0].ContentSequence if i.ValueType == "TEXT"]
    # Measured on what a person drew: no algorithm's, though one was the start, as the text says.
    assert not [text for text in stated if "BrainScan other" in text or "sha256" in text]
    assert any("starting from other 1.0.0" in text for text in texts)


def test_an_empty_outline_says_so_and_none_says_nothing(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    answer = answers.volume_prediction(volume, mask=bar(volume), decision="no_tumor", keys=1)
    report = read(structured_report(Findings.of_volume(volume, answer)))
    assert not outline_groups(report)  # no neoplasm of 0 cm3
    texts = [element.value for element in report.iterall() if element.keyword == "TextValue"]
    assert "The outline is empty: nothing is marked as tumour." in texts
    without = answers.volume_prediction(volume)
    assert not outline_groups(read(structured_report(Findings.of_volume(volume, without))))
    uid = volume.instances[7].sop_instance_uid
    scan = read_dicom_scan(Path(sources.stored_images(phantom())[uid].filename))
    nothing = answers.exact_outline(np.zeros(volume.source.shape[1:], bool))
    alone = Findings.of_slice(scan, answers.prediction(scan, segmentation=nothing))
    assert alone.outline is not None and not outline_groups(read(structured_report(alone)))
