"""What cannot be de-identified is refused, and no refusal repeats who the patient is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from brainscan.errors import InputRejected
from brainscan.imaging.dicom.deidentify import Deidentifier
from brainscan.imaging.dicom.pseudonyms import Pseudonyms
from brainscan.imaging.limits import ReadLimits
from tests.imaging import patient
from tests.imaging.bad_inputs import bad_inputs, dicom
from tests.imaging.planted import KEY, source


def refusal(data: bytes, **options: ReadLimits) -> str:
    with pytest.raises(InputRejected) as caught:
        Deidentifier(Pseudonyms(KEY), **options).copy(source(data))
    message = str(caught.value)
    assert message.startswith("slice.dcm ") and message.endswith(".")
    assert caught.value.__cause__ is None
    assert not any(word in message for word in patient.SECRETS)
    return message


def test_what_cannot_be_deidentified_is_refused() -> None:
    directory = Path(str(get_testdata_file("DICOMDIR"))).read_bytes()
    assert "table of contents" in refusal(directory)
    document = patient.header(SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1")
    document.EncapsulatedDocument = b"%PDF"
    assert "is a document" in refusal(patient.to_bytes(document))
    assert "kind that DICOM does not define" in refusal(dicom(SOPClassUID="1.3.12.2.1107.5.9.1"))
    assert "ends early" in refusal(dicom()[:-500])
    assert "the limit is" in refusal(dicom(), limits=ReadLimits(max_volume_bytes=1000))
    huge = bad_inputs()["long.dcm"][0]
    made = Deidentifier(Pseudonyms(KEY)).copy(source(huge))  # clipped to what is there
    assert patient.NAME.encode() not in made.data


def test_depth_without_end_is_refused() -> None:
    dataset = patient.header()
    body = b""
    for _ in range(2000):
        item = b"\xfe\xff\x00\xe0" + len(body).to_bytes(4, "little") + body
        body = b"\x08\x00\x40\x11SQ\x00\x00" + len(item).to_bytes(4, "little") + item
    try:
        made = Deidentifier(Pseudonyms(KEY)).copy(source(patient.to_bytes(dataset) + body))
    except InputRejected as error:
        assert str(error).startswith("slice.dcm ")
    else:
        assert patient.NAME.encode() not in made.data


def test_random_damage_never_escapes_nor_leaks() -> None:
    rng = np.random.default_rng(3)
    original = dicom()
    place = original.index(b"Doe^")
    for _ in range(150):
        data = bytearray(original)
        for at in rng.integers(132, place, 3):
            data[at] = int(rng.integers(256))
        try:
            made = Deidentifier(Pseudonyms(KEY)).copy(source(bytes(data)))
        except InputRejected as error:
            assert str(error).startswith("slice.dcm ")
        else:
            assert b"Secretia" not in made.data
