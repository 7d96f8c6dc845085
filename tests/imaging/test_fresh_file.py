"""Files are never written over."""

from pathlib import Path

import pytest

from brainscan.imaging.fresh_file import write_fresh


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    wanted = tmp_path / "new" / "a.b.dcm"
    written = [write_fresh(wanted, bytes([number])) for number in range(3)]
    assert [path.name for path in written] == ["a.b.dcm", "a.b-2.dcm", "a.b-3.dcm"]
    assert [path.read_bytes() for path in written] == [b"\0", b"\1", b"\2"]
    assert {path.parent for path in written} == {wanted.parent}


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(OSError):
        write_fresh(tmp_path / "out" / "a.dcm", b"data")
    assert (tmp_path / "out").read_bytes() == b"mine"
