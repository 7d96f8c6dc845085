"""TumorClassifier: the object a user loads and calls."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

from brainscan.errors import ModelUnavailable, NotBrainMR
from brainscan.imaging.geometry import Geometry
from brainscan.imaging.preprocessing import preprocess
from brainscan.imaging.scan import Scan
from brainscan.inference.conformal import type_set
from brainscan.inference.decision import Decision, with_disagreement
from brainscan.inference.gate import NO_GATE, Gate, GateVerdict
from brainscan.inference.gate_traits import gate_values
from brainscan.inference.prediction import Prediction
from brainscan.inference.reading import Reading, type_warning, types_learned
from brainscan.inference.release import Release, open_release
from brainscan.inference.runtime import KerasRuntime, OpenVINORuntime, Runtime

_SMALL = 96  # pixels; below half the network's input, resampling invents most of the detail
_CROPPED = 48  # pixels; what is left of a slice after its background is cut away
_LONG = 2.0  # aspect beyond which a crop hardly shows a whole head


class TumorClassifier:
    """Answers whether a slice shows a tumor, which type, and where.

    Use :meth:`load`. An instance may be called from several threads.

    Examples
    --------
    >>> from brainscan import TumorClassifier, read_scan
    >>> prediction = TumorClassifier.load("resnet50").predict(read_scan("slice.png"))
    >>> prediction.decision, prediction.tumor_probability        # doctest: +SKIP
    ('tumor', 0.97)
    """

    def __init__(
        self, release: Release, runtime: Runtime, *, sensitivity: float | None = None
    ) -> None:
        self.release = release
        self.point = release.operating_point(sensitivity)
        self.gate = Gate.of(release)
        self.runtime = runtime
        self._how = release.preprocessing

    @classmethod
    def load(
        cls,
        name_or_folder: str | Path = "resnet50",
        *,
        runtime: Literal["openvino", "openvino-throughput", "keras"] = "openvino",
        sensitivity: float | None = None,
    ) -> TumorClassifier:
        """Load a released model.

        Parameters
        ----------
        name_or_folder
            Name under the models folder, or the path of a release.
        runtime
            ``"openvino"`` (one slice at a time, fastest answer), ``"openvino-throughput"``
            (many slices from several threads), or ``"keras"`` (reference; needs TensorFlow).
        sensitivity
            Decide at the threshold for this sensitivity, one of ``release.operating_points``;
            ``None`` takes the release's own threshold.

        Raises
        ------
        ModelUnavailable
            When the release is missing, incomplete or altered, or lacks the sensitivity.
        """
        release = open_release(name_or_folder)
        release.verify()
        hint: Literal["LATENCY", "THROUGHPUT"]
        hint = "THROUGHPUT" if runtime == "openvino-throughput" else "LATENCY"
        if runtime != "keras":
            try:
                engine = OpenVINORuntime(release, hint=hint)
                return cls(release, engine, sensitivity=sensitivity)
            except ImportError:
                # No wheel for this processor: the reference below gives the same answer.
                pass
        try:
            return cls(release, KerasRuntime(release), sensitivity=sensitivity)
        except ImportError as error:
            msg = (
                "Neither OpenVINO nor TensorFlow is installed, or the one asked for is not, so the "
                "model cannot run. Install it: python -m pip install openvino tensorflow"
            )
            raise ModelUnavailable(msg) from error

    def predict(self, scan: Scan, *, gate: bool = True) -> Prediction:
        """Return the answer for one slice.

        Parameters
        ----------
        scan
            As read.
        gate
            Whether to refuse what is no brain MR slice. Without, it is answered all the same,
            and ``refusal`` and the warnings of the answer say what the gate found. A release
            without a gate refuses nothing and says so in a warning.

        Raises
        ------
        NotBrainMR
            When the input gate refuses the picture.
        InputRejected
            When the slice is blank.
        """
        began = time.perf_counter()
        reading = self.read(scan)
        if gate and reading.verdict and (refusal := reading.verdict.sentence(scan.name)):
            raise NotBrainMR(refusal)
        return self._prediction(scan, reading, began)

    def read(self, scan: Scan) -> Reading:
        """Return what the network and the gate make of one slice, with nothing decided.

        Raises
        ------
        InputRejected
            When the slice is blank.
        """
        image, geometry = preprocess(scan.pixels, self._how, scan.aspect)
        raw = self.runtime.forward(image[None])
        verdict = None
        if self.gate is not None and raw.embedding is not None:
            verdict = self.gate.judge(gate_values(scan, image, geometry, raw.embedding[0]))
        return Reading.of(self.release, raw, geometry, verdict)

    def decide(self, probability: float, sensitivity: float | None = None) -> Decision:
        """Return the decision for a calibrated tumor probability.

        Parameters
        ----------
        probability
            In [0, 1].
        sensitivity
            As in :meth:`load`; ``None`` stays at the one chosen there.
        """
        point = self.point if sensitivity is None else self.release.operating_point(sensitivity)
        return point.decide(probability)

    def _prediction(self, scan: Scan, reading: Reading, began: float) -> Prediction:
        decision = self.decide(reading.probability)
        verdict = reading.verdict
        found = [*_gate_warnings(scan, verdict), *_warnings(scan, reading.geometry)]
        if unusual := type_warning(scan.sequence, self.release):
            found.append(unusual)
        return Prediction(
            tumor_probability=reading.probability,
            decision=decision,
            type_probabilities=reading.type_probabilities,
            evidence=reading.evidence,
            gradcam=reading.gradcam(),
            threshold=self.point.threshold,
            band=self.point.band,
            model=self.release.title,
            sha256=scan.sha256,
            elapsed_ms=(time.perf_counter() - began) * 1000,
            warnings=with_disagreement(
                (*scan.warnings, *found), decision, reading.evidence.has_evidence
            ),
            type_set=type_set(
                reading.type_probabilities,
                self.release.type_quantiles,
                learned=types_learned(scan.sequence),
            ),
            types_learned=types_learned(scan.sequence),
            segmentation=reading.segmentation,
            sensitivity=self.point.sensitivity,
            refusal=verdict.sentence(scan.name) if verdict else None,
        )


def _gate_warnings(scan: Scan, verdict: GateVerdict | None) -> list[str]:
    if verdict is None:
        return [NO_GATE]
    if refusal := verdict.sentence(scan.name):
        return [f"Read although the input gate refused it: {refusal} The answer means nothing."]
    unusual = verdict.warning()
    return [unusual] if unusual else []


def _warnings(scan: Scan, geometry: Geometry) -> list[str]:
    found = [small] if (small := small_warning(scan.width, scan.height)) else []
    sides = sorted((geometry.crop_height, geometry.crop_width))
    if sides[0] < _CROPPED <= min(scan.width, scan.height):
        found.append(
            f"All but {geometry.crop_width} x {geometry.crop_height} pixels of the slice are "
            "background, too few to show a head. The answer may mean nothing."
        )
    if sides[1] > _LONG * sides[0]:
        found.append(
            f"What stands out from the background is {geometry.crop_width} x "
            f"{geometry.crop_height} pixels, longer than a head is. The answer may mean nothing."
        )
    return found


def small_warning(width: int, height: int) -> str | None:
    """Return what to say of slices with too few pixels to show a small tumor; else ``None``."""
    if min(width, height) >= _SMALL:
        return None
    return f"The slice is only {width} x {height} pixels; small tumours cannot be seen."
