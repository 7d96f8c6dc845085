"""TumorSegmenter: outlines the tumor on a slice."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from brainscan.errors import ModelUnavailable, NotBrainMR
from brainscan.imaging.scan import Scan
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.segmentation import Segmentation


class TumorSegmenter:
    """Outlines a tumor with the decoder of a released model.

    Classifier and decoder share one network and one forward pass: who wants probability, type,
    evidence and outline of a slice asks :attr:`classifier` and gets them together.

    Parameters
    ----------
    classifier
        Of a release with a decoder.

    Raises
    ------
    ModelUnavailable
        When the release has no decoder.

    Examples
    --------
    >>> from brainscan import TumorSegmenter, read_scan
    >>> outline = TumorSegmenter.load("resnet50").segment(read_scan("slice.png"))
    >>> outline.mask.sum(), outline.probability.max()            # doctest: +SKIP
    (1840, 0.99)
    """

    def __init__(self, classifier: TumorClassifier) -> None:
        if classifier.release.segmentation is None:
            msg = (
                f"The model {classifier.release.title} has no decoder, so it cannot outline a "
                "tumour. Choose a model with outlines, or train one with --outlines."
            )
            raise ModelUnavailable(msg)
        self.classifier = classifier

    @classmethod
    def load(
        cls,
        name_or_folder: str | Path = "resnet50",
        *,
        runtime: Literal["openvino", "openvino-throughput", "keras"] = "openvino",
    ) -> TumorSegmenter:
        """Load a released model; parameters and errors as of :meth:`TumorClassifier.load`."""
        return cls(TumorClassifier.load(name_or_folder, runtime=runtime))

    def segment(self, scan: Scan, *, gate: bool = True) -> Segmentation:
        """Return the outline on one slice as the network draws it, whatever the decision.

        Parameters
        ----------
        scan
            As read.
        gate
            Whether to refuse what is no brain MR slice.

        Raises
        ------
        NotBrainMR
            When the input gate refuses the picture.
        InputRejected
            When the slice is blank.
        """
        reading = self.classifier.read(scan)
        if gate and reading.verdict and (refusal := reading.verdict.sentence(scan.name)):
            raise NotBrainMR(refusal)
        assert reading.segmentation is not None  # the release has a decoder
        return reading.segmentation
