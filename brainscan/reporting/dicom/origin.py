"""The DICOM images behind a scan or volume, as far as results refer to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import highdicom as hd
from pydicom.dataset import Dataset

from brainscan.imaging.dicom.parsing import number, text, words
from brainscan.imaging.instance import Instance
from brainscan.reporting.dicom.identifiers import new_uid, usable
from brainscan.reporting.dicom.inherited import acquisition_equipment, patient_and_study
from brainscan.reporting.dicom.objects import SourceObject, SourceSlice, read_slices

_THIN = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class Origin:
    """Where the pixels that were read come from. Printing it gives away nothing.

    Attributes
    ----------
    slices
        In the order of the source grid.
    objects
        The distinct objects, in order of appearance.
    size
        Rows and columns of the stored images; ``None`` where they differ.
    shared
        Whether several slices share one stored image, as in a Siemens mosaic.
    study_uid, series_uid, series_number
        Of the images; new identifiers where they state none.
    frame_of_reference
        UID, ``""`` where the images state none or several.
    patient
        Elements of patient and study for every result.
    equipment
        What acquired the images.
    warnings
        Sentences on what the images lack.
    """

    slices: tuple[SourceSlice, ...]
    objects: tuple[SourceObject, ...]
    size: tuple[int, int] | None
    shared: bool
    study_uid: str
    series_uid: str
    series_number: int
    frame_of_reference: str
    patient: Dataset
    equipment: tuple[hd.ContributingEquipment, ...]
    warnings: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, instances: Sequence[Instance], who: str) -> Origin:
        """Read the headers of the images behind slices.

        Parameters
        ----------
        instances
            One for each slice.
        who
            Name of scan or volume for sentences.

        Raises
        ------
        FileUnreadable
            If a file is no longer there.
        InputRejected
            If results cannot refer to the images or do not know whose they are.
        """
        slices, objects, shared = read_slices(instances, who)
        headers = [one.header for one in objects]
        first = headers[0]
        study, series = _uid(first, "StudyInstanceUID"), _uid(first, "SeriesInstanceUID")
        references = {_uid(header, "FrameOfReferenceUID") for header in headers}
        sizes = {
            (int(number(header, "Rows") or 0), int(number(header, "Columns") or 0))
            for header in headers
        }
        return cls(
            slices=slices,
            objects=objects,
            size=sizes.pop() if len(sizes) == 1 else None,
            shared=shared,
            study_uid=study or new_uid(),
            series_uid=series or new_uid(),
            series_number=int(number(first, "SeriesNumber") or 0),
            frame_of_reference=references.pop() if len(references) == 1 else "",
            patient=patient_and_study(first),
            equipment=acquisition_equipment(first),
            warnings=_gaps(first, study, series, slices),
        )

    @property
    def burned_in(self) -> str | None:
        """What Burned In Annotation (PS3.3 C.7.6.1.1.5) says of pictures of these images.

        ``"YES"`` where one of them says so. ``"NO"`` where each says so, or holds original
        pixels (Image Type ``ORIGINAL``), which no software has drawn on. ``None`` otherwise.
        """
        stated = {text(one.header, "BurnedInAnnotation").upper() for one in self.objects}
        if "YES" in stated:
            return "YES"
        clean = all(
            text(one.header, "BurnedInAnnotation").upper() == "NO"
            or words(one.header, "ImageType")[:1] == ("ORIGINAL",)
            for one in self.objects
        )
        return "NO" if clean else None

    def stated_by_all(self, keyword: str) -> str:
        """Return an element's text where all objects agree on it, otherwise ``""``."""
        found = {text(one.header, keyword) for one in self.objects}
        return found.pop() if len(found) == 1 else ""


def thickness(origin: Origin) -> float:
    """Return the thickness of a slice in millimetres.

    A segmentation must state one (PS3.3 C.7.6.16.2.1). Where the images do not, it is the
    distance between the slices; of a single slice it is unknown, and 1 is taken.
    """
    place = origin.slices[0].place
    stated = place.thickness or place.between
    if stated:
        return stated
    positions = [piece.place.position for piece in origin.slices[:2]]
    if len(positions) < 2 or positions[0] is None or positions[1] is None:
        return _THIN
    return math.dist(positions[0], positions[1])


def _uid(header: Dataset, keyword: str) -> str:
    """Return an identifier, ``""`` where it is missing or cannot be repeated."""
    found = text(header, keyword)
    return found if usable(found) else ""


def _gaps(
    header: Dataset, study: str, series: str, slices: Sequence[SourceSlice]
) -> tuple[str, ...]:
    found = []
    if not text(header, "PatientID"):
        found.append(
            "The images state no patient ID: an archive cannot file the results under the "
            "patient by itself."
        )
    lacking = [noun for noun, uid in (("study", study), ("series", series)) if not uid]
    if lacking:
        found.append(
            f"The images do not say which {' and '.join(lacking)} they belong to: the results "
            "carry a new identifier and will not lie beside the images in an archive."
        )
    place = slices[0].place
    if len(slices) == 1 and place.position and not (place.thickness or place.between):
        found.append("The image states no slice thickness: a segmentation of it says 1 mm.")
    return tuple(found)
