"""A released model on disk: found, checked against its manifest, described."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brainscan.errors import ModelUnavailable
from brainscan.imaging.preprocessing import Preprocessing
from brainscan.inference.decision import DEFAULT_SENSITIVITY, OperatingPoint
from brainscan.inference.segmentation import SegmentationRule

MANIFEST = "manifest.json"
XML = "model.xml"
WEIGHTS = "weights.npz"
FILES = (
    XML, "model.bin", WEIGHTS, "history.csv", "config.json", "metrics.json", "MODEL_CARD.md",
)  # fmt: skip
OPTIONAL_FILES = ("gate.npz", "seen.npz")  # checked when the manifest lists them
_REQUIRED = (
    "name", "version", "architecture", "types", "preprocessing", "temperature",
    "evidence_offset", "threshold", "band", "files", "checksum",
)  # fmt: skip


@dataclass(frozen=True)
class Release:
    """What the manifest of a release says. Values are those of ``manifest.json``."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.manifest["name"])

    @property
    def version(self) -> str:
        return str(self.manifest["version"])

    @property
    def title(self) -> str:
        """Name and version, as predictions carry them."""
        return f"{self.name} {self.version}"

    @property
    def architecture(self) -> str:
        return str(self.manifest["architecture"])

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(self.manifest["types"])

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing.from_json(self.manifest["preprocessing"])

    @property
    def mirrored(self) -> bool:
        """Whether the answer is the mean over the slice and its mirror image."""
        return bool(self.manifest.get("mirrored", False))

    @property
    def threshold(self) -> float:
        """Operating threshold on the calibrated tumor probability."""
        return float(self.manifest["threshold"])

    @property
    def band(self) -> tuple[float, float]:
        """Probabilities in ``[low, high)`` are indeterminate."""
        low, high = self.manifest["band"]
        return float(low), float(high)

    @property
    def operating_points(self) -> tuple[OperatingPoint, ...]:
        """Sensitivities that can be chosen; empty for a release with one threshold only."""
        return tuple(map(OperatingPoint.from_json, self.manifest.get("operating_points", ())))

    @property
    def type_quantiles(self) -> dict[str, float] | None:
        """See :func:`brainscan.inference.conformal.type_set`; ``None`` where not recorded."""
        sets = self.manifest.get("type_sets")
        return None if sets is None else {k: float(v) for k, v in sets["quantiles"].items()}

    @property
    def segmentation(self) -> SegmentationRule | None:
        """How outlines are made; ``None`` for a release without a decoder.

        Raises
        ------
        ModelUnavailable
            When the manifest says it in a way that cannot be read.
        """
        values = self.manifest.get("segmentation")
        try:
            return None if values is None else SegmentationRule.from_json(values)
        except (KeyError, TypeError, ValueError) as error:
            msg = f"The manifest of the model {self.name} does not say how it outlines ({error!r})."
            raise ModelUnavailable(f"{msg} {_RESTORE}") from error

    def operating_point(self, sensitivity: float | None = None) -> OperatingPoint:
        """Return the threshold and band for a sensitivity, or the release's own.

        Raises
        ------
        ModelUnavailable
            When the release offers no threshold for this sensitivity.
        """
        points = self.operating_points
        if sensitivity is None:
            own = OperatingPoint(self.threshold, self.band)
            same = [p for p in points if (p.threshold, p.band) == (own.threshold, own.band)]
            # With few validation slices several sensitivities share a threshold.
            default = (p for p in same if p.sensitivity == DEFAULT_SENSITIVITY)
            return next(default, same[0] if same else own)
        for point in points:
            if point.sensitivity is not None and abs(point.sensitivity - sensitivity) < 1e-9:
                return point
        offered = ", ".join(f"{point.sensitivity:g}" for point in points)
        msg = f"The model {self.title} has no threshold for a sensitivity of {sensitivity:g}. " + (
            f"Choose one of {offered}."
            if points
            else "It was released with a single threshold; leave the sensitivity out."
        )
        raise ModelUnavailable(msg)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the checksums of all files: changes whenever the model does."""
        lines = sorted(f"{name} {digest}" for name, digest in self.manifest["files"].items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def verify(self) -> None:
        """Compare every file of the release with its checksum.

        Raises
        ------
        ModelUnavailable
            When a file is missing or its bytes differ.
        """
        if manifest_checksum(self.manifest) != self.manifest["checksum"]:
            msg = f"The model {self.name} was altered: {MANIFEST} is not as it was released."
            raise ModelUnavailable(f"{msg} {_RESTORE}")
        for name, expected in self.manifest["files"].items():
            path = self.folder / name
            if not path.is_file():
                msg = f"The model {self.name} is incomplete: {name} is missing. {_RESTORE}"
                raise ModelUnavailable(msg)
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
            if found != expected:
                msg = (
                    f"The model {self.name} was altered: {name} has the checksum {found[:12]}..., "
                    f"but its manifest says {expected[:12]}.... {_RESTORE}"
                )
                raise ModelUnavailable(msg)


_RESTORE = "Restore the model folder from the repository, or release the model again."


def manifest_checksum(manifest: dict[str, Any]) -> str:
    """Return the SHA-256 of a manifest's values, its own checksum left out."""
    values = {key: value for key, value in manifest.items() if key != "checksum"}
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def models_root() -> Path:
    """Return the folder of released models (``BRAINSCAN_MODELS``, default ``models/``)."""
    default = Path(__file__).resolve().parents[2] / "models"
    return Path(os.environ.get("BRAINSCAN_MODELS", default))


def open_release(name_or_folder: str | Path, root: Path | None = None) -> Release:
    """Read the manifest of a release, by name under the models folder or by its path.

    Raises
    ------
    ModelUnavailable
        When there is none, or its manifest cannot be used.
    """
    folder = Path(name_or_folder)
    if not (folder / MANIFEST).is_file():
        folder = (root or models_root()) / str(name_or_folder)
    path = folder / MANIFEST
    if not path.is_file():
        known = ", ".join(release.name for release in list_models(root)) or "none"
        msg = f"There is no model named {name_or_folder}. Models found: {known}."
        raise ModelUnavailable(msg)
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        msg = f"The manifest of the model {folder.name} cannot be read ({error}). {_RESTORE}"
        raise ModelUnavailable(msg) from error
    lacking = [key for key in _REQUIRED if not isinstance(manifest, dict) or key not in manifest]
    if lacking:
        msg = f"The manifest of the model {folder.name} lacks {', '.join(lacking)}. {_RESTORE}"
        raise ModelUnavailable(msg)
    unlisted = [file for file in FILES if file not in manifest["files"]]
    if unlisted:
        msg = f"The manifest of the model {folder.name} does not list {', '.join(unlisted)}."
        raise ModelUnavailable(f"{msg} {_RESTORE}")
    return Release(folder, manifest)


def list_models(root: Path | None = None) -> list[Release]:
    """Return the releases under the models folder, ``resnet50`` first; broken ones left out."""
    return _usable_and_broken(root)[0]


def broken_models(root: Path | None = None) -> list[str]:
    """Return a sentence for every release under the models folder that cannot be used."""
    return _usable_and_broken(root)[1]


def _usable_and_broken(root: Path | None) -> tuple[list[Release], list[str]]:
    found, broken = [], []
    for path in sorted((root or models_root()).glob(f"*/{MANIFEST}")):
        try:
            found.append(open_release(path.parent))
        except ModelUnavailable as error:
            broken.append(str(error))
    return sorted(found, key=lambda one: (one.name != "resnet50", one.name)), broken
