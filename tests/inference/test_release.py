"""Releases: found, verified, refused."""

import json
import shutil
from pathlib import Path

import pytest

from brainscan.errors import ModelUnavailable
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import list_models, models_root, open_release


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(models_root() / "custom_cnn", tmp_path / "copied"))


def test_both_models_are_released_and_whole() -> None:
    releases = {release.name: release for release in list_models()}
    assert list(releases)[:2] == ["resnet50", "custom_cnn"]
    for release in releases.values():
        release.verify()
        assert release.types == ("glioma", "meningioma", "pituitary")
        assert 0 < release.threshold < 1
        assert release.band[0] <= release.band[1]


@pytest.mark.parametrize("name", ["resnet50", "custom_cnn"])
def test_release_is_small_and_complete(name: str) -> None:
    folder = models_root() / name
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert sum(sizes.values()) < 60e6
    assert max(sizes.values()) < 50e6
    assert {"manifest.json", "MODEL_CARD.md", "history.csv", "config.json"} <= set(sizes)


@pytest.mark.parametrize("key", ["threshold", "temperature", "preprocessing", "types"])
def test_altered_manifest_is_noticed(copy: Path, key: str) -> None:
    path = copy / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest[key] = {"threshold": 0.1, "temperature": {"tumor": 9, "type": 1}}.get(key, [])
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelUnavailable, match=r"manifest.json is not as it was released"):
        TumorClassifier.load(copy)


def test_every_file_must_be_listed(copy: Path) -> None:
    path = copy / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["files"]["model.bin"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelUnavailable, match=r"does not list model.bin"):
        open_release(copy)


@pytest.mark.parametrize(
    "file", ["model.bin", "model.xml", "weights.npz", "history.csv", "MODEL_CARD.md"]
)
def test_one_flipped_byte_is_noticed(copy: Path, file: str) -> None:
    content = bytearray((copy / file).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / file).write_bytes(content)
    with pytest.raises(ModelUnavailable, match=rf"altered: {file} has the checksum .* Restore"):
        TumorClassifier.load(copy)


def test_missing_file_is_named(copy: Path) -> None:
    (copy / "model.bin").unlink()
    with pytest.raises(ModelUnavailable, match=r"incomplete: model.bin is missing"):
        TumorClassifier.load(copy)


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(ModelUnavailable, match=r"no model named vgg. Models found: resnet50"):
        open_release("vgg")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [(lambda text: text[:40], "cannot be read"), (lambda text: "{}", "lacks name, version")],
)
def test_broken_manifest(copy: Path, change, sentence: str) -> None:
    path = copy / "manifest.json"
    path.write_text(change(path.read_text()))
    with pytest.raises(ModelUnavailable, match=sentence):
        open_release(copy)
    assert list_models(copy.parent) == []


def test_fingerprint_changes_with_any_file(copy: Path) -> None:
    before = open_release(copy).fingerprint
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["files"]["model.bin"] = "0" * 64
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert open_release(copy).fingerprint != before
