"""Answer, evidence and outlines of a whole volume must not contradict each other silently."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from brainscan.imaging.orientation import Plane
from brainscan.inference.slice_score import SliceScore, strongest, suspicion

SINGLE = (
    "Single slices look like tumour although the scan as a whole does not: a small tumour can "
    "look so, and so can a false alarm. Look at the key slices."
)
NOWHERE = (
    "The scan as a whole looks like a tumour scan, but no place on its suspicious slices does. "
    "Read the answer with caution."
)
WITHHELD = (
    "The answer for the scan is no tumour, but the network draws an outline on single slices that "
    "are not called tumour-free by themselves: {where}. The outline is left out, because the "
    "answer for the scan decides; look there all the same."
)
MISSING = (
    "The answer is tumour, but the network finds nothing to outline on any suspicious slice. "
    "Either the tumour has no clear border on this scan, or the answer is wrong."
)
ELSEWHERE = (
    "The strongest evidence of the scan, on {where}, lies outside the outline, so the two point "
    "at different places. Trust neither before you have looked."
)
UNBACKED = (
    "Something is outlined on {where}, where the evidence map speaks for a tumour nowhere. It may "
    "be normal tissue, and it counts in the volume."
)
LEFT_OUT = (
    "The network outlines something on {where} that the slices beside hardly show. It is left out "
    "of the outline of the scan; a small lesion can look so, above all on thick slices. Look there."
)
_BEGINNINGS = tuple(
    text.partition("{")[0]
    for text in (SINGLE, NOWHERE, WITHHELD, MISSING, ELSEWHERE, UNBACKED, LEFT_OUT)
)
_MOST_RUNS = 3  # of slices that are named in a sentence


def contradictions(
    decision: str,
    plane: Plane,
    scored: Sequence[SliceScore],
    alone: Sequence[str],
    threshold: float,
) -> tuple[str, ...]:
    """Return a sentence for everything in which answer, evidence and outlines disagree.

    Parameters
    ----------
    decision
        For the volume: ``"tumor"``, ``"no_tumor"`` or ``"indeterminate"``.
    plane
        Of the slices.
    scored
        The slices read, at least one.
    alone
        How each of them decides by itself.
    threshold
        Probability from which on a slice is not called tumor-free by itself.
    """
    segmented = any(one.segmentation is not None for one in scored)
    drawn = suspicious(scored, threshold)
    if decision == "no_tumor":
        if outlined := [one.index for one in drawn if one.outlined or one.outlined_alone]:
            return (WITHHELD.format(where=slices_named(plane, outlined)),)
        return (SINGLE,) if "tumor" in alone else ()
    found = []
    if decision == "tumor" and not _speaks(scored, alone):
        found.append(NOWHERE)
    dropped = left_out(drawn)
    if decision == "tumor" and segmented and not any(one.outlined for one in drawn):
        found += [] if dropped else [MISSING]
    if not meets(scored, threshold):
        where = slices_named(plane, [strongest(scored).index])
        found.append(ELSEWHERE.format(where=where))
    if alone_outlined := unbacked(drawn):
        found.append(UNBACKED.format(where=slices_named(plane, alone_outlined)))
    if dropped:
        found.append(LEFT_OUT.format(where=slices_named(plane, dropped)))
    return tuple(found)


def suspicious(scored: Sequence[SliceScore], threshold: float) -> list[SliceScore]:
    """Return the slices that are not called tumor-free by themselves; their outlines count."""
    return [one for one in scored if (one.probability or 0.0) >= threshold]


def meets(scored: Sequence[SliceScore], threshold: float) -> bool:
    """Return whether the strongest evidence of a volume lies in its outline.

    The outline is that of the suspicious slices; on the one with the strongest evidence it must
    reach the place, give or take a cell of the evidence. ``True`` also where there is no positive
    evidence, or no outline, that could contradict.
    """
    first = strongest(scored)
    if first.evidence is None or not first.evidence.has_evidence:
        return True
    drawn = suspicious(scored, threshold)
    if not any(one.outlined for one in drawn):
        return True
    return any(one is first for one in drawn) and first.outlined and first.outline_met


def unbacked(drawn: Sequence[SliceScore]) -> list[int]:
    """Return the slices of outlined runs on no slice of which there is positive evidence.

    A tumor fades at both ends, so a single slice without evidence beside others says nothing.

    Parameters
    ----------
    drawn
        The slices whose outlines count, in the order of their index.
    """
    found: list[int] = []
    run: list[SliceScore] = []
    for one in (*drawn, None):
        if one is not None and one.outlined and (not run or one.index == run[-1].index + 1):
            run.append(one)
            continue
        if not any(each.evidence is not None and each.evidence.has_evidence for each in run):
            found += [each.index for each in run]
        run = [one] if one is not None and one.outlined else []
    return found


def left_out(drawn: Sequence[SliceScore]) -> list[int]:
    """Return the slices whose outline is lost because the slices beside them hardly show it.

    Not those beside an outlined one: where a tumor begins and ends, heeding trims it.
    """
    outlined = {one.index for one in drawn if one.outlined}
    return [
        one.index
        for one in drawn
        if one.outlined_alone and outlined.isdisjoint(range(one.index - 1, one.index + 2))
    ]


def _speaks(scored: Sequence[SliceScore], alone: Sequence[str]) -> bool:
    """Whether a suspicious slice has positive evidence; without any, the most probable one."""
    speaking = [one for one, said in zip(scored, alone, strict=True) if said != "no_tumor"]
    return any(
        one.evidence is not None and one.evidence.has_evidence
        for one in speaking or [max(scored, key=suspicion)]
    )


def with_contradictions(warnings: Iterable[str], sentences: Iterable[str]) -> tuple[str, ...]:
    """Return warnings with these sentences in place of earlier ones of their kind."""
    others = (text for text in warnings if not text.startswith(_BEGINNINGS))
    return (*others, *sentences)


def slices_named(plane: Plane, indices: Iterable[int]) -> str:
    """Return slices as people count them: ``"axial slices 21 to 24 and 30"``."""
    runs: list[list[int]] = []
    for index in sorted(indices):
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    told = [
        f"{run[0] + 1}" if len(run) == 1 else f"{run[0] + 1} to {run[-1] + 1}"
        for run in runs[:_MOST_RUNS]
    ]
    if len(runs) > _MOST_RUNS:
        told.append("others")
    one = len(runs) == 1 and len(runs[0]) == 1
    listed = " and ".join(filter(None, (", ".join(told[:-1]), told[-1])))
    return f"{plane} slice{'' if one else 's'} {listed}"
