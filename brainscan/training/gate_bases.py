"""Both parts of the input gate, fitted on what was looked at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.linear_model import LogisticRegression

from brainscan.inference.gate import CLIP, FAMILIES, Gate
from brainscan.training.gate_pictures import DEGRADED, RESLICED, Pictures

DIRECTIONS = 96
# Principal directions of the logistic part, as a share of the input values: a wide network shows
# more of what tells other pictures apart than a small one, whose last directions are noise.
LOGISTIC_SHARE = 0.25
PENALTY = 0.02  # inverse strength of the regularisation of the logistic part
FAMILY_PENALTY = 0.005
# Shares of the genuine slices that the limits are set to refuse: by distance, by leaning. The
# sample counts every source alike, and the few odd pictures are in the smallest sources.
REFUSED = (0.0005, 0.005)
UNUSUAL = 0.03
FAMILY_SHARE = 0.97  # at 0.9, 12 of 14 named in a trial with their kind left out were right
_FOLDS = 4
_X_RAY_OR_CT, _OTHER_MR, _PICTURE = range(3)
FAMILY = {
    "abdomenct": _X_RAY_OR_CT,
    "chestct": _X_RAY_OR_CT,
    "headct": _X_RAY_OR_CT,
    "cxr": _X_RAY_OR_CT,
    "hand": _X_RAY_OR_CT,
    "CT-like head": _X_RAY_OR_CT,
    "breastmri": _OTHER_MR,
    "photo": _PICTURE,
    "text page": _PICTURE,
    "screenshot": _PICTURE,
    "photograph-like": _PICTURE,
    "silhouette": _PICTURE,
    "bone-like": _X_RAY_OR_CT,
    "organ-like MR": _OTHER_MR,
    "plot or table": _PICTURE,
    "photograph": _PICTURE,
    "pattern": _PICTURE,
}


class GateBases:
    """The one-class part, which knows no other kinds: fitted on all, and without each fold."""

    def __init__(self, genuine: Pictures, phantoms: Pictures) -> None:
        self.genuine = genuine
        names, index = np.unique(genuine.groups, return_inverse=True)
        self.fold = (np.random.default_rng(20).permutation(len(names)) % _FOLDS)[index]
        self.inputs = [
            np.concatenate([genuine.values[chosen], phantoms.values])
            for chosen in [np.full(len(genuine), True), *(self.fold != k for k in range(_FOLDS))]
        ]
        self.bases = [_one_class(values) for values in self.inputs]

    def fit(self, others: Pictures) -> tuple[Gate, np.ndarray]:
        """Return the gate, and the scores ``(n, 2)`` of the genuine slices out of group."""
        whole, *partial = self.bases
        seen, *parts = self.inputs
        units = _units(np.concatenate([seen, others.values]))
        partial = [
            _with_logistic(base, values, others.values, units)
            for base, values in zip(partial, parts, strict=True)
        ]
        # The mean of the four is what ships: steadier, and what the limits are measured on.
        gate = replace(
            whole,
            offset=units[0],
            unit=units[1],
            weights=np.mean([part.weights for part in partial], axis=0),
            bias=np.mean([part.bias for part in partial]),
        )
        gate = _with_families(gate, others)
        scores = np.zeros((len(self.genuine), 2))
        for number, part in enumerate(partial):
            chosen = self.fold == number
            scores[chosen] = part.scores(self.genuine.values[chosen])
        # Judged by slices as they are; the changed ones are for learning.
        plain = scores[~np.isin(self.genuine.kinds, [RESLICED, DEGRADED])]
        limits = np.array(
            [np.quantile(s, 1 - q, method="higher") for s, q in zip(plain.T, REFUSED, strict=True)]
        )
        unusual = np.quantile(plain[:, 0], 1 - UNUSUAL)
        return replace(gate, limits=limits, unusual=np.asarray(unusual)), scores


def _one_class(values: np.ndarray) -> Gate:
    """Return a gate that has its one-class part only."""
    mean, scale = values.mean(axis=0), values.std(axis=0)
    scale = scale + 1e-3 * np.abs(values).max(axis=0) + 1e-6  # constant inputs weigh nothing
    centred = (values - mean) / scale
    count = min(DIRECTIONS, *(side - 1 for side in centred.shape))
    _, vectors = np.linalg.eigh(centred @ centred.T)  # fewer slices than inputs, as a rule
    components, _ = np.linalg.qr(centred.T @ vectors[:, ::-1][:, :count])
    components = components.T
    coordinates = centred @ components.T
    spread = coordinates.std(axis=0)
    nothing = np.zeros(())
    gate = Gate(
        mean,
        scale,
        components,
        spread,
        levels=np.ones(2),
        offset=mean,
        unit=scale,
        weights=np.zeros_like(mean),
        bias=nothing,
        limits=np.zeros(2),
        unusual=nothing,
        family_weights=np.zeros((len(FAMILIES), count + 2)),
        family_bias=np.zeros(len(FAMILIES)),
        family_share=np.asarray(FAMILY_SHARE),
    )
    logs = np.median(gate.describe(values)[:, -2:], axis=0)
    return replace(gate, levels=np.exp(logs))


def _units(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return offset, unit and basis ``(d, k)`` of the logistic part, from all pictures."""
    offset = values.mean(axis=0)
    unit = values.std(axis=0) + 1e-6 + 1e-3 * np.abs(values).max(axis=0)
    clipped = np.clip((values - offset) / unit, -CLIP, CLIP)
    # Principal directions with a lesser say of the widest: half-way to whitening.
    powers, vectors = np.linalg.eigh(clipped.T @ clipped / len(clipped))
    count = min(round(LOGISTIC_SHARE * clipped.shape[1]), len(clipped))
    powers = np.maximum(powers[::-1][:count], 1e-6 * powers[-1])
    basis = vectors[:, ::-1][:, :count] / powers**0.25
    return offset, unit, basis / (clipped @ basis).std()


def _with_logistic(
    gate: Gate,
    genuine: np.ndarray,
    others: np.ndarray,
    units: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> Gate:
    """Return the gate with its logistic part."""
    offset, unit, basis = units
    both = np.clip((np.concatenate([genuine, others]) - offset) / unit, -CLIP, CLIP)
    truth = np.repeat([0, 1], [len(genuine), len(others)])
    model = LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=300)
    model.fit(both @ basis, truth)
    weights, bias = basis @ model.coef_[0], np.asarray(model.intercept_[0])
    return replace(gate, offset=offset, unit=unit, weights=weights, bias=bias)


def _with_families(gate: Gate, others: Pictures) -> Gate:
    """Return the gate with its families, where the kinds allow."""
    apart = gate.describe(others.values)
    family = np.array([FAMILY.get(kind, -1) for kind in others.kinds])
    known = family >= 0
    if set(family[known]) != set(range(len(FAMILIES))):
        return replace(gate, family_share=np.asarray(2.0))  # never named
    families = LogisticRegression(C=FAMILY_PENALTY, class_weight="balanced", max_iter=1000)
    families.fit(apart[known], family[known])
    return replace(gate, family_weights=families.coef_, family_bias=families.intercept_)
