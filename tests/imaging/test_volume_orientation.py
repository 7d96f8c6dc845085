"""The marker on the patient's left comes out on the patient's left, whatever the file."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainscan.imaging.dicom import find_series, read_dicom_scan, read_series
from brainscan.imaging.grid import SourceGrid
from brainscan.imaging.nifti import read_nifti
from brainscan.imaging.orientation import direction_letters, edge_letters
from brainscan.imaging.source import Source
from brainscan.imaging.volume import Volume
from tests.imaging import patient
from tests.imaging.patient import AXIAL, CORONAL, MARKER, OBLIQUE, SAGITTAL

LETTERS = {
    "axial": ("R", "L", "A", "P"),
    "coronal": ("R", "L", "S", "I"),
    "sagittal": ("A", "P", "S", "I"),
}


def check_marker(volume: Volume, tolerance: float = 2.0) -> None:
    """The marker lies where it was put, in space and on each plane as displayed."""
    np.testing.assert_allclose(
        patient.marker_place(volume.voxels, volume.affine), MARKER, atol=tolerance
    )
    voxel = np.linalg.solve(volume.affine, [*MARKER, 1])[:3]
    for plane, axis in (("sagittal", 0), ("coronal", 1), ("axial", 2)):
        shown = volume.plane_slice(plane, round(voxel[axis]))
        rows, columns = np.nonzero(shown.pixels > 0.7 * volume.voxels.max())
        up = rows.mean() < shown.pixels.shape[0] / 2
        left = columns.mean() < shown.pixels.shape[1] / 2
        # Anterior and superior are up; the patient's left is right on screen; the face left.
        assert up, plane
        assert left == (plane == "sagittal"), plane
        assert tuple(letter[0] for letter in shown.letters) == LETTERS[plane]
        row, column = patient.displayed_at(volume, plane, tuple(voxel))
        assert abs(row - rows.mean()) < 1.5 and abs(column - columns.mean()) < 1.5
        np.testing.assert_allclose(
            volume.voxel_at(plane, round(voxel[axis]), row, column)[axis], round(voxel[axis])
        )


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    ("orientation", "plane"),
    [(AXIAL, "axial"), (CORONAL, "coronal"), (SAGITTAL, "sagittal"), (OBLIQUE, "axial")],
)
@pytest.mark.parametrize("flipped", [False, True])
def test_classic_series(
    tmp_path: Path, orientation: tuple, plane: str, backwards: bool, flipped: bool
) -> None:
    if flipped:  # a mirrored column direction, as a feet-first or reformatted image has
        orientation = (*orientation[:3], *(-part for part in orientation[3:]))
    folder = patient.classic_series(tmp_path, orientation, backwards=backwards)
    found = find_series(folder)
    volume = read_series(found.series[0])
    assert (found.series[0].plane, volume.plane) == (plane, plane)
    assert found.rejected == () and volume.warnings == ()
    check_marker(volume)


@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL, OBLIQUE])
def test_enhanced_multi_frame(tmp_path: Path, orientation: tuple) -> None:
    path = patient.enhanced_file(tmp_path / "enhanced.dcm", orientation)
    found = find_series(path)
    volume = read_series(found.series[0])
    check_marker(volume)
    assert volume.voxels.max() == 1000 * 2 + 5
    assert [piece.frame for piece in volume.instances] != sorted(
        piece.frame for piece in volume.instances
    )


def test_slices_refer_to_their_objects(tmp_path: Path) -> None:
    volume = read_series(find_series(patient.classic_series(tmp_path)).series[0])
    stored = volume.source.to_source(volume.voxels)
    for index, instance in enumerate(volume.instances):
        single = read_dicom_scan(instance.source)
        np.testing.assert_array_equal(single.pixels, stored[index])
        assert single.instance is not None
        assert single.instance.sop_instance_uid == instance.sop_instance_uid
        corner = volume.source.affine @ [index, 0, 0, 1]
        np.testing.assert_allclose(corner[:3] * [-1, -1, 1], instance.position, atol=1e-3)
    scan = volume.to_scan("axial", 3)
    assert scan.instance is not None and scan.instance.path is not None
    np.testing.assert_array_equal(read_dicom_scan(scan.instance.path).pixels, scan.pixels)


def test_one_file_of_a_series_has_letters_and_spacing(tmp_path: Path) -> None:
    folder = patient.classic_series(tmp_path, CORONAL, spacing=(2.0, 2.5))
    scan = read_dicom_scan(next(folder.iterdir()))
    assert scan.letters is not None and scan.letters == ("R", "L", "S", "I")
    assert scan.spacing == (2.0, 2.5) and scan.aspect == 0.8


def affines() -> dict[str, np.ndarray]:
    """Grids of 2 mm in several orders, all centred on the patient."""
    made = {}
    turn = np.array([[0.96, -0.28, 0], [0.28, 0.96, 0], [0, 0, 1]])
    for code in ("RAS", "LPS", "LAS", "PIR", "SAL", "ASR"):
        axes = nib.orientations.axcodes2ornt(code)
        linear = np.zeros((3, 3))
        for source, (world, sign) in enumerate(axes):
            linear[int(world), source] = 2.0 * sign
        made[code] = linear
    made["oblique"] = turn @ made["LPS"]
    return {name: _centred(linear) for name, linear in made.items()}


def _centred(linear: np.ndarray, shape: tuple[int, int, int] = (40, 44, 36)) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = linear
    affine[:3, 3] = -linear @ (np.array(shape) - 1) / 2
    return affine


@pytest.mark.parametrize("name", affines())
@pytest.mark.parametrize("codes", [(1, 1), (1, 0), (0, 2)])
def test_nifti(name: str, codes: tuple[int, int]) -> None:
    affine = affines()[name]
    volume = read_nifti(patient.nifti_bytes(affine, codes=codes), "t1.nii.gz")
    check_marker(volume)
    assert volume.warnings == ()
    reference = nib.as_closest_canonical(
        nib.Nifti1Image.from_bytes(patient.nifti_bytes(affine, codes=codes, compressed=False))
    )
    np.testing.assert_array_equal(volume.voxels, reference.get_fdata(dtype=np.float32))
    np.testing.assert_allclose(volume.affine, reference.affine, atol=1e-4)


def test_the_way_back_to_the_source_grid_is_exact() -> None:
    rng = np.random.default_rng(0)
    for affine in affines().values():
        grid = SourceGrid.of((40, 44, 36), affine)
        stored = rng.random((40, 44, 36), dtype=np.float32)
        canonical = grid.to_canonical(stored)
        np.testing.assert_array_equal(grid.to_source(canonical), stored)
        assert grid.orientation == "".join(nib.aff2axcodes(affine))
    with pytest.raises(ValueError, match="shape"):
        grid.to_source(stored[1:])


def test_maps_go_back_to_where_the_slice_came_from() -> None:
    volume = read_nifti(patient.nifti_bytes(affines()["PIR"]), "t1.nii.gz")
    for plane in ("axial", "coronal", "sagittal"):
        target = np.zeros_like(volume.voxels)
        for index in range(volume.depth(plane)):
            volume.put_slice(target, plane, index, volume.plane_slice(plane, index).pixels)
        np.testing.assert_array_equal(target, volume.voxels)
    with pytest.raises(IndexError, match="does not exist"):
        volume.plane_slice("axial", 9999)


def test_letters_by_hand() -> None:
    assert direction_letters([1, 0, 0]) == "R"
    assert direction_letters([-0.9, 0.4, 0]) == "LA"
    assert direction_letters([0, -0.99, 0.1]) == "P"
    assert edge_letters(np.array([-1, 0, 0]), np.array([0, 0, -1])) == ("R", "L", "S", "I")


def test_zip_and_folder_give_the_same_volume(tmp_path: Path) -> None:
    folder = patient.classic_series(tmp_path / "series")
    plain = read_series(find_series(folder).series[0])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir(), reverse=True):
            archive.write(path, f"disc/A/{path.name}")
    packed = read_series(find_series(Source.of_bytes(buffer.getvalue(), "disc.zip")).series[0])
    np.testing.assert_array_equal(plain.voxels, packed.voxels)
    assert plain.sha256 == packed.sha256
    assert packed.instances[0].path is None
    assert packed.instances[0].source.read() == plain.instances[0].source.read()


def test_slices_are_views_and_scans_are_copies() -> None:
    volume = read_nifti(patient.nifti_bytes(affines()["LPS"]), "t1.nii.gz")
    for plane in ("axial", "coronal", "sagittal"):
        assert np.shares_memory(volume.plane_slice(plane, 3).pixels, volume.voxels)
        assert not np.shares_memory(volume.to_scan(plane, 3).pixels, volume.voxels)
    with pytest.raises(ValueError, match="read-only"):
        volume.plane_slice("axial", 3).pixels[0, 0] = 1
