"""Small evaluation results made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from brainscan.evaluation.facts import ModelFacts
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.review import ReviewImage, ReviewStore
from brainscan.evaluation.rows import ImageRow
from brainscan.imaging.geometry import Geometry
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import HeatMap

TYPES = ("glioma", "meningioma", "pituitary")
FACTS = ModelFacts(
    name="resnet50",
    version="1.0.0",
    architecture="resnet50",
    types=TYPES,
    threshold=0.5,
    band=(0.4, 0.6),
    manifest_sha256="a" * 64,
    data_fingerprint="b" * 64,
)


def row(
    name: str,
    label: str | None,
    probability: float | None,
    *,
    kind: str | None = None,
    types: Sequence[float] = (),
    group: str | None = None,
    source: str = "web",
    sequence: str | None = None,
    hit: bool | None = None,
) -> ImageRow:
    """Return a row whose decision follows `FACTS`."""
    if probability is None:
        decision = None
    elif 0.4 <= probability < 0.6:
        decision = "indeterminate"
    else:
        decision = "tumor" if probability >= 0.5 else "no_tumor"
    return ImageRow(
        name=name,
        label=label,
        type=kind,
        group=group,
        source=source,
        stratum=f"{source} {sequence}" if sequence else source,
        sequence=sequence,
        fold=None,
        status="rejected" if probability is None else "ok",
        reason="The file is empty. Export it again." if probability is None else None,
        probability=probability,
        decision=decision,
        types=tuple(zip(TYPES, types, strict=False)),
        peak=probability,
        hit=hit,
        sha256="" if probability is None else name.ljust(64, "0"),
        elapsed_ms=None if probability is None else 12.0,
    )


def result(rows: Iterable[ImageRow], **changes: object) -> EvaluationResult:
    """Return a result with these rows."""
    values: dict[str, object] = {
        "dataset": "scans",
        "layout": "class folders",
        "fingerprint": "c" * 64,
        "warnings": (),
        "model": FACTS,
        "created": "2026-01-02T03:04:05+00:00",
        "elapsed_s": 1.5,
        "versions": {"python": "3.11"},
        "rows": tuple(rows),
    }
    return EvaluationResult(**(values | changes))  # type: ignore[arg-type]


def random_result(n: int = 240, seed: int = 3) -> EvaluationResult:
    """Return a result with types, groups, two sources and sequences, some errors."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        tumor = bool(rng.random() < 0.6)
        kind = str(rng.choice([*TYPES, ""])) if tumor else ""
        chances = rng.dirichlet([1, 1, 1])
        if kind:
            chances = 0.5 * chances + 0.5 * (np.array(TYPES) == kind)
        rows.append(
            row(
                f"{number:04d}.png",
                "tumor" if tumor else "no_tumor",
                float(np.clip(rng.normal(0.65 if tumor else 0.35, 0.2), 0, 1)),
                kind=kind or None,
                types=[float(p) for p in chances],
                group=f"patient {number // 3}",
                source="figshare" if number < n // 2 else "lgg",
                sequence=None if number < n // 2 else ("flair", "t1ce")[number % 2],
                hit=bool(rng.random() < 0.8) if tumor else None,
            )
        )
    return result(rows)


def scan(height: int = 40, width: int = 30, value: int = 90) -> Scan:
    """Return a flat slice with one bright corner pixel."""
    pixels = np.full((height, width), value, np.uint8)
    pixels[0, 0] = 255
    return Scan(pixels=pixels, name="a.png", sha256="0" * 64, format="PNG", mode="L")


def heat(height: int = 40, width: int = 40, *, cell: tuple[int, int] = (1, 2)) -> HeatMap:
    """Return evidence on a 4 x 4 grid over the whole slice, all of it in one cell."""
    grid = np.zeros((4, 4), np.float32)
    grid[cell] = 0.9
    side = max(height, width)
    geometry = Geometry(
        slice_height=height,
        slice_width=width,
        top=0,
        left=0,
        crop_height=height,
        crop_width=width,
        pad_top=0,
        pad_left=0,
        inner_height=side,
        inner_width=side,
        size=side,
    )
    return HeatMap(grid=grid, geometry=geometry, kind="evidence", peak=0.9)


def pictures(outcome: EvaluationResult) -> dict[int, ReviewImage]:
    """Return the review pictures that a run over these rows would keep."""
    store = ReviewStore()
    for number, entry in enumerate(outcome.rows):
        store.offer(number, entry, scan(), heat(40, 30))
    return store.images()
