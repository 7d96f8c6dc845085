"""A dataset of heads with a bright spot, and a network that sees it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from brainscan.imaging.preprocessing import Preprocessing
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.runtime import RawOutput
from tests.inference.fake_network import fake_release

SIZE = 64
CELLS = 16
BRIGHT = 230  # after preprocessing only the spot is as bright


class SpotRuntime:
    """Evidence lies where it is bright; Grad-CAM points to where it is dark, which is wrong."""

    def forward(self, images: np.ndarray) -> RawOutput:
        share = (images > BRIGHT).mean(axis=(1, 2))
        cells = np.stack(
            [
                cv2.resize(image.astype(np.float32) / 255, (CELLS, CELLS), interpolation=3)
                for image in images
            ]
        )
        dark = np.where(cells > 0.05, 1 - cells, -1)
        outline = np.stack([cells, cells], axis=1)
        return RawOutput(
            tumor=np.where(share > 0.005, 3.0, -3.0).astype(np.float32),
            type=np.zeros((len(images), 3), np.float32),
            evidence=(20 * cells - 15).astype(np.float32),
            gradcam=np.repeat(dark[..., None], 4, axis=3).astype(np.float32),
            outline=(20 * outline - 15).astype(np.float32),
        )


class NoiseRuntime(SpotRuntime):
    """A network that learned nothing."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)

    def forward(self, images: np.ndarray) -> RawOutput:
        raw = super().forward(images)
        for values in (raw.evidence, raw.gradcam, raw.outline):
            assert values is not None
            values[...] = self._generator.normal(size=values.shape)
        return raw


def spot_classifier(**changes: object) -> TumorClassifier:
    """Return a classifier around the network that sees the spot."""
    how = Preprocessing(size=SIZE).to_json()
    return TumorClassifier(fake_release(preprocessing=how, **changes), SpotRuntime())


def write_spots(root: Path, patients: int = 4, slices: int = 2) -> Path:
    """Write slices with a spot each, their masks and a manifest; one slice has no tumor."""
    root.mkdir(parents=True, exist_ok=True)
    lines = ["file,label,patient,sequence,fold,mask"]
    generator = np.random.default_rng(4)
    for patient in range(patients):
        for number in range(slices):
            row, col = (int(v) for v in generator.integers(40, 88, size=2))
            image = np.zeros((128, 128), np.uint8)
            cv2.ellipse(image, (64, 64), (48, 58), 0, 0, 360, 90, -1)
            image[image > 0] += generator.integers(0, 40, size=(image > 0).sum()).astype(np.uint8)
            mask = np.zeros_like(image)
            cv2.circle(mask, (col, row), 9, 255, -1)
            image[mask > 0] = 250
            name = f"p{patient}-{number}"
            cv2.imwrite(str(root / f"{name}.png"), image)
            cv2.imwrite(str(root / f"{name}-mask.png"), mask)
            sequence = "flair" if number else "t1ce"
            lines.append(f"{name}.png,tumor,p{patient},{sequence},4,{name}-mask.png")
    image[mask > 0] = 100
    cv2.imwrite(str(root / "free.png"), image)
    lines.append("free.png,no_tumor,p0,flair,4,")
    (root / "manifest.csv").write_text("\n".join(lines) + "\n")
    return root
