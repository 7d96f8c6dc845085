"""Siemens mosaics: many slices laid out as tiles of one stored image.

What a mosaic lacks in its public header, the number of tiles and the direction they are stacked
in, is in Siemens' private CSA header, read with nibabel.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace

import numpy as np
from pydicom.dataset import Dataset

from brainscan.imaging.dicom.frames import Frame
from brainscan.imaging.dicom.parsing import PARSE_ERRORS, words

# nibabel calls its DICOM readers experimental; only its parser of the CSA header is used here.
warnings.filterwarnings("ignore", message="The DICOM readers are highly experimental")


class UnknownMosaic(Exception):
    """A mosaic cannot be split; the argument is the reason."""


@dataclass(frozen=True)
class Mosaic:
    """How a mosaic is laid out.

    Attributes
    ----------
    count
        Number of slices.
    across
        Tiles in a row, and in a column.
    rows, columns
        Size of one tile in pixels.
    """

    count: int
    across: int
    rows: int
    columns: int

    def cut(self, stored: np.ndarray, tile: int) -> np.ndarray:
        """Return one tile of the stored image (a view); tiles are in reading order."""
        down, across = divmod(tile, self.across)
        return stored[
            down * self.rows : (down + 1) * self.rows,
            across * self.columns : (across + 1) * self.columns,
        ]


def is_mosaic(dataset: Dataset) -> bool:
    """Whether a file is a Siemens mosaic, by its Image Type."""
    return "MOSAIC" in words(dataset, "ImageType")


def mosaic_frames(
    dataset: Dataset, whole: Frame, rows: int, columns: int
) -> tuple[Mosaic, tuple[Frame, ...]]:
    """Split a mosaic's geometry into its slices.

    The stated position is where the corner of the whole mosaic would lie if it were centred on
    the slice's centre, as Siemens writes it.

    Parameters
    ----------
    dataset
        The header.
    whole
        Geometry as stated for the whole image.
    rows, columns
        Size of the whole image.

    Raises
    ------
    UnknownMosaic
        If the private header is missing or does not fit the image.
    """
    csa = _csa(dataset)
    count = _count(dataset, csa)
    if count is None:
        raise UnknownMosaic(
            "the private Siemens header that tells the number of slices in it is missing"
        )
    across = math.ceil(math.sqrt(count))
    if count < 1 or rows % across or columns % across:
        raise UnknownMosaic(f"{count} slices do not fit into {columns} x {rows} pixels")
    mosaic = Mosaic(count, across, rows // across, columns // across)
    normal = _normal(csa)
    step = whole.between or whole.thickness
    if (
        whole.position is None
        or whole.orientation is None
        or whole.spacing is None
        or normal is None
        or step is None
    ):
        raise UnknownMosaic("where its slices lie is not stated")
    along_columns = np.array(whole.orientation[:3]) * whole.spacing[1]
    along_rows = np.array(whole.orientation[3:]) * whole.spacing[0]
    corner = (
        np.array(whole.position)
        + along_columns * (columns - mosaic.columns) / 2
        + along_rows * (rows - mosaic.rows) / 2
    )
    places = [corner + normal * step * tile for tile in range(count)]
    return mosaic, tuple(
        replace(whole, tile=tile, position=(float(p[0]), float(p[1]), float(p[2])))
        for tile, p in enumerate(places)
    )


def _csa(dataset: Dataset) -> dict | None:
    """Return the parsed CSA image header, or ``None``."""
    from nibabel.nicom import csareader  # only mosaics need it

    try:
        return csareader.get_csa_header(dataset, "image")
    except (*PARSE_ERRORS, csareader.CSAReadError):
        return None


def _items(csa: dict | None, name: str) -> list:
    try:
        return list(csa["tags"][name]["items"]) if csa else []
    except (KeyError, TypeError):
        return []


def _count(dataset: Dataset, csa: dict | None) -> int | None:
    found = _items(csa, "NumberOfImagesInMosaic")
    if found and found[0]:
        return int(found[0])
    element = dataset.get(0x0019100A)
    try:
        raw = element.value if element is not None else None
        if isinstance(raw, bytes):
            raw = int.from_bytes(raw[:2], "little")
        return int(raw) if raw else None
    except PARSE_ERRORS:
        return None


def _normal(csa: dict | None) -> np.ndarray | None:
    found = _items(csa, "SliceNormalVector")
    try:
        normal = np.asarray([float(part) for part in found[:3]])
    except (TypeError, ValueError):
        return None
    length = float(np.linalg.norm(normal)) if normal.size == 3 else 0.0
    return normal / length if 0.9 < length < 1.1 else None
