"""Siemens mosaics: split into their slices, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from brainscan.imaging.dicom import find_series, read_dicom_scan, read_series
from brainscan.imaging.dicom.mosaic import Mosaic
from tests.imaging import patient
from tests.imaging.patient import AXIAL


def test_mosaic_tiles_and_a_mosaic_that_cannot_be_split(tmp_path: Path) -> None:
    tiles = Mosaic(count=3, across=2, rows=2, columns=3)
    stored = np.arange(24).reshape(4, 6)
    np.testing.assert_array_equal(tiles.cut(stored, 1), stored[:2, 3:])
    np.testing.assert_array_equal(tiles.cut(stored, 2), stored[2:, :3])

    def mosaic(dataset: Dataset, index: int) -> Dataset:
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
        return dataset

    series = find_series(patient.classic_series(tmp_path, change=mosaic)).series[0]
    assert "Siemens mosaic that cannot be split" in str(series.reason)


def test_a_mosaic_is_split_into_its_slices(tmp_path: Path) -> None:
    slices = patient.slice_pixels(AXIAL, 4.0)  # 20 slices of 48 x 44 pixels, 2 mm
    whole = np.zeros((5 * 48, 5 * 44), np.uint16)
    for index, (pixels, _) in enumerate(slices):
        row, column = divmod(index, 5)
        whole[row * 48 : (row + 1) * 48, column * 44 : (column + 1) * 44] = pixels
    dataset = patient.header(ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"])
    # The stated corner belongs to an image of the mosaic's size around the slice's centre.
    corner = slices[0][1] - np.array([(5 * 44 - 44) / 2 * 2, (5 * 48 - 48) / 2 * 2, 0])
    dataset.ImagePositionPatient = list(corner)
    dataset.ImageOrientationPatient = list(AXIAL)
    dataset.PixelSpacing = [2, 2]
    dataset.SliceThickness = dataset.SpacingBetweenSlices = 4
    dataset.add_new(0x00290010, "LO", "SIEMENS CSA HEADER")
    header = patient.csa_header(
        {
            "NumberOfImagesInMosaic": ("US", ["20"]),
            "SliceNormalVector": ("FD", ["0.0", "0.0", "1.0"]),
        }
    )
    dataset.add_new(0x00291010, "OB", header + bytes(len(header) % 2))
    path = tmp_path / "mosaic.ima"
    path.write_bytes(patient.to_bytes(patient.with_pixels(dataset, whole)))
    series = find_series(path).series[0]
    assert (series.slices, series.size, series.warnings) == (20, (48, 44), ())
    volume = read_series(series)
    place = patient.marker_place(volume.voxels, volume.affine)
    np.testing.assert_allclose(place, patient.MARKER, atol=2)
    np.testing.assert_array_equal(volume.source.to_source(volume.voxels)[4], slices[4][0])
    assert "20 slices in a mosaic" in read_dicom_scan(path).warnings[0]
