"""From validation slices to what a release promises: temperatures, thresholds, bands, sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from brainscan.data.loader import DataLoader
from brainscan.inference.calibration import (
    binary_temperature,
    equal_strata,
    multiclass_temperature,
    sigmoid,
    softmax,
)
from brainscan.inference.conformal import conformal_edge, type_quantiles
from brainscan.inference.decision import DEFAULT_SENSITIVITY, SENSITIVITIES, OperatingPoint
from brainscan.inference.runtime import RawOutput
from brainscan.training.losses import POSITIVE_WEIGHT

SPECIFICITY = 0.95
TYPE_LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class _Judged:
    """Slices with truth and logits: ``(n,)`` each, ``type_logits`` ``(n, types)``."""

    tumor: np.ndarray
    type: np.ndarray
    strata: np.ndarray
    logits: np.ndarray
    type_logits: np.ndarray

    @classmethod
    def of(cls, slices: DataLoader, raw: RawOutput) -> _Judged:
        strata = np.array([record.stratum for record in slices.records])
        return cls(slices.tumor, slices.type_index, strata, raw.tumor, raw.type)

    def where(self, chosen: np.ndarray) -> _Judged:
        return _Judged(*(values[chosen] for values in vars(self).values()))

    def and_sources_of(self, other: _Judged) -> _Judged:
        """Add the slices of sources that are not here."""
        new = other.where(~np.isin(other.strata, self.strata))
        pairs = zip(vars(self).values(), vars(new).values(), strict=True)
        return _Judged(*(np.concatenate(pair) for pair in pairs))


def calibrate(
    slices: DataLoader, raw: RawOutput, typed: tuple[DataLoader, RawOutput] | None = None
) -> dict[str, Any]:
    """Return the entries of a release manifest that turn its outputs into answers.

    The tumor probability gets a temperature and no bias: fitted to the mix of classes in some
    sources, a bias is wrong in others (cross-validated over the validation groups of the first
    ResNet50 release, sources counting alike, it raised the log loss; only that was measured).

    Parameters
    ----------
    slices
        Validation slices of the run, tumor and tumor-free ones.
    raw
        What the network says of them, computed by the runtime that will serve it.
    typed
        Validation slices of a run with the same settings that held out sources on which the
        released run trained whole, and what the network of *that* run says of them. These
        sources then take part in the temperature and the sets of the types; the tumor's
        temperature, thresholds and bands are of the released network alone.
    """
    own = _Judged.of(slices, raw)
    own_typed = int((own.type >= 0).sum())
    every = own if typed is None else own.and_sources_of(_Judged.of(*typed))
    own = own.where(own.tumor >= 0)
    temperature = binary_temperature(own.logits, own.tumor, equal_strata(own.strata))
    probability = sigmoid(own.logits / temperature)
    points = [_point(probability, own.tumor == 1, own.strata, s) for s in SENSITIVITIES]
    default = points[SENSITIVITIES.index(DEFAULT_SENSITIVITY)]
    kind, sets = _types(every.where(every.type >= 0), slices.types)
    if sets:
        # The promise of these is that of the other network; who reads the release should know.
        sets["n_other_run"] = int((every.type >= 0).sum()) - own_typed
    return {
        "temperature": {"tumor": temperature, "type": kind},
        # The loss counts tumor cells several times; without this they would look too likely.
        "evidence_offset": float(np.log(POSITIVE_WEIGHT)),
        "threshold": default.threshold,
        "band": list(default.band),
        "threshold_rule": _rule(default),
        "operating_points": [
            point.to_json() for point in points if point.promised or point is default
        ],
        "coverage": {
            "tumor": DEFAULT_SENSITIVITY if default.promised else None,
            "no_tumor": SPECIFICITY if default.promised else None,
            "type": sets["level"] if sets else None,
        },
        **({"type_sets": sets} if sets else {}),
    }


def _point(
    probability: np.ndarray, tumor: np.ndarray, strata: np.ndarray, sensitivity: float
) -> OperatingPoint:
    """Return the threshold and the band that keep their promises to both classes.

    Below the threshold the conformal set of a slice holds no tumor, above the band no absence
    of tumor; in the band it holds both. Where it would hold neither, the threshold decides,
    which makes the sets larger and breaks no promise.
    """
    weights = np.zeros(len(tumor))
    for label in (True, False):
        weights[tumor == label] = equal_strata(strata[tumor == label])
    threshold, sure = conformal_edge(probability[tumor], weights[tumor], sensitivity)
    last, sure_too = conformal_edge(-probability[~tumor], weights[~tumor], SPECIFICITY)
    high = max(threshold, float(np.nextafter(-last, np.inf)))
    found = probability >= threshold
    undecided = found & (probability < high)
    return OperatingPoint(
        threshold=threshold,
        band=(threshold, high),
        sensitivity=sensitivity,
        promised=sure and sure_too,
        kept=float(np.average(found[tumor], weights=weights[tumor])),
        specificity=float(np.average(~found[~tumor], weights=weights[~tumor])),
        indeterminate=float(np.average(undecided, weights=equal_strata(strata))),
        n_tumor=int(tumor.sum()),
        n_no_tumor=int((~tumor).sum()),
    )


def _types(typed: _Judged, types: tuple[str, ...]) -> tuple[float, dict[str, Any] | None]:
    """Return the temperature of the types, and their conformal sets where they can be promised."""
    if not len(typed.type) or not types:
        return 1.0, None
    temperature = multiclass_temperature(typed.type_logits, typed.type)
    shares = softmax(typed.type_logits.astype(np.float64) / temperature)
    quantiles = type_quantiles(shares, typed.type, TYPE_LEVEL)
    if quantiles is None:
        return temperature, None
    counts = np.bincount(typed.type, minlength=len(types))
    return temperature, {
        "level": TYPE_LEVEL,
        "quantiles": dict(zip(types, quantiles.tolist(), strict=True)),
        "n": dict(zip(types, counts.tolist(), strict=True)),
    }


def _rule(point: OperatingPoint) -> str:
    slices = (
        f"{point.n_tumor} tumour and {point.n_no_tumor} tumour-free validation slices, every "
        "source and sequence counting alike"
    )
    if not point.promised:
        return (
            f"Chosen on {slices}. They are too few to promise a sensitivity of "
            f"{point.sensitivity:.0%}: the band begins or ends at the most extreme of them."
        )
    return (
        f"Split conformal prediction on {slices}: of new slices like these, at least "
        f"{point.sensitivity:.0%} of the tumour slices lie at or above the threshold, and at "
        f"least {SPECIFICITY:.0%} of the tumour-free slices lie below the upper end of the "
        "indeterminate band."
    )
