"""The volumes of a study as the reader chooses among them, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainscan.errors import Cancelled, FileUnreadable, InputRejected
from brainscan.imaging.intake import find_scans
from brainscan.ui import volume_intake
from brainscan.ui.volume_candidates import describe
from brainscan.ui.volume_picker import card_html
from tests.imaging import patient
from tests.pages.fake_volume import head_nifti


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two series of one patient, one of another, a NIfTI file and a damaged one."""
    folder = tmp_path_factory.mktemp("study")
    patient.classic_series(
        folder / "a", SeriesInstanceUID="1.2.1", SeriesDescription="t1 post gd", SeriesNumber=1
    )
    patient.classic_series(
        folder / "b", SeriesInstanceUID="1.2.2", SeriesDescription="localizer", SeriesNumber=2
    )
    patient.classic_series(
        folder / "c", SeriesInstanceUID="1.2.3", SeriesDescription="t1 <b>", PatientID="OTHER-9"
    )
    (folder / "flair.nii").write_bytes(head_nifti())
    (folder / "broken.nii").write_bytes(head_nifti()[:500])
    return folder


def test_every_volume_is_described_and_the_rest_accounted_for(study: Path) -> None:
    seen: list[tuple[int, int]] = []
    found = describe(find_scans(study), progress=lambda done, total: seen.append((done, total)))
    first, *others = found.candidates
    assert first.name == "t1 post gd" and first.sequence.label == "T1ce" and first.reason is None
    assert first.facts[:3] == ("axial", "20 slices", "44 × 48")
    assert first.facts[3] == "2.00 × 2.00 × 4.00 mm"
    reasons = {one.name: one.reason or "" for one in others}
    assert reasons["localizer"].startswith("Localiser")
    assert reasons["flair.nii"] == "Another volume was chosen: it is T1ce, this one is FLAIR."
    assert found.patients == 2 and {one.patient for one in found.candidates} == {1, 2, None}
    assert any("2 different patients" in text for text in found.warnings)
    assert [one.name for one in found.rejected] == ["broken.nii"]
    assert all(one.thumbnail.startswith("data:image/webp") for one in found.candidates)
    assert seen[-1] == (len(found.candidates) + 1, len(found.candidates) + 1)


def test_cards_show_facts_and_no_identity(study: Path) -> None:
    cards = [card_html(one) for one in describe(find_scans(study)).candidates]
    assert any("Patient 2" in card for card in cards)
    assert any("t1 &lt;b&gt;" in card for card in cards)
    assert not any(secret in card for card in cards for secret in patient.SECRETS)


def test_what_no_reader_can_open_is_rejected_and_no_slice(tmp_path: Path) -> None:
    noise = bytes(range(200, 256)) * 40
    for name in ("broken.nii.gz", "broken.png"):
        (tmp_path / name).write_bytes(noise)
    (tmp_path / "empty.nii").write_bytes(b"")
    found = describe(find_scans(tmp_path))
    assert found.candidates == () and found.slices == ()
    reasons = {one.name: one.reason for one in found.rejected}
    assert set(reasons) == {"broken.nii.gz", "broken.png", "empty.nii"}
    assert "looks like a NIfTI file but is damaged" in reasons["broken.nii.gz"]
    assert "not in a format that is known" in reasons["broken.png"]
    assert "is empty (0 bytes)" in reasons["empty.nii"]


def test_looking_can_be_stopped(study: Path) -> None:
    with pytest.raises(Cancelled):
        describe(find_scans(study), cancel=lambda: True)


def test_uploads_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume_intake, "MOST_BYTES", 10)
    assert volume_intake.in_memory([("a.nii", b"12345")]).title == "a.nii"
    with pytest.raises(InputRejected, match="Type the path of their folder instead"):
        volume_intake.in_memory([("a.nii", b"123456"), ("b.nii", b"123456")])
    with pytest.raises(InputRejected, match="no file"):
        volume_intake.in_memory([])


def test_typed_paths(tmp_path: Path) -> None:
    assert volume_intake.on_this_computer(f' "{tmp_path}" ').sources == (tmp_path,)
    for text in ("", " ", str(tmp_path / "missing"), "a\0b"):
        with pytest.raises(FileUnreadable):
            volume_intake.on_this_computer(text)
