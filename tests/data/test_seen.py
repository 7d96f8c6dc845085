"""Recognising training images: copies match however they were made, others do not."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from brainscan.data.dataset import open_dataset
from brainscan.data.look import DIGEST, Look, near_clusters
from brainscan.data.record import Record
from brainscan.data.seen import SEEN, SeenImages, write_seen
from brainscan.data.survey import survey
from brainscan.errors import ModelUnavailable
from brainscan.imaging.phantom import phantom_slice
from brainscan.imaging.reading import read_scan
from brainscan.imaging.scan import Scan

_TRAINED = range(8)


def _look(pixels: np.ndarray, name: str = "0") -> Look:
    digest = name.encode().hex().ljust(64, "f")[:64]
    return Look.of(Scan(np.ascontiguousarray(pixels), "a.png", digest, "PNG", "L"))


@lru_cache(maxsize=64)
def _picture(seed: int) -> np.ndarray:
    lesions = ("none", "glioma", "meningioma", "pituitary")
    return phantom_slice(seed, lesion=lesions[seed % 4]).pixels  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the ``seen.npz`` of eight phantoms, and one file that is no picture."""
    folder = tmp_path_factory.mktemp("release")
    records = []
    for seed in _TRAINED:
        path = folder / f"{seed}.png"
        cv2.imwrite(str(path), _picture(seed))
        records.append(Record(path, path.name))
    broken = folder / "broken.png"
    broken.write_text("no picture", encoding="utf-8")
    told: list[tuple[int, int]] = []
    written = write_seen(
        folder / SEEN, [*records, Record(broken, "broken.png")], lambda *x: told.append(x)
    )
    assert written == len(records)
    assert told[-1] == (9, 9)
    return folder


@pytest.fixture(scope="module")
def seen(release: Path) -> SeenImages:
    found = SeenImages.load(release)
    assert found is not None
    return found


def _jpeg(pixels: np.ndarray) -> np.ndarray:
    data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))


def _cropped(pixels: np.ndarray, share: float) -> np.ndarray:
    rows, cols = (round(side * share / 2) for side in pixels.shape)
    return pixels[rows : pixels.shape[0] - rows, cols : pixels.shape[1] - cols]


_CHANGES = {
    "compressed": _jpeg,
    "half the size": lambda p: cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "mirrored": lambda p: p[:, ::-1],
    "upside down": lambda p: p[::-1],
    "turned by 180 degrees": lambda p: p[::-1, ::-1],
    "turned by 90 degrees, framed and compressed": lambda p: _jpeg(np.pad(np.rot90(p), 30)),
    "mirrored along a diagonal": lambda p: p.T,
    "darker": lambda p: (p * 0.7).astype(np.uint8),
    "framed": lambda p: np.pad(p, 30),
    "cropped by 10 %": lambda p: _cropped(p, 0.10),
    "mirrored, cropped by 8 % and compressed": lambda p: _jpeg(_cropped(p, 0.08)[:, ::-1]),
}


@pytest.mark.parametrize("change", _CHANGES)
def test_a_changed_copy_is_near(seen: SeenImages, change: str) -> None:
    looks = [_look(_CHANGES[change](_picture(seed))) for seed in _TRAINED]
    assert seen.match(looks) == ["near"] * len(looks)


def test_other_pictures_do_not_match(seen: SeenImages) -> None:
    looks = [_look(_picture(seed)) for seed in range(100, 124)]
    assert seen.match(looks) == [None] * len(looks)


def test_equal_bytes_and_equal_pixels_are_identical(release: Path, seen: SeenImages) -> None:

    data = (release / "3.png").read_bytes()
    other = Scan(_picture(200), "b.png", hashlib.sha256(data).hexdigest(), "PNG", "L")
    assert seen.match([Look.of(other), _look(_picture(3))]) == ["identical", "identical"]


def test_blank_pictures_are_like_nothing(seen: SeenImages) -> None:
    assert seen.match([_look(np.zeros((64, 64), np.uint8))]) == [None]
    assert seen.match([]) == []


def test_the_file_is_small_and_holds_no_picture(release: Path, seen: SeenImages) -> None:
    assert len(seen) == len(_TRAINED)
    with np.load(release / SEEN, allow_pickle=False) as file:
        values = sum(file[name].nbytes for name in file.files if name != "version")
        assert values == 288 * len(_TRAINED)  # 1.7 MB for 6,000 images
        # Bits that look random: no run of neighbouring bits follows the picture.
        bits = np.unpackbits(file["whole"], axis=1).astype(float)
    assert abs(np.mean([np.corrcoef(row[:-1], row[1:])[0, 1] for row in bits])) < 0.05


def test_an_old_release_cannot_tell(tmp_path: Path) -> None:
    assert SeenImages.load(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SEEN).write_bytes(content)
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        SeenImages.load(tmp_path)


def test_a_file_of_another_version_is_a_sentence(tmp_path: Path) -> None:
    np.savez(tmp_path / SEEN, version=np.array(9))
    with pytest.raises(ModelUnavailable, match="version 9"):
        SeenImages.load(tmp_path)


def test_progress_may_stop_the_search(seen: SeenImages) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seen.match([_look(_picture(1))], stop)


def test_near_clusters_join_copies_and_nothing_else() -> None:
    pictures = [_picture(1), _picture(50), _picture(1)[::-1], _jpeg(_picture(50)), _picture(70)]
    blank = np.zeros((64, 64), np.uint8)
    numbers = near_clusters([_look(picture) for picture in (*pictures, blank, blank)])
    assert numbers[0] == numbers[2]
    assert numbers[1] == numbers[3]
    assert len(set(numbers.tolist())) == 5


def test_survey_and_look_agree_on_what_the_pixels_are(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), _picture(1))
    (facts,) = survey(open_dataset(tmp_path)).images
    assert bytes.fromhex(facts.pixels_sha256)[:DIGEST] == Look.of(read_scan(path)).pixels
