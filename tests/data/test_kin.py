"""Which images must not be parted, and splits that do not part them."""

from __future__ import annotations

from pathlib import Path

from brainscan.data.dataset import open_dataset
from brainscan.data.folds import hold_out
from brainscan.data.kin import kin_of
from tests.data.pictures import picture, recompressed, save


def _lines(folder: Path, *rows: str) -> None:
    (folder / "manifest.csv").write_text("\n".join(["file,label,patient", *rows]))


def test_copies_and_patients_are_kin_directly_and_over_others(tmp_path: Path) -> None:
    save(tmp_path / "a.png", picture(1))
    save(tmp_path / "a-upside-down.png", picture(1)[::-1])
    save(tmp_path / "b.png", picture(2))  # of the patient of the copy
    save(tmp_path / "c.png", picture(3))
    (tmp_path / "broken.png").write_text("no picture")
    _lines(
        tmp_path,
        *("a.png,glioma,", "a-upside-down.png,glioma,P", "b.png,notumor,P", "c.png,notumor,"),
        "broken.png,notumor,",
    )
    told: list[tuple[int, int]] = []
    kin = kin_of(open_dataset(tmp_path), lambda *step: told.append(step))
    assert kin["a.png"] == kin["a-upside-down.png"] == kin["b.png"] != kin["c.png"]
    assert "broken.png" not in kin
    assert told[-1] == (10, 10) and [done for done, _ in told] == sorted(done for done, _ in told)


def test_no_copy_of_a_validation_image_is_trained_on(tmp_path: Path) -> None:
    """Slices without a patient, as a folder of tumour-free scans has them."""
    for label, first in (("notumor", 0), ("glioma", 50)):
        for seed in range(first, first + 12):
            save(tmp_path / label / f"{seed}.png", picture(seed))
            save(tmp_path / label / f"{seed}-again.jpg", recompressed(picture(seed)))
    dataset = open_dataset(tmp_path)

    def parted(kin: dict[str, str] | None) -> set[str]:
        parts = hold_out(dataset, 0.25, 1, kin)
        seeds = [{r.path.stem.removesuffix("-again") for r in part.records} for part in parts]
        return seeds[0] & seeds[1]

    assert parted(None)
    assert not parted(kin_of(dataset))


def test_a_chain_through_most_of_the_images_stays_in_training(tmp_path: Path) -> None:
    for label in ("notumor", "glioma"):
        for number in range(20):
            save(tmp_path / label / f"{number}.png", picture(number))
    dataset = open_dataset(tmp_path)
    chain = {
        r.name: "chain" if int(r.path.stem) < 14 else r.name
        for r in dataset.records
        if r.label == "no_tumor"
    }
    for seed in range(5):
        _, validation = hold_out(dataset, 0.2, seed, chain)
        assert sum(r.label == "no_tumor" for r in validation.records) == 4
    two = {name: "chain" if kin == "chain" else "rest" for name, kin in chain.items()}
    for seed in range(5):  # one cluster of 14, one of 6: never the larger one
        _, validation = hold_out(dataset, 0.2, seed, two)
        assert sum(r.label == "no_tumor" for r in validation.records) == 6
