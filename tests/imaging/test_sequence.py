"""Which sequence a scan is, by its names, by its header and by its timing."""

from __future__ import annotations

import pytest

from brainscan.imaging.dicom.protocol import Protocol, guess_sequence
from brainscan.imaging.sequence import guess_from_file_name, sequence_from_text


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("AX T1 POST GD", "T1ce"),
        ("t1ce", "T1ce"),
        ("BraTS2021_00000_t1ce", "T1ce"),
        ("sub-01_ce-gadolinium_T1w", "T1ce"),
        ("T1c_subtrMeanDivStd", "T1ce"),
        ("Ax T1 pre contrast", "T1"),
        ("sag mprage", "T1"),
        ("t1n", "T1"),
        ("T2W_TSE_ax", "T2"),
        ("t2w", "T2"),
        ("AX T2 FLAIR", "FLAIR"),
        ("t2f", "FLAIR"),
        ("t2_tirm_tra_dark-fluid", "FLAIR"),
        ("AX T1 FLAIR", "T1"),
        ("ep2d_diff_b1000", "unknown"),
        ("SWI", "unknown"),
        ("T2* GRE", "unknown"),
        ("brain", None),
    ],
)
def test_sequence_names(text: str, label: str | None) -> None:
    assert sequence_from_text(text) == label


@pytest.mark.parametrize(
    ("times", "agent", "label"),
    [
        ((12, 550, None), False, "T1"),
        ((12, 550, None), True, "T1ce"),
        ((3, 7, 900), False, "T1"),
        ((100, 5000, None), False, "T2"),
        ((120, 9000, 2500), False, "FLAIR"),
        ((20, 3000, None), False, "unknown"),
        ((None, None, None), False, "unknown"),
    ],
)
def test_sequence_timing(times: tuple, agent: bool, label: str) -> None:
    echo, repetition, inversion = times
    guess = guess_sequence(
        Protocol(echo_time=echo, repetition_time=repetition, inversion_time=inversion, agent=agent)
    )
    assert guess.label == label and guess.reason.endswith(".")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FSE PD AXIAL OBL", True),
        ("pd_tse_tra", True),
        ("AX PDW", True),
        ("AX PDWI", True),
        ("Proton-Density", True),
        ("updated", False),
        ("PDF export", False),
        ("rapid brain", False),
        ("PD01 brain", False),
        ("AX T1 POST GD", False),
        ("SWI", False),
        ("", False),
    ],
)
def test_proton_density_is_a_word_of_its_own(text: str, found: bool) -> None:
    assert guess_sequence(Protocol(description=text)).proton_density == found
    assert guess_from_file_name(f"{text}.nii.gz").proton_density == found
    assert not found or sequence_from_text(text) == "unknown"


def test_proton_density_is_told_by_header_and_timing() -> None:
    assert guess_sequence(Protocol(contrast="PROTON_DENSITY")).proton_density
    assert guess_sequence(Protocol(echo_time=20, repetition_time=3000)).proton_density
    assert not guess_sequence(Protocol(contrast="DIFFUSION")).proton_density


def test_a_sequence_in_words() -> None:
    words = {
        "AX PD": "Proton density",
        "DWI b1000": "Diffusion",
        "scout": "Localiser",
        "T1 MPRAGE": "T1",
        "AX T2 FLAIR": "FLAIR",
        "": "Unknown",
    }
    for description, expected in words.items():
        assert guess_sequence(Protocol(description=description)).words == expected
    assert guess_from_file_name("image.nii").words == "Unknown"
    assert guess_from_file_name("ax_pd.nii.gz").words == "Proton density"
    assert guess_sequence(Protocol(contrast="DIFFUSION")).words == "Diffusion"
    # Timing tells that it is none of the four; which other one it is would be a guess.
    planar = Protocol(echo_time=80, repetition_time=4000, scanning="EP")
    assert "as for diffusion or perfusion" in guess_sequence(planar).reason
    assert guess_sequence(planar).words == "Unknown"


def test_file_names() -> None:
    assert guess_from_file_name("pat_flair.nii.gz").label == "FLAIR"
    assert guess_from_file_name("image.nii").label == "unknown"
