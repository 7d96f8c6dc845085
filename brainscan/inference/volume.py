"""A whole volume through one model: its slices scored, one answer for all of them."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from brainscan.errors import Cancelled, InputRejected, NotBrainMR
from brainscan.imaging.head import head_shares
from brainscan.imaging.orientation import PLANE_OF_AXIS, Plane
from brainscan.imaging.volume import Volume
from brainscan.inference.batch import worker_count
from brainscan.inference.classifier import TumorClassifier, small_warning
from brainscan.inference.gate import FAMILIES, NO_GATE, GateVerdict
from brainscan.inference.neighbours import heeding_neighbours
from brainscan.inference.reading import Reading, type_warning, types_learned
from brainscan.inference.slice_score import SliceScore, key_slices
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.inference.volume_rule import NO_RULE, VolumeRule

_FINE = 1.5  # mm; the network sees a head of 200 mm in 192 pixels, and was trained up to 2 mm
_ISOTROPIC = 1.5  # largest over smallest spacing up to which a reformatted slice is as sharp
_SLAB = 0.5  # of an axial slice's longer side, below which the shorter one cuts the head off
_LITTLE_HEAD = 0.1  # of the slice with the most head; training tumour slices have 0.43 or more
_STOPPED = "Stopped before all slices were read."


@dataclass(frozen=True, eq=False)
class _Outcome:
    """One slice: its score, and what the gate says of it."""

    score: SliceScore
    verdict: GateVerdict | None = None


def scoring_plane(volume: Volume) -> Plane:
    """Return the plane whose slices the network reads.

    Axial where the scan was acquired axially, or is nearly isotropic and fine enough to be cut
    axially without blur: most slices the networks were trained on are axial, and all tumor-free
    ones of patients. Otherwise the plane of acquisition: coronal and sagittal slices were in
    the training, too (figshare), while a plane reformatted across thick slices shows stripes
    that no network here ever saw, and one cut out of a slab shows a strip of the head.
    """
    if volume.plane == "axial":
        return "axial"
    across, down, _ = volume.spacing
    fine = max(across, down) <= _FINE
    even = max(volume.spacing) <= _ISOTROPIC * min(volume.spacing)
    shorter, longer = sorted((across * volume.shape[0], down * volume.shape[1]))
    whole = shorter >= _SLAB * longer
    return "axial" if fine and even and whole else volume.plane


def predict_volume(
    classifier: TumorClassifier,
    volume: Volume,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancel: Callable[[], bool] = lambda: False,
    gate: bool = True,
) -> VolumePrediction:
    """Return the answer for a whole volume.

    The slices of :func:`scoring_plane` with enough head on them go through the network, each
    in a worker thread, so that one slice's preprocessing and gate overlap another's forward
    pass. The release's :class:`VolumeRule` makes one value of their probabilities, and their
    outlines heed each other, see :func:`heeding_neighbours`.

    The gate judges the volume as a whole: it is refused when the gate refuses more than half of
    the scored slices. Of an accepted volume single refused slices are scored all the same,
    flagged and counted in a warning.

    Parameters
    ----------
    classifier
        The model. ``runtime="openvino-throughput"`` is the fastest for many slices.
    volume
        As read.
    progress
        Called with the number of slices scored and of those to score, in this thread.
    cancel
        Asked before each slice; ``True`` ends the work.
    gate
        Whether to refuse what is no brain MR. Without, it is answered all the same and a
        warning says what the gate found.

    Raises
    ------
    NotBrainMR
        When the gate refuses the volume.
    InputRejected
        When no slice of it can be read.
    Cancelled
        When ``cancel`` returned ``True``.
    """
    began = time.perf_counter()
    plane = scoring_plane(volume)
    chosen = _with_head(volume, plane)
    if cancel():
        raise Cancelled(_STOPPED)
    read: dict[int, _Outcome] = {}
    progress(0, len(chosen))
    for done, one in enumerate(_read_all(classifier, volume, plane, chosen, cancel), start=1):
        read[one.score.index] = one
        progress(done, len(chosen))
    scored = [one for one in read.values() if one.score.state == "scored"]
    if not scored:
        msg = f"{volume.name} has no {plane} slice with a head to read. Choose a scan of the brain."
        raise InputRejected(msg)
    refusal = _refusal(volume, plane, scored)
    if gate and refusal:
        raise NotBrainMR(refusal)
    slices = _outlined_together(
        [
            read[index].score if index in read else SliceScore(index, "no_brain")
            for index in range(volume.depth(plane))
        ]
    )
    rule = VolumeRule.of(classifier.release)
    shown = volume.plane_slice(plane, chosen[0]).pixels
    doubts = (
        small_warning(shown.shape[1], shown.shape[0]),
        type_warning(volume.sequence, classifier.release),
    )
    return VolumePrediction.of_slices(
        plane,
        slices,
        classifier.release,
        rule,
        classifier.point.sensitivity,
        ranked=key_slices(slices, volume.spacing[PLANE_OF_AXIS.index(plane)]),
        sha256=volume.sha256,
        elapsed_ms=(time.perf_counter() - began) * 1000,
        warnings=(
            *volume.warnings,
            *_gate_warnings(scored, refusal),
            *filter(None, doubts),
            *(() if rule.fitted else (NO_RULE,)),
        ),
        types_learned=types_learned(volume.sequence),
    )


def _with_head(volume: Volume, plane: Plane) -> list[int]:
    """Return the slices with enough head to be worth reading, in order."""
    stack = np.moveaxis(volume.voxels, PLANE_OF_AXIS.index(plane), 0)
    shares = head_shares(stack, volume.background)
    return [int(index) for index in np.flatnonzero(shares >= _LITTLE_HEAD)]


def _read_all(
    classifier: TumorClassifier,
    volume: Volume,
    plane: Plane,
    chosen: Sequence[int],
    cancel: Callable[[], bool],
) -> Iterator[_Outcome]:
    """Yield the slices read, in their order, several at work at a time."""
    workers = worker_count()
    waiting: deque[Future[_Outcome]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="volume") as pool:
        try:
            for index in chosen:
                if cancel():
                    raise Cancelled(_STOPPED)
                waiting.append(pool.submit(_read, classifier, volume, plane, index))
                if len(waiting) >= 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                if cancel():
                    raise Cancelled(_STOPPED)
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _read(classifier: TumorClassifier, volume: Volume, plane: Plane, index: int) -> _Outcome:
    try:
        reading: Reading = classifier.read(volume.to_scan(plane, index))
    except InputRejected:
        return _Outcome(SliceScore(index, "no_brain"))
    score = SliceScore(
        index,
        "scored",
        probability=reading.probability,
        evidence=reading.evidence,
        type_probabilities=reading.type_probabilities,
        gate_refused=reading.verdict is not None and reading.verdict.refused,
        segmentation=reading.segmentation,
    )
    return _Outcome(replace(score, outlined_alone=score.outlined), reading.verdict)


def _outlined_together(slices: Sequence[SliceScore]) -> tuple[SliceScore, ...]:
    """Return the slices of a volume with outlines that heed the slices beside them."""
    outlines = heeding_neighbours([one.segmentation for one in slices])
    return tuple(
        replace(one, segmentation=outline) for one, outline in zip(slices, outlines, strict=True)
    )


def _refusal(volume: Volume, plane: Plane, scored: Sequence[_Outcome]) -> str | None:
    """Return why the gate refuses the volume; ``None`` when it accepts it, or there is no gate."""
    refused = [one.verdict for one in scored if one.verdict and one.verdict.refused]
    if 2 * len(refused) <= len(scored):
        return None
    family = Counter(verdict.family for verdict in refused).most_common(1)[0][0]
    seen = "" if family is None else f", most of them as {FAMILIES[family]}"
    remedy = "Choose an MR scan of the brain."
    if plane != "axial":  # the gate knows few of these and refuses genuine ones, too
        remedy = f"Its {plane} slices were read; choose an axial MR scan of the brain."
    return (
        f"{volume.name} does not look like an MR scan of the brain: the input gate refuses "
        f"{len(refused)} of its {len(scored)} slices{seen}. {remedy}"
    )


def _gate_warnings(scored: Sequence[_Outcome], refusal: str | None) -> list[str]:
    if all(one.verdict is None for one in scored):
        return [NO_GATE]
    if refusal:
        return [f"Read although the input gate refused it: {refusal} The answer means nothing."]
    refused = sum(one.score.gate_refused for one in scored)
    if not refused:
        return []
    return [
        f"The input gate would refuse {refused} of the {len(scored)} scored slices by themselves, "
        "often those at the rim of the head. They count all the same; trust them less."
    ]
