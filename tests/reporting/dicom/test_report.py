"""Structured reports, read back with highdicom."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pytest
from pydicom.sr.codedict import codes
from pydicom.uid import UID, Comprehensive3DSRStorage

from brainscan.imaging.dicom import read_dicom_scan
from brainscan.inference.release import list_models
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.dicom import DicomFile, Findings, structured_report
from tests.imaging import patient
from tests.imaging.patient import AXIAL, CORONAL, OBLIQUE
from tests.reporting.dicom import answers, sources
from tests.reporting.dicom.sources import Phantom

MARKER_LPS = patient.MARKER * [-1, -1, 1]
UMLS_EVALUATIONS = "C0034375"


def read(file: DicomFile) -> Any:
    return hd.sr.srread(io.BytesIO(file.data))


def numbers(group: Any) -> dict[str, float]:
    return {one.name.meaning: float(one.value) for one in group.get_measurements()}


def remarks(report: Any) -> list[tuple[str, str]]:
    """Return name and text of the report's sentences."""
    [container] = [
        item
        for item in report.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeValue == UMLS_EVALUATIONS
    ]
    return [
        (item.ConceptNameCodeSequence[0].CodeValue, item.TextValue)
        for item in container.ContentSequence
    ]


def of_series(path: Path, **more: Any) -> tuple[Any, Findings, Any]:
    volume = sources.volume_of(path)
    findings = Findings.of_volume(volume, answers.volume_prediction(volume, **more))
    return read(structured_report(findings)), findings, volume


def test_status_and_observer(tmp_path: Path, phantom: Phantom) -> None:
    report, _, _ = of_series(phantom())
    assert report.SOPClassUID == Comprehensive3DSRStorage
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert report.VerificationFlag == "UNVERIFIED"
    assert (report.CompletionFlag, report.PreliminaryFlag) == ("COMPLETE", "PRELIMINARY")
    [observer] = report.content.get_observer_contexts()
    assert observer.observer_type == codes.DCM.Device
    device = observer.observer_identifying_attributes
    assert (device.name, device.model_name) == ("BrainScan", answers.MODEL)
    assert device.uid.startswith("2.25.")
    again, _, _ = of_series(sources.series(tmp_path / "again"))
    [same] = again.content.get_observer_contexts()
    assert same.observer_identifying_attributes.uid == device.uid


def test_the_answer_for_a_volume(phantom: Phantom) -> None:
    path = phantom()
    report, _, _ = of_series(path)
    [whole, *keys] = report.content.get_image_measurement_groups()
    assert whole.tracking_identifier == "BrainScan: Whole scan"
    assert UID(whole.tracking_uid).is_valid
    assert numbers(whole) == {
        "Tumour score of the whole scan": 0.81,
        "Operating threshold": 0.5,
        "Share of slices that decide as the scan": 0.75,
        "Probability of glioma, given a tumour": 0.62,
        "Probability of meningioma, given a tumour": 0.3,
        "Probability of pituitary, given a tumour": 0.08,
    }
    assert all(one.unit == codes.UCUM.NoUnits for one in whole.get_measurements())
    evaluations = whole.get_qualitative_evaluations()
    said = [(one.name.meaning, one.value.meaning) for one in evaluations]
    assert said == [
        ("Tumour, decision of the model", "Present"),
        ("Possible tumour type, given a tumour", "Glioma"),
    ]
    referred = {image.referenced_sop_instance_uid for image in whole.source_images}
    assert referred == set(sources.stored_images(path))
    assert len(keys) == 2
    assert {uid for _, _, uid, _ in report.get_evidence()} == referred


def test_no_type_is_reported_where_the_types_were_not_learned(phantom: Phantom) -> None:
    report, _, _ = of_series(phantom(), types_learned=False)
    whole = report.content.get_image_measurement_groups()[0]
    assert not [name for name in numbers(whole) if "glioma" in name]
    said = [one.name.meaning for one in whole.get_qualitative_evaluations()]
    assert said == ["Tumour, decision of the model"]
    texts = [element.value for element in report.iterall() if element.keyword == "TextValue"]
    assert any("The types were not learned on scans of this sequence" in text for text in texts)


def test_each_key_slice_has_its_probability_and_its_image(phantom: Phantom) -> None:
    path = phantom(OBLIQUE)
    report, findings, _ = of_series(path, keys=3)
    _, *keys = report.content.get_image_measurement_groups()
    images = sources.stored_images(path)
    for group, key in zip(keys, findings.key_slices, strict=True):
        assert numbers(group) == {
            "Tumour probability of the slice": pytest.approx(key.probability, abs=1e-6),
            "Operating threshold": 0.4,
        }
        assert key.title in group.tracking_identifier
        [reference] = group.source_images
        stored = images[reference.referenced_sop_instance_uid]
        shown = np.sort(key.scan.pixels, axis=None)
        np.testing.assert_array_equal(np.sort(stored.pixel_array, axis=None), shown)


@pytest.mark.parametrize("orientation", [AXIAL, CORONAL, OBLIQUE, (*AXIAL[:3], 0, -1, 0)])
def test_the_strongest_evidence_is_a_point_on_the_source_image(
    phantom: Phantom, orientation: tuple
) -> None:
    path = phantom(orientation)
    volume = sources.volume_of(path)
    evidence = np.full(volume.shape, 0.1, np.float32)
    voxel = tuple(int(v) for v in np.rint(np.linalg.solve(volume.affine, [*patient.MARKER, 1])[:3]))
    evidence[voxel] = 0.97
    report, findings, _ = of_series(path, evidence=evidence, keys=1)
    [place] = report.content.get_planar_roi_measurement_groups()
    assert numbers(place) == {"Model evidence at this place": 0.97}
    assert place.roi.graphic_type == hd.sr.GraphicTypeValues.POINT
    column, row = place.roi.value[0]
    image = sources.stored_images(path)[
        place.roi.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    ]
    transform = hd.spatial.ImageToReferenceTransformer.for_image(image)
    [point] = transform(np.array([[column, row]]))
    # SCOORD counts from the corner of the first pixel, as the transformer does.
    np.testing.assert_allclose(point, volume.affine @ [*voxel, 1] @ np.diag([-1, -1, 1, 1])[:, :3])
    [key] = findings.key_slices
    assert key.peak is not None
    np.testing.assert_allclose(key.peak.position, point, atol=1e-4)
    assert image.pixel_array[int(row), int(column)] == 1000


def test_a_cut_across_the_slices_has_a_point_in_space(phantom: Phantom) -> None:
    report, findings, _ = of_series(phantom(OBLIQUE), plane="coronal", keys=1)
    [place] = report.content.get_planar_roi_measurement_groups()
    assert place.roi.graphic_type == hd.sr.GraphicTypeValues3D.POINT
    assert place.roi.frame_of_reference_uid == sources.FRAME_OF_REFERENCE
    [point] = place.roi.value
    assert np.linalg.norm(point - MARKER_LPS) < 9
    [key] = findings.key_slices
    assert key.source is None
    _, group = report.content.get_image_measurement_groups()
    assert not group.source_images


def test_without_a_coordinate_system_a_cut_has_no_point(tmp_path: Path) -> None:
    path = sources.series(tmp_path, FrameOfReferenceUID=None)
    report, _, _ = of_series(path, plane="coronal")
    assert not report.content.get_planar_roi_measurement_groups()
    assert len(report.content.get_image_measurement_groups()) == 3


def test_frames_of_an_enhanced_object(tmp_path: Path) -> None:
    path = sources.enhanced(tmp_path / "enhanced.dcm")
    report, findings, _ = of_series(path, keys=1)
    whole, key = report.content.get_image_measurement_groups()
    [reference] = whole.source_images
    assert reference.referenced_frame_numbers == list(range(1, 21))
    source = findings.key_slices[0].source
    assert source is not None
    assert key.source_images[0].referenced_frame_numbers == [source.frame]
    [place] = report.content.get_planar_roi_measurement_groups()
    reference = place.roi.ContentSequence[0].ReferencedSOPSequence[0]
    assert reference.ReferencedFrameNumber == source.frame


@pytest.mark.parametrize(
    ("decision", "said"),
    [("tumor", "Present"), ("no_tumor", "Absent"), ("indeterminate", "Undetermined")],
)
def test_a_single_slice(phantom: Phantom, decision: Any, said: str) -> None:
    path = phantom()
    file = next(one for one in sorted(path.iterdir()) if read_dicom_scan(one).pixels.max() >= 1000)
    scan = read_dicom_scan(file)
    answer = answers.prediction(
        scan, decision=decision, refusal="It shows no brain.", warnings=("Look twice.",)
    )
    report = read(structured_report(Findings.of_slice(scan, answer)))
    [group] = report.content.get_image_measurement_groups()
    measured = numbers(group)
    assert measured["Tumour probability of the slice"] == 0.87
    assert measured["Lower end of the indeterminate range"] == 0.4
    assert measured["Upper end of the indeterminate range"] == 0.55
    evaluations = [one.value.meaning for one in group.get_qualitative_evaluations()]
    assert evaluations == [said, *([] if decision == "no_tumor" else ["Glioma", "Meningioma"])]
    assert scan.instance is not None
    [reference] = group.source_images
    assert reference.referenced_sop_instance_uid == scan.instance.sop_instance_uid
    texts = [text for _, text in remarks(report)]
    assert "Look twice." in texts
    assert "Read although the input gate refused it: It shows no brain." in texts
    assert any("uncertain from 0.40 to 0.55" in text for text in texts)


def test_what_it_is_for_is_said_in_the_text(phantom: Phantom) -> None:
    report, _, _ = of_series(phantom())
    said = remarks(report)
    assert said[0] == ("RESEARCH-USE", RESEARCH_USE)
    assert ("RULE", "The mean of the highest tenth of the slices decides.") in said
    assert "research use only" in report.SeriesDescription
    [scheme] = report.CodingSchemeIdentificationSequence
    assert scheme.CodingSchemeDesignator == "99BRAINSCAN"


def test_no_place_where_nothing_speaks_for_tumor(phantom: Phantom) -> None:
    path = phantom()
    volume = sources.volume_of(path)
    low = np.full(volume.shape, 0.2, np.float32)
    report, _, _ = of_series(path, evidence=low)
    assert not report.content.get_planar_roi_measurement_groups()


def test_the_algorithm_and_its_release(phantom: Phantom) -> None:
    path = phantom()
    scan = read_dicom_scan(next(path.iterdir()))
    release = list_models()[0]
    for findings in (
        Findings.of_slice(scan, answers.prediction(scan, model=release.title)),
        Findings.of_slice(scan, answers.prediction(scan), release=release),
    ):
        report = read(structured_report(findings))
        [group] = report.content.get_image_measurement_groups()
        stated = {
            (item.name.meaning, item.value)
            for item in group[0].ContentSequence
            if item.name.meaning.startswith("Algorithm") and item.value_type.value == "TEXT"
        }
        name, _, version = findings.answer.model.rpartition(" ")
        assert {
            ("Algorithm Name", f"BrainScan {name}"),
            ("Algorithm Version", version),
            ("Algorithm Parameters", f"release sha256: {release.fingerprint}"),
            ("Algorithm Parameters", "sensitivity asked for: 0.95"),
        } <= stated
        assert report.DeviceSerialNumber == release.fingerprint


def test_a_sensitivity_that_is_not_promised_is_stated_as_such(phantom: Phantom) -> None:
    volume = sources.volume_of(phantom())
    for promised, said in ((True, "0.9"), (False, "0.9 (not promised)")):
        answer = answers.volume_prediction(volume, sensitivity=0.9, promised=promised)
        report = read(structured_report(Findings.of_volume(volume, answer)))
        group = report.content.get_image_measurement_groups()[0]
        stated = [
            item.value for item in group[0].ContentSequence if item.value_type.value == "TEXT"
        ]
        assert f"sensitivity asked for: {said}" in stated
