"""The ablation: what each variant is given, its figures, and a tiny run of the whole."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.ablation import ADDED, REMOVED, ablate, table
from benchmarks.ablation_features import Features, datasets, frozen_base, read_features
from benchmarks.ablation_fit import Answers, Recipe, Variant, batches, build_heads, given
from benchmarks.ablation_measure import auroc, inside, measure
from brainscan.data.dataset import TYPES, Record
from brainscan.errors import DatasetError
from brainscan.imaging.phantom import phantom_png, phantom_slice

FULL = Variant("full", "recipe")
SOURCES = ("lgg", "lgg", "figshare", "br35h", "healthy-oasis", "sartaj")


@pytest.fixture
def features() -> Features:
    """Six slices, one of them without a known outline."""
    generator = np.random.default_rng(0)
    evidence = np.zeros((6, 4, 4), np.float32)
    evidence[[0, 2], 1, 2] = 1.0
    evidence[3] = -1.0
    return Features(
        records=tuple(
            Record(Path(f"{i}.png"), f"{i}.png", source=source, group=f"g{i}", sequence="flair")
            for i, source in enumerate(SOURCES)
        ),
        stride_8=generator.random((6, 4, 4, 8)).astype(np.float16),
        stride_16=generator.random((6, 2, 2, 8)).astype(np.float16),
        tumor=np.array([1, 0, 1, 1, 0, 0], np.float32),
        kind=np.array([-1, -1, 0, -1, -1, -1], np.int32),
        evidence=evidence,
        masks=np.zeros((6, 32, 32), np.uint8),
    )


def sources(features: Features, variant: Variant) -> list[str]:
    return [features.records[row].source for row in given(features, variant).rows]


def test_without_lgg_no_slice_of_it_is_given(features: Features) -> None:
    assert sources(features, Variant("", "", lgg=False)) == list(SOURCES[2:])
    assert sources(features, Variant("", "", web=False)) == ["lgg", "lgg", "figshare"]
    assert "figshare" not in sources(features, Variant("", "", figshare=False))
    assert sources(features, FULL) == list(SOURCES)


def test_without_outlines_every_cell_of_every_slice_is_unknown(features: Features) -> None:
    off = given(features, Variant("", "", masks=False)).evidence
    assert off.shape == (6, 4, 4)
    assert np.all(off == -1)
    assert np.array_equal(given(features, FULL).evidence, features.evidence)


def test_without_the_type_task_no_type_is_known(features: Features) -> None:
    assert given(features, Variant("", "", types=False)).kind.tolist() == [-1] * 6
    assert given(features, FULL).kind.tolist() == [-1, -1, 0, -1, -1, -1]


def test_ladder_adds_one_ingredient_at_a_time_and_ends_with_the_full_recipe() -> None:
    def off(variant: Variant) -> set[str]:
        return {k for k, v in vars(variant).items() if v is False}

    missing = [off(variant) for variant in ADDED]
    everything = {"lgg", "masks", "top_cells", "types", "test_flips", "smoothing"}
    assert missing[0] == everything
    assert missing[1] == everything - {"masks"}
    assert missing[2] == everything - {"lgg"}
    assert missing[3] == everything - {"lgg", "masks"}
    assert missing[4:] == [
        {"types", "test_flips", "smoothing"},
        {"test_flips", "smoothing"},
        {"smoothing"},
        set(),
    ]
    assert all(len(off(variant)) == 1 for variant in REMOVED)
    assert len({frozenset(off(variant)) for variant in REMOVED}) == len(REMOVED) == 8


def test_every_variant_takes_the_same_number_of_steps(features: Features) -> None:
    recipe = Recipe(steps=5, batch_size=4)
    for variant in (FULL, Variant("", "", lgg=False), Variant("", "", web=False)):
        part = given(features, variant)
        drawn = list(batches(features, part, recipe, seed=3))
        assert [len(batch[0]) for batch in drawn] == [4] * 5


def test_mirrored_examples_keep_features_and_targets_together(features: Features) -> None:
    features.stride_8[..., 0] = features.evidence  # the first channel repeats the target
    before = features.stride_8.copy()
    for fine, *_, evidence in batches(features, given(features, FULL), Recipe(steps=8), seed=1):
        assert np.array_equal(fine[..., 0], evidence)
    assert np.array_equal(features.stride_8, before)


def test_global_mean_head_does_not_read_the_evidence(features: Features) -> None:
    recipe = Recipe(width=16)
    plain = build_heads(features, ADDED[0], recipe)
    assert "tumor_dense" not in {layer.name for layer in plain.layers}
    assert set(plain.output) == {"tumor", "evidence", "map"}
    full = build_heads(features, FULL, recipe)
    assert full.get_layer("tumor_dense").kernel.shape[0] == 1 + recipe.width
    assert full.output["type"].shape[-1] == len(TYPES)
    # The mean of the class activation map is the tumor logit.
    outputs = plain([features.stride_8.astype("f"), features.stride_16.astype("f")])
    assert np.allclose(np.mean(outputs["map"], axis=(1, 2)), outputs["tumor"], atol=1e-5)


def test_strongest_cell_lies_inside() -> None:
    maps = np.zeros((3, 4, 4), np.float32)
    maps[:, 1, 2] = 1.0
    masks = np.zeros((3, 32, 32), np.uint8)
    masks[0, 12, 20] = 1  # one of the four pixels around the cell's centre
    masks[1, 10, 20] = 1  # in the cell, beside its centre
    masks[2, 20, 12] = 1  # rows and columns confused
    assert inside(maps, masks).tolist() == [True, False, False]


def test_figures_are_means_over_seeds(features: Features) -> None:
    truth = np.array([True, False, True, False])
    estimate, single = auroc(truth, [np.array([3, 0, 2, 1]), np.array([3, 2, 1, 0])], list("abab"))
    assert single == [1.0, 0.75]
    assert estimate.value == 0.875
    assert estimate.n == 4
    logits = np.array([2, 1, 3, -1, 0, 0.5], np.float32)
    found = measure(features, [Answers(logits, np.zeros((6, 4, 4), np.float32))])
    assert found["lgg flair"]["value"] == pytest.approx(6 / 9, abs=1e-6)  # the third tumor is last
    assert found["lgg flair"]["n"] == 6
    assert found["lgg t1ce"]["value"] is None
    assert found["spread"] == {"lgg flair": 0.0, "lgg t1ce": None, "evidence": 0.0}


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic stand-ins for the three sets, in their layouts."""
    root = tmp_path_factory.mktemp("data")
    rows: dict[str, list[dict[str, str]]] = {"brain-mri": [], "lgg": []}
    for seed in range(24):
        lesion = ("none", "glioma", "none", "meningioma")[seed % 4]
        phantom = phantom_slice(seed, lesion=lesion, size=96)  # type: ignore[arg-type]
        name = "lgg" if seed >= 8 else "brain-mri"
        folder = root / name
        folder.mkdir(exist_ok=True)
        (folder / f"{seed}.png").write_bytes(phantom_png(phantom))
        cv2.imwrite(str(folder / f"{seed}-mask.png"), phantom.mask.astype(np.uint8) * 255)
        row = {
            "file": f"{seed}.png",
            "label": "notumor" if lesion == "none" else "tumor" if name == "lgg" else lesion,
            "group": f"patient-{seed // 4}",
            "fold": "4" if seed >= 16 else "1",
            "mask": "" if lesion == "none" else f"{seed}-mask.png",
            "source": "lgg" if name == "lgg" else "figshare" if lesion != "none" else "br35h",
            "sequence": ("flair" if seed % 8 < 4 else "t1ce") if name == "lgg" else "",
        }
        rows[name].append(row)
    for name, members in rows.items():
        with (root / name / "manifest.csv").open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(members[0]))
            writer.writeheader()
            writer.writerows(members)
    (root / "healthy-oasis").mkdir()
    healthy = phantom_png(phantom_slice(99, size=96))
    (root / "healthy-oasis" / "a.png").write_bytes(healthy)
    return root


def test_no_patient_is_trained_on_and_measured(phantoms: Path, tmp_path: Path) -> None:
    training, measured = datasets(phantoms)
    assert len(training.records) == 17
    assert {record.fold for record in measured.records} == {"4"}
    for name in ("brain-mri", "lgg", "healthy-oasis"):
        (tmp_path / name).symlink_to(phantoms / name)
    text = (phantoms / "lgg" / "manifest.csv").read_text().replace("patient-4", "patient-3")
    (tmp_path / "lgg").unlink()
    (tmp_path / "lgg").mkdir()
    for file in (phantoms / "lgg").glob("*.png"):
        (tmp_path / "lgg" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "lgg" / "manifest.csv").write_text(text)
    with pytest.raises(DatasetError, match=r"lgg/patient-3.*one fold"):
        datasets(tmp_path)


def test_run_from_scans_to_table(phantoms: Path) -> None:
    features, measured = read_features(phantoms, frozen_base(64, None), lambda *_: None)
    assert features.stride_8.shape == (17, 8, 8, 512)
    assert features.stride_16.shape == (17, 4, 4, 1024)
    assert np.array_equal(measured[1].masks, measured[0].masks[:, :, ::-1])
    recipe = Recipe(steps=3, batch_size=4, width=16)
    variants = ((ADDED[0], FULL), (Variant("flips", "recipe", test_flips=False),))
    told: list[tuple[int, int]] = []
    (result,) = ablate(
        features,
        measured,
        recipe,
        seeds=(0,),
        variants=variants,
        progress=lambda *now: told.append(now),
    )
    assert told[-1] == (2, 2)  # the last row shares the training of the full recipe
    assert json.loads(json.dumps(result)) == result
    assert [row["part"] for row in result["rows"]] == ["added", "added", "removed"]
    assert [row["map"] for row in result["rows"]] == ["class activation map", *["evidence"] * 2]
    assert result["setting"]["measured_patients"] == 2
    assert all(row["evidence"]["n"] == 2 for row in result["rows"])
    assert "| without flips | recipe |" in table(result)
