"""GradCAM: which region drove an answer.

A served model has Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391) of every class in closed
form, at the cost of the forward pass it needs anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brainscan.errors import ModelUnavailable
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import HeatMap

if TYPE_CHECKING:
    from brainscan.inference.classifier import TumorClassifier


class GradCAM:
    """Grad-CAM of a served model.

    Parameters
    ----------
    classifier
        A loaded model.

    Examples
    --------
    >>> from brainscan import GradCAM, TumorClassifier, read_scan
    >>> explain = GradCAM(TumorClassifier.load("resnet50"))
    >>> heat = explain(read_scan("slice.png"), "tumor")     # doctest: +SKIP
    >>> heat.on_slice().shape                               # doctest: +SKIP
    (512, 512)
    """

    def __init__(self, classifier: TumorClassifier) -> None:
        self.classifier = classifier

    @property
    def targets(self) -> tuple[str, ...]:
        """Classes that can be explained: ``"tumor"`` and the types the model knows."""
        return ("tumor", *self.classifier.release.types)

    def __call__(self, scan: Scan, target: str = "tumor") -> HeatMap:
        """Return the map of one class for one slice.

        Raises
        ------
        ModelUnavailable
            When the model does not know the class.
        """
        if target not in self.targets:
            msg = (
                f"The model {self.classifier.release.name} has no class {target!r}. "
                f"Choose one of {', '.join(self.targets)}."
            )
            raise ModelUnavailable(msg)
        return self.classifier.predict(scan, gate=False).gradcam[target]
