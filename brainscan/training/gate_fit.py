"""Fit the input gate of a release, and measure it with whole kinds left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from brainscan.data.dataset import Dataset
from brainscan.evaluation.intervals import proportion
from brainscan.inference.gate import Gate
from brainscan.inference.release import Release
from brainscan.inference.runtime import OpenVINORuntime
from brainscan.training.gate_bases import FAMILY, REFUSED, UNUSUAL, GateBases
from brainscan.training.gate_pictures import (
    Pictures,
    drawn_sources,
    genuine_sources,
    is_drawn,
    look,
    other_sources,
    phantom_sources,
    varied_sources,
)

TRIED = 14  # settings of this version; earlier versions were not counted
RULE = (
    "A picture is refused when its distance to the genuine slices is larger than for all but "
    f"{REFUSED[0]:.2%} of them, or its leaning to pictures of other things larger than for all "
    f"but {REFUSED[1]:.2%}, each judged by a gate fitted without its patient or group. "
    "An accepted slice is called unusual when its distance is larger than for all but "
    f"{UNUSUAL:.0%} of them."
)
FEWEST_DRAWN = 4  # pictures of a kind, however few the genuine slices


def fit_gate(
    release: Release,
    genuine: Dataset,
    validation: Dataset,
    other: Path | None,
    *,
    limit: int = 900,
    per_kind: int = 25,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Fit the gate on the embeddings of a release, and measure it.

    Parameters
    ----------
    release
        Its exported network is used, nothing else of it.
    genuine, validation
        Training and validation records, without a common group. A sample of the former,
        balanced over the sources, is what the gate is fitted on; the latter only check it.
    other
        Folder of pictures that are no brain MR slice, their kind before the first hyphen of
        their names; ``None`` to do with those drawn in code.
    limit
        Genuine slices to fit on; half as many are checked.
    per_kind
        Pictures to draw of every kind of impostor; fewer in proportion to the genuine slices when
        these are fewer than ``limit``.
    progress
        Called with (pictures done, pictures in all).

    Returns
    -------
    arrays
        For ``gate.npz``.
    figures
        For the manifest's ``"gate"``: the rule in words, counts and all that was measured.
    """
    runtime = OpenVINORuntime(release, hint="THROUGHPUT")
    inside = genuine_sources(genuine, limit)
    varied = varied_sources(genuine, limit // 3)
    drawn = min(per_kind, max(FEWEST_DRAWN, per_kind * len(inside) // limit))
    parts = [
        [*inside, *varied],
        genuine_sources(validation, limit // 2),
        phantom_sources(40),
        [*(other_sources(other) if other else ()), *drawn_sources(inside, drawn)],
    ]
    total, looked = sum(map(len, parts)), []
    for number, part in enumerate(parts):
        before = sum(map(len, parts[:number]))
        told = _told(progress, before, total)
        looked.append(look(part, runtime, release.preprocessing, told))
    return fit_on(*looked)


def _told(
    progress: Callable[[int, int], None] | None, before: int, total: int
) -> Callable[[int], None]:
    return lambda done: progress(before + done, total) if progress else None


def fit_on(
    genuine: Pictures, validation: Pictures, phantoms: Pictures, others: Pictures
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Fit and measure on pictures already looked at; see :func:`fit_gate`."""
    bases = GateBases(genuine, phantoms)
    gate, held_out = bases.fit(others)
    checked = gate.scores(validation.values)
    figures: dict[str, Any] = {
        "rule": RULE,
        "fitted_on": {
            "genuine": _counts(genuine.kinds),
            "phantoms": len(phantoms),
            "others": _counts(others.kinds),
        },
        "genuine": {
            "training, out of group": _by_kind(genuine.kinds, _refused(gate, held_out)),
            "validation": _by_kind(validation.kinds, _refused(gate, checked)),
        },
        "unusual_validation": _share(
            ~_refused(gate, checked) & (checked[:, 0] > float(gate.unusual))
        ),
        "left_out": _left_out(bases, others),
        "fitted_kinds": _by_kind(
            others.kinds, _refused(gate, gate.scores(others.values)), others.unread
        ),
        "note": (
            "The gate as shipped is fitted with all kinds, so fitted_kinds flatters; left_out is "
            "the honest figure: each kind judged by a gate that never saw one of its kind. It is "
            f"a little optimistic all the same: at least {TRIED} settings were compared on them. "
            "Blank, tiny and damaged files are refused before the gate and count as refused."
        ),
        "settings tried": TRIED,
    }
    return gate.arrays(), figures


def _left_out(bases: GateBases, others: Pictures) -> dict[str, Any]:
    """Measure every kind with a gate that never saw one of its kind."""
    drawn = is_drawn(others.kinds)
    refused = np.zeros(len(others), bool)
    named = right = 0
    for kind in sorted(set(others.kinds[~drawn])):
        chosen = others.kinds == kind
        gate, _ = bases.fit(others.take(~chosen))
        refused[chosen] = _refused(gate, gate.scores(others.values[chosen]))
        families = [gate.judge(values).family for values in others.values[chosen]]
        named += sum(family is not None for family in families if kind in FAMILY)
        right += sum(family == FAMILY[kind] for family in families if kind in FAMILY)
    found = _by_kind(others.kinds[~drawn], refused[~drawn], others.unread)
    found["family named rightly"] = proportion(right, named, "None was named.").to_json()
    if drawn.any() and not drawn.all():
        gate, _ = bases.fit(others.take(~drawn))
        found["drawn in code"] = _by_kind(
            others.kinds[drawn], _refused(gate, gate.scores(others.values[drawn]))
        )
    return found


def _refused(gate: Gate, scores: np.ndarray) -> np.ndarray:
    return np.asarray((scores > gate.limits).any(axis=1))


def _counts(kinds: np.ndarray) -> dict[str, int]:
    names, counts = np.unique(kinds, return_counts=True)
    return {str(kind): int(count) for kind, count in zip(names, counts, strict=True)}


def _share(refused: np.ndarray) -> dict[str, Any]:
    return proportion(int(refused.sum()), len(refused), "There is no such picture.").to_json()


def _by_kind(
    kinds: np.ndarray, refused: np.ndarray, unread: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the share refused, with its Wilson interval, of all and of every kind."""
    before = np.array([kind for kind in unread if kind in set(kinds)], dtype=kinds.dtype)
    kinds = np.concatenate([kinds, before])
    refused = np.concatenate([refused, np.full(len(before), True)])
    return {
        "all": _share(refused),
        "by_kind": {str(kind): _share(refused[kinds == kind]) for kind in np.unique(kinds)},
    }
