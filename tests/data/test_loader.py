"""DataLoader: what the network really sees."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brainscan.data.augmentation import Augmentation
from brainscan.data.contact_sheet import contact_sheet
from brainscan.data.dataset import TYPES, open_dataset
from brainscan.data.loader import DataLoader
from brainscan.errors import DatasetError
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.imaging.preprocessing import Preprocessing, preprocess
from brainscan.imaging.reading import read_scan

HOW = Preprocessing(size=64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("loader")
    lines = ["file,label,mask"]
    for seed, lesion in enumerate(("none", "glioma", "pituitary", "none")):
        phantom = phantom_slice(seed, lesion=lesion, size=128)  # type: ignore[arg-type]
        (root / f"{seed}.png").write_bytes(phantom_png(phantom))
        Image.fromarray(phantom.mask).save(root / f"{seed}-mask.png")
        label = "notumor" if lesion == "none" else lesion
        mask = f"{seed}-mask.png" if lesion == "glioma" else ""
        lines.append(f"{seed}.png,{label},{mask}")
    (root / "broken.png").write_bytes(b"not a picture")
    lines.append("broken.png,glioma,")
    (root / "manifest.csv").write_text("\n".join(lines), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def loader(folder: Path) -> DataLoader:
    return DataLoader(open_dataset(folder), HOW, types=TYPES)


def test_arrays_are_what_preprocess_gives(loader: DataLoader, folder: Path) -> None:
    image, _ = preprocess(read_scan(folder / "1.png").pixels, HOW)
    assert np.array_equal(loader.images[1], image)
    assert loader.images.shape == (4, 64, 64)


def test_labels_types_and_known_masks(loader: DataLoader) -> None:
    assert loader.tumor.tolist() == [0, 1, 1, 0]
    assert loader.type_index.tolist() == [-1, 0, 2, -1]
    assert loader.mask_known.tolist() == [True, True, False, True]
    assert loader.masks[1].any()
    assert not loader.masks[[0, 2, 3]].any()


def test_unreadable_file_is_named_and_left_out(loader: DataLoader) -> None:
    assert [name for name, _ in loader.rejected] == ["broken.png"]
    assert [record.name for record in loader.records] == [f"{i}.png" for i in range(4)]


def test_nothing_readable_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "yes").mkdir()
    (tmp_path / "yes" / "a.png").write_bytes(b"x")
    with pytest.raises(DatasetError, match="None of the 1 files"):
        DataLoader(open_dataset(tmp_path), HOW)


def test_order_is_a_permutation_that_changes_with_the_epoch(loader: DataLoader) -> None:
    assert sorted(loader.order(0, 7)) == [0, 1, 2, 3]
    assert loader.order(1, 7).tolist() == loader.order(1, 7).tolist()
    assert len({tuple(loader.order(epoch, 7)) for epoch in range(8)}) > 1


def test_batches_carry_images_and_targets(loader: DataLoader) -> None:
    batches = list(
        loader.batches(2, epoch=0, seed=1, how=Augmentation.none(), cells=8).as_numpy_iterator()
    )
    assert len(batches) == 2
    order = loader.order(0, 1)
    for number, (images, tumor, kind, evidence) in enumerate(batches):
        chosen = order[2 * number : 2 * number + 2]
        assert images.shape == (2, 64, 64, 1)
        assert np.allclose(images[..., 0], loader.images[chosen] / 255, atol=1e-6)
        assert tumor.tolist() == loader.tumor[chosen].tolist()
        assert kind.tolist() == loader.type_index[chosen].tolist()
        for row, index in enumerate(chosen):
            if loader.mask_known[index]:
                # The share of tumor is kept: cells are plain means over 8 x 8 pixels.
                assert evidence[row].mean() == pytest.approx(loader.masks[index].mean(), abs=1e-6)
            else:
                assert (evidence[row] == -1).all()


def test_contact_sheet_begins_with_the_plain_input(loader: DataLoader) -> None:
    sheet = contact_sheet(loader, Augmentation(), rows=2, columns=3, seed=0)
    assert sheet.shape == (128, 192, 3)
    first = loader.order(0, 0)[0]
    grey = sheet[:64, :64]
    untouched = (grey == grey[..., :1]).all(axis=2)  # all but the drawn outline
    assert np.array_equal(grey[untouched][:, 0], loader.images[first][untouched])
