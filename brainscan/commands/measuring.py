"""What the commands that write a release measure on its test sets."""

from __future__ import annotations

from typing import Any

from brainscan.data.dataset import Dataset
from brainscan.evaluation.evaluate import evaluate
from brainscan.evaluation.export import metrics_dict
from brainscan.evaluation.stability import dataset_stability
from brainscan.inference.classifier import TumorClassifier
from brainscan.progress import ProgressBar


def measured_on(classifier: TumorClassifier, dataset: Dataset, sample: int) -> dict[str, Any]:
    """Return what a test set says of a release, as the manifest keeps it.

    Parameters
    ----------
    classifier
        The release.
    dataset
        The test images.
    sample
        Images whose stability is measured; 0: none.
    """
    name = dataset.root.name
    with ProgressBar(f"Measuring on {name}") as bar:
        result = evaluate(dataset, classifier, progress=bar.update)
    figures = metrics_dict(result)
    found = {
        "images": len(dataset.records),
        "fingerprint": result.fingerprint,
        "indeterminate": result.indeterminate.to_json(),
        "metrics": figures["metrics"],
        "outlines": figures.get("outlines"),
    }
    if sample:
        with ProgressBar(f"Stability on {name}") as bar:
            stable = dataset_stability(classifier, dataset, sample, progress=bar.update)
        found["stability"] = stable.to_json()
    return found
