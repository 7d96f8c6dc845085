"""From pixels of an outline to contours in the patient (PS3.3 C.8.8.6, ROI Contour)."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from brainscan.imaging.contours import mask_pieces
from brainscan.reporting.dicom.objects import SourceSlice
from brainscan.reporting.dicom.origin import Origin

_DIGITS = 4  # of a millimeter
_EVEN = 1e-3  # relative difference up to which distances of slices are one


def contours(origin: Origin, mask: np.ndarray) -> list[Dataset]:
    """Return the items of a Contour Sequence, slice by slice.

    Each connected piece on a slice is one CLOSED_PLANAR contour along the edges of its pixels, so
    that a system that asks which pixel centers lie inside gets the mask back. Holes are left out by
    the keyhole technique (C.8.8.6.3): a channel of no width leads to each. Systems have long read
    it; CLOSEDPLANAR_XOR, the other technique, is younger than many of them.

    Parameters
    ----------
    origin
        The images; each slice states its place.
    mask
        ``(slices, rows, columns)`` bool on the source grid.
    """
    found: list[Dataset] = []
    for piece, pixels in zip(origin.slices, mask, strict=True):
        for lesion in mask_pieces(pixels):
            contour = Dataset()
            contour.ContourImageSequence = [image_reference(piece)]
            contour.ContourGeometricType = "CLOSED_PLANAR"
            # Pixel edges are at integers, the standard's pixel centers are (C.7.6.2.1.1).
            points = to_patient(origin, piece, lesion.keyholed() - 0.5)
            contour.NumberOfContourPoints = len(points)
            contour.ContourNumber = len(found) + 1
            contour.ContourData = [_decimal(value) for value in points.ravel()]
            found.append(contour)
    return found


def to_patient(origin: Origin, piece: SourceSlice, points: np.ndarray) -> np.ndarray:
    """Return LPS+ millimeters of rows and columns, pixel centers at integers: ``(n, 3)``.

    Parameters
    ----------
    origin
        All slices get the directions of the first: the reader took them for parallel, too.
    piece
        The slice.
    points
        ``(n, 2)``.
    """
    place = origin.slices[0].place
    along = np.array(place.orientation or ()).reshape(2, 3)
    down, across = place.spacing or (1.0, 1.0)
    rows, columns = points[:, :1] * down, points[:, 1:] * across
    return np.asarray(np.array(piece.place.position) + columns * along[0] + rows * along[1])


def image_reference(piece: SourceSlice) -> Dataset:
    """Return a reference to the image that is a slice (PS3.3 table 10-3)."""
    reference = Dataset()
    reference.ReferencedSOPClassUID = piece.image.sop_class_uid
    reference.ReferencedSOPInstanceUID = piece.image.sop_instance_uid
    if piece.frames is not None:
        reference.ReferencedFrameNumber = piece.frames
    return reference


def pixel_planes(origin: Origin) -> list[Dataset]:
    """Return the grid that the contours come from (C.8.8.6.4), so that others can return to it.

    Its planes follow each other along the normal of their rows and columns. Empty where the
    slices are not evenly spaced along it, which it could not describe.
    """
    positions = np.array([piece.place.position for piece in origin.slices], float)
    steps = np.diff(positions, axis=0)
    if not len(steps) or origin.size is None:
        return []
    step = float(np.linalg.norm(steps[0]))
    if np.abs(steps - steps[0]).max() > _EVEN * step:
        return []
    place = origin.slices[0].place
    along = np.array(place.orientation or ()).reshape(2, 3)
    ahead = float(np.cross(*along) @ steps[0])
    if abs(ahead) < (1 - _EVEN) * step:
        return []
    planes = Dataset()
    planes.NumberOfFrames = len(positions)
    planes.Rows, planes.Columns = origin.size
    planes.PixelSpacing = [_decimal(value) for value in place.spacing or ()]
    planes.SpacingBetweenSlices = _decimal(step)
    planes.ImageOrientationPatient = [f"{value:.10f}"[:16] for value in place.orientation or ()]
    planes.ImagePositionPatient = [_decimal(value) for value in positions[0 if ahead > 0 else -1]]
    return [planes]


def _decimal(value: float) -> str:
    """Return a decimal string (PS3.5, VR DS: 16 characters at most)."""
    text = f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
