"""BrainScan reads brain MRI, slices and volumes: is there a tumour, which type, and where.

For research use only; not a medical device. The public names below are imported on first use,
so that ``import brainscan`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from brainscan.data.dataset import open_dataset as open_dataset
    from brainscan.data.loader import DataLoader as DataLoader
    from brainscan.evaluation.evaluate import evaluate as evaluate
    from brainscan.explain.gradcam import GradCAM as GradCAM
    from brainscan.imaging.intake import find_scans as find_scans
    from brainscan.imaging.preprocessing import preprocess as preprocess
    from brainscan.imaging.reading import read_scan as read_scan
    from brainscan.inference.batch import predict_files as predict_files
    from brainscan.inference.classifier import TumorClassifier as TumorClassifier
    from brainscan.inference.release import list_models as list_models
    from brainscan.inference.segmenter import TumorSegmenter as TumorSegmenter
    from brainscan.inference.volume import predict_volume as predict_volume

__version__ = "0.1.0"

_HOMES = {
    "DataLoader": "brainscan.data.loader",
    "GradCAM": "brainscan.explain.gradcam",
    "TumorClassifier": "brainscan.inference.classifier",
    "TumorSegmenter": "brainscan.inference.segmenter",
    "evaluate": "brainscan.evaluation.evaluate",
    "find_scans": "brainscan.imaging.intake",
    "list_models": "brainscan.inference.release",
    "open_dataset": "brainscan.data.dataset",
    "predict_files": "brainscan.inference.batch",
    "predict_volume": "brainscan.inference.volume",
    "preprocess": "brainscan.imaging.preprocessing",
    "read_scan": "brainscan.imaging.reading",
}

__all__ = [  # noqa: RUF022 - in the order a reader meets them
    "find_scans",
    "read_scan",
    "preprocess",
    "open_dataset",
    "DataLoader",
    "TumorClassifier",
    "TumorSegmenter",
    "predict_files",
    "predict_volume",
    "GradCAM",
    "evaluate",
    "list_models",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module 'brainscan' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
